package config

import (
	"fmt"
	"io/fs"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"meterline/bridge"
	"meterline/cmd/meterline/config/table"
	"meterline/vport"
)

// access is who may open a port.
type access struct {
	file    vport.Spec     // Mode, Owner and Group of a port in the file system
	from    []netip.Prefix // who may connect to a port over the network
	kickOld bool           // a new client takes the place of the one that is connected
}

// accessKeys are those of a port in the file system.
var accessKeys = table.Keys[access]{
	{
		Name: "mode", Form: table.Func("octal digits, in quotes", readMode), Otherwise: "0660",
		Doc: "Permissions of the port.",
	}, {
		Name: "owner", Form: table.Text("user name or number", func(a *access) *string { return &a.file.Owner }), Otherwise: "the daemon's user",
		Doc: "Owner of the port.",
	}, {
		Name: "group", Form: table.Text("group name or number", func(a *access) *string { return &a.file.Group }), Otherwise: "the daemon's group",
		Doc: "Group of the port.",
	}, {
		Name: "pair", Form: table.Word[access]("text"), Otherwise: "the end that the driver has wired to the port",
		Doc: "With a COM port: the name of meterline's end of the pair.",
	},
}

// ownPortKeys are those of a modem's own port.
var ownPortKeys = slices.Concat(table.Keys[modemDecl]{
	{
		Name: "port", Form: table.Word[modemDecl]("path, COM port, or `tcp://` or `rfc2217://` and `host:port`"),
		Doc: "The modem's own port, which programs open. `{name}` in it is the modem's name.",
	},
}, table.In(accessKeys, func(m *modemDecl) *access { return &m.port }), table.Keys[modemDecl]{
	{
		Name: "port_allow", Form: networks(func(m *modemDecl) *[]netip.Prefix { return &m.port.from }), Otherwise: "this machine alone",
		Doc: "Who may connect to a port over the network.",
	}, {
		Name: "port_kick_old", Form: table.Flag(func(m *modemDecl) *bool { return &m.port.kickOld }), Default: "false",
		Doc: "Whether a new client of a port over the network takes the place of the one that is connected.",
	},
})

// portDecl is a [port.NAME] as its table declares it.
type portDecl struct {
	access
	count     int
	emulation emulation
}

// portKeys are the keys of a port, in the order in which config.example.toml explains them.
var portKeys = join(table.Keys[portDecl]{
	{
		Name: "path", Form: table.Word[portDecl]("path or COM port"),
		Doc: "Where programs find the port. In several dial-up ports `%d` is the number of each.",
	}, {
		Name: "listen", Form: listenText[portDecl]("`tcp://` or `rfc2217://` and `host:port`", "tcp://127.0.0.1:"), Own: true,
		Doc: "Where a port over the network listens, in place of `path`.",
	}, {
		Name: "allow", Form: networks(func(p *portDecl) *[]netip.Prefix { return &p.from }), Otherwise: "this machine alone",
		Doc: "Who may connect to a port over the network. Nothing is encrypted.",
	}, {
		Name: "kick_old", Form: table.Flag(func(p *portDecl) *bool { return &p.kickOld }), Default: "false",
		Doc: "Whether a new client of a port over the network takes the place of the one that is connected.",
	}, {
		Name: "modem", Form: table.Word[portDecl]("NAME of a [modem.NAME]"), Own: true,
		Doc: "The modem whose port it is.",
	},
}, table.In(accessKeys, func(p *portDecl) *access { return &p.access }), table.Keys[portDecl]{
	{
		Name: "dialup", Form: table.Flag[portDecl](nil), Default: "false", Own: true,
		Doc: "The port is an emulated modem, from which any modem can be dialled.",
	}, {
		Name: "count", Form: table.Number(1, maxPool, func(p *portDecl) *int { return &p.count }), Default: "1", Own: true,
		Doc: "How many dial-up ports there are, numbered from 1 by `%d` in `path` or `listen`.",
	}, {
		Name: "note", Form: table.FreeText[portDecl](nil), Doc: "Free text.",
	},
}, table.In(dialupKeys, func(p *portDecl) *emulation { return &p.emulation }))

// ports checks the modems' own ports and the [port.NAME] tables, in the order of the files.
func (c *checker) ports(modems []*table.Table) []bridge.PortConfig {
	for _, t := range c.tables["port"] {
		t.Inherit(c.defaults["port"])
	}
	all := slices.Concat(modems, c.tables["port"])
	slices.SortStableFunc(all, func(a, b *table.Table) int { return a.Order.Compare(b.Order) })
	var ports []bridge.PortConfig
	for _, t := range all {
		switch {
		case t.Kind != "port":
			ports = append(ports, c.ownPort(t, c.modems[t.Name].port)...)
		case isDialup(t):
			ports = append(ports, c.dialupPorts(t)...)
		default:
			ports = append(ports, c.extraPort(t))
		}
	}
	c.pathsInPaths()
	return ports
}

