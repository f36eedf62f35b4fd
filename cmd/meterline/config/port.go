package config

import (
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"meterline/bridge"
	"meterline/vport"
)

// ports checks the modems' own ports and the [port.NAME] tables, in the order of the files.
func (c *checker) ports(modems []*section) []bridge.PortConfig {
	for _, t := range c.tables["port"] {
		t.inherit(c.defaults["port"])
	}
	all := slices.Concat(modems, c.tables["port"])
	slices.SortStableFunc(all, func(a, b *section) int { return a.turn.compare(b.turn) })
	var ports []bridge.PortConfig
	for _, t := range all {
		switch {
		case t.kind != "port":
			ports = append(ports, c.ownPort(t)...)
		case t.isDialup():
			ports = append(ports, c.dialupPorts(t)...)
		default:
			ports = append(ports, c.extraPort(t))
		}
	}
	c.pathsInPaths()
	return ports
}

// ownPort is the modem's own `port`, if it has one.
func (c *checker) ownPort(t *section) []bridge.PortConfig {
	if t.onNetwork() {
		specs := c.networkSpecs(t, 1)
		if len(specs) == 0 {
			return nil
		}
		return []bridge.PortConfig{{Name: t.name, Own: true, Modem: t.name, Spec: specs[0]}}
	}
	spec := t.portSpec(c, "port")
	t.offNetwork()
	if !t.given("port") {
		for _, key := range []string{"mode", "owner", "group", "pair"} {
			if t.own(key) {
				t.fault(key, flawf("write port too", "it goes with port"))
			}
		}
		return nil
	}
	return []bridge.PortConfig{{Name: t.name, Own: true, Modem: t.name, Spec: spec}}
}

// portName tells of a [port.NAME] that says nothing of where it is, or has a name that means something else.
func (c *checker) portName(t *section, example string) {
	t.note()
	if !t.given("path") && !t.given("listen") && !t.later {
		t.fault("path", flawf(fmt.Sprintf("write it like path = %q", example), "it does not say where programs find it"))
	}
	if !t.given("listen") {
		t.offNetwork()
	}
	if m, taken := c.modems[t.name]; taken {
		c.found.fault(t.at, flawf("give the port another name", "%s has the name of a modem, at %s", t.label(), m.table.at))
	}
}

// extraPort is a [port.NAME] that is leased to a modem.
func (c *checker) extraPort(t *section) bridge.PortConfig {
	p := bridge.PortConfig{Name: t.name, Modem: t.text("modem")}
	if !t.onNetwork() {
		p.Spec = t.portSpec(c, "path")
	} else if specs := c.networkSpecs(t, 1); len(specs) > 0 {
		p.Spec = specs[0]
	}
	c.portName(t, "/run/meterline/"+t.name)
	for _, key := range append([]string{"count"}, dialupKeys...) {
		if t.own(key) && !t.wrong["dialup"] {
			t.fault(key, flawf("write dialup = true too, or leave it out", "it goes with dial-up ports"))
		}
	}
	names := slices.Sorted(maps.Keys(c.modems))
	switch _, there := c.modems[p.Modem]; {
	case !t.given("modem") && (t.later || t.wrong["dialup"]):
	case !t.given("modem"):
		t.fault("modem", flawf("write modem = "+OrList(names, "NAME")+", or dialup = true to dial from it", "it does not say whose port it is"))
	case !there && p.Modem != "" && !c.unlisted:
		t.fault("modem", missing("modem", p.Modem, names))
	}
	return p
}

// portSpec reads the path under key, and who may open the port.
func (t *section) portSpec(c *checker, key string) vport.Spec {
	spec := t.portAccess()
	path := strings.ReplaceAll(t.text(key), "{name}", t.name)
	switch f := pathFlaw(path); {
	case path == "":
	case strings.Contains(path, "%d"):
		hint := "write dialup = true and count too, or one path"
		if t.kind != "port" {
			hint = "write one path, or %d in a [port.NAME] with dialup = true"
		}
		t.fault(key, flawf(hint, "%q: %%d numbers several dial-up ports", path))
	case isCOM(path):
		spec, _ = c.comSpec(t, key, 0)
	case f != nil:
		t.fault(key, f)
	default:
		t.offCOM()
		spec.Address, _ = c.claimPath(t, key, path)
	}
	return spec
}