// isDialup reports whether any modem can be dialled from a port.
func isDialup(t *table.Table) bool {
	on, _ := t.Flag("dialup")
	return on
}

// ownPort is the modem's own `port`, if it has one.
func (c *checker) ownPort(t *table.Table, a access) []bridge.PortConfig {
	var spec vport.Spec
	if onNetwork(t) {
		specs := c.networkSpecs(t, a, 1)
		if len(specs) == 0 {
			return nil
		}
		spec = specs[0]
	} else {
		spec = c.fileSpec(t, "port", a)
		offNetwork(t)
	}
	if !t.Has("port") {
		for _, key := range []string{"mode", "owner", "group", "pair"} {
			if t.Meant(key) {
				t.Fault(key, table.Flawf("write port too", "it goes with port"))
			}
		}
		return nil
	}
	return []bridge.PortConfig{{Name: t.Name, Own: true, Modem: t.Name, Spec: spec}}
}

// checkPort checks what dial-up ports and others have in common: they have a place, and a name that no modem has.
func (c *checker) checkPort(t *table.Table, example string) {
	if !t.HasAny("path", "listen") {
		t.Fault("path", table.Flawf(fmt.Sprintf("write it like path = %q", example), "it does not say where programs find it"))
	}
	if !t.Has("listen") {
		offNetwork(t)
	}
	if m, taken := c.modems[t.Name]; taken {
		c.found.Fault(t.At, table.Flawf("give the port another name", "%s has the name of a modem, at %s", t.Label(), m.table.At))
	}
}

// extraPort is a [port.NAME] that is leased to a modem.
func (c *checker) extraPort(t *table.Table) bridge.PortConfig {
	decl := portDefaults
	portKeys.Read(t, &decl)
	p := bridge.PortConfig{Name: t.Name, Modem: t.Text("modem")}
	if !onNetwork(t) {
		p.Spec = c.fileSpec(t, "path", decl.access)
	} else if specs := c.networkSpecs(t, decl.access, 1); len(specs) > 0 {
		p.Spec = specs[0]
	}
	c.checkPort(t, "/run/meterline/"+t.Name)
	for _, k := range dialupKeys {
		if t.Meant(k.Name) && !t.Wrong("dialup") {
			t.Fault(k.Name, notDialup)
		}
	}
	if t.Meant("count") && !t.Wrong("dialup") {
		t.Fault("count", notDialup)
	}
	names := slices.Sorted(maps.Keys(c.modems))
	switch _, there := c.modems[p.Modem]; {
	case !t.Has("modem") && t.Wrong("dialup"):
	case !t.Has("modem"):
		t.Fault("modem", table.Flawf("write modem = "+table.OrList(names, "NAME")+", or dialup = true to dial from it", "it does not say whose port it is"))
	case !there && p.Modem != "" && !c.listFailed:
		t.Fault("modem", table.Missing("modem", p.Modem, names))
	}
	return p
}

var portDefaults = portKeys.Defaults()

var notDialup = table.Flawf("write dialup = true too, or leave it out", "it goes with dial-up ports")

// fileSpec is the port whose path, or name of a COM port, stands under key.
func (c *checker) fileSpec(t *table.Table, key string, a access) vport.Spec {
	spec := a.file
	path := strings.ReplaceAll(t.Text(key), "{name}", t.Name)
	switch f := pathFlaw(path); {
	case path == "":
	case strings.Contains(path, "%d"):
		hint := "write dialup = true and count too, or one path"
		if t.Kind != "port" {
			hint = "write one path, or %d in a [port.NAME] with dialup = true"
		}
		t.Fault(key, table.Flawf(hint, "%q: %%d numbers several dial-up ports", path))
	case isCOM(path):
		spec, _ = c.comSpec(t, key, 0)
	case f != nil:
		t.Fault(key, f)
	default:
		offCOM(t)
		spec.Address, _ = c.claimPath(t, key, path)
	}
	return spec
}

// readMode reads the permissions of a port.
func readMode(t *table.Table, key string, a *access) {
	if n, isNumber := t.Value(key).Raw.(int64); isNumber {
		// The digits that were written are lost: 660 and 0o1224 are one number.
		hint := `put the octal digits in quotes: mode = "0660"`
		if n >= 0 && n <= 0o777 && strings.Trim(strconv.FormatInt(n, 10), "01234567") != "" {
			hint = fmt.Sprintf(`put the octal digits in quotes: mode = "%04o"`, n)
		}
		t.Fault(key, table.Flawf(hint, "a number, not text"))
		return
	}
	s := t.Text(key)
	if s == "" {
		return
	}
	mode, err := strconv.ParseUint(strings.TrimPrefix(s, "0o"), 8, 32)
	if err != nil || mode == 0 || mode > 0o777 {
		t.Fault(key, table.Flawf(`write three octal digits, like "0660"`, "%q is no mode", s))
		return
	}
	a.file.Mode = fs.FileMode(mode)
}