// portAccess is who may open the port.
func (t *section) portAccess() vport.Spec {
	return vport.Spec{Mode: t.fileMode(), Owner: t.text("owner"), Group: t.text("group")}
}

// claimPath makes path, from under key, a full one that no other port has.
func (c *checker) claimPath(t *section, key, path string) (full string, free bool) {
	g := t.keys[key]
	base := g.base
	if base == nil {
		base = g.at.src
	}
	full = absolute(base, path)
	hint := "each port has its own"
	if g.soft {
		hint = `write {name} into it, like "/run/meterline/{name}"`
	}
	taken := flawf(hint, "%s %s: %s is taken", t.label(), key, path)
	free = c.claim("path", full, g.at, t.label(), taken)
	// A link to a folder gives it a second name, as /dev/meterline is one of /run/meterline.
	if real := realPath(full); free && real != full {
		free = c.claim("path", real, g.at, t.label(), taken)
	}
	return full, free
}

// realPath is path with the links to its folder followed, or path itself where the folder is not there yet.
func realPath(path string) string {
	folder, err := filepath.EvalSymlinks(filepath.Dir(path))
	if err != nil {
		return path
	}
	return filepath.Join(folder, filepath.Base(path))
}

// pathFlaw says what cannot be the path of a port.
func pathFlaw(path string) *flaw {
	clean := filepath.ToSlash(filepath.Clean(path))
	device := fmt.Sprintf(`write a path of its own, like "/run/meterline/%s"`, filepath.Base(clean))
	switch {
	case isNetwork(path):
		return flawf(fmt.Sprintf("write listen = %q in place of path", path), "%q is a port over the network", path)
	case strings.Contains(path, "://"):
		return flawf(`write a path, like "/run/meterline/boiler", or "tcp://127.0.0.1:4012"`, "%q has an unknown scheme", path)
	case strings.ContainsAny(path, "{}"):
		return flawf("braces stand for columns only in a list, and {name} for the name", "%q has braces in it", path)
	case strings.HasSuffix(path, "/") || clean == "." || clean == ".." || strings.HasSuffix(clean, "/.."):
		return flawf("write the port's own name behind it", "%q is a folder", path)
	case !strings.ContainsAny(path, `/\`):
		return flawf(fmt.Sprintf(`write "./%s" or "/run/meterline/%s"`, path, path), "%q is a name without a folder", path)
	case len(path) > 1024:
		return flawf("write a shorter one", "a path of %d bytes", len(path))
	}
	for _, taken := range []string{"/dev/pts", "/dev/ptmx", "/dev/tty", "/dev/console", "/dev/null", "/proc", "/sys"} {
		if clean == taken || strings.HasPrefix(clean, taken+"/") {
			return flawf(device, "%s belongs to the system", path)
		}
	}
	return nil
}

// fileMode are the permissions of a port, 0 for the usual ones.
func (t *section) fileMode() fs.FileMode {
	if n, isNumber := t.keys["mode"].value.(int64); isNumber {
		// The digits that were written are lost: 660 and 0o1224 are one number.
		hint := `put the octal digits in quotes: mode = "0660"`
		if n >= 0 && n <= 0o777 && strings.Trim(strconv.FormatInt(n, 10), "01234567") != "" {
			hint = fmt.Sprintf(`put the octal digits in quotes: mode = "%04o"`, n)
		}
		t.fault("mode", flawf(hint, "a number, not text"))
		return 0
	}
	s := t.text("mode")
	if s == "" {
		return 0
	}
	mode, err := strconv.ParseUint(strings.TrimPrefix(s, "0o"), 8, 32)
	if err != nil || mode == 0 || mode > 0o777 {
		t.fault("mode", flawf(`write three octal digits, like "0660"`, "%q is no mode", s))
		return 0
	}
	return fs.FileMode(mode)
}

// pathsInPaths tells of a path that would have to be a folder for another one.
func (c *checker) pathsInPaths() {
	for k, who := range c.claims {
		if k.space != "path" {
			continue
		}
		for dir := filepath.Dir(k.key); dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
			if other, taken := c.claims[claim{"path", dir}]; taken {
				c.found.fault(who.at, flawf("write another path", "%s: its path is below that of %s at %s, which is no folder", who.label, other.label, other.at))
			}
		}
	}
}
