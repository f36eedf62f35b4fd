package config

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"meterline/bridge"
	"meterline/bridge/dialup"
	"meterline/cmd/meterline/config/table"
	"meterline/vport"
	"meterline/vport/hayes"
)

// emulation is how a dial-up port behaves, as its table declares it.
type emulation struct {
	numbering dialup.Numbering
	hayes     hayes.Config
	preset    string
}

// dialupKeys are the keys that only a dial-up port has, besides dialup and count.
var dialupKeys = join(
	table.In(numberingKeys, func(e *emulation) *dialup.Numbering { return &e.numbering }),
	table.Keys[emulation]{{
		Name: "preset", Form: table.OneOf(func(e *emulation) *string { return &e.preset }, hayes.Presets()...), Default: hayes.Presets()[0],
		Doc: "How it behaves; each of the keys below changes one thing of it, and its default is that of `tolerant`.",
	}},
	table.In(hayesKeys, func(e *emulation) *hayes.Config { return &e.hayes }),
)

// maxPool is how many ports one table can make.
const maxPool = 999

// dialupPorts returns the ports of one table. They share its name, and are numbered from 1 in their paths.
func (c *checker) dialupPorts(t *table.Table) []bridge.PortConfig {
	decl := portDefaults
	decl.emulation.hayes, _ = hayes.Preset(presetOf(t))
	portKeys.Read(t, &decl)
	c.checkPort(t, "/run/meterline/"+t.Name+"%d")
	if t.Has("modem") {
		t.Fault("modem", table.Flawf("take it out, or take out dialup", "a dial-up port belongs to no modem: any can be dialled from it"))
	}
	d := dialup.Emulation{Numbering: decl.emulation.numbering, Hayes: decl.emulation.hayes}
	c.checkNumbering(t, &d.Numbering)
	checkHayes(t, d.Hayes)
	specs := c.poolSpecs(t, decl)
	ports := make([]bridge.PortConfig, 0, len(specs))
	for _, spec := range specs {
		own := d // each port gets its own copy
		ports = append(ports, bridge.PortConfig{Name: t.Name, Spec: spec, Dialup: &own})
	}
	return ports
}

// poolSpecs returns the ports of a table, in the file system or over the network.
func (c *checker) poolSpecs(t *table.Table, decl portDecl) []vport.Spec {
	key := "path"
	if onNetwork(t) {
		key = "listen"
	}
	if !countFits(t, key) {
		return nil
	}
	n := decl.count
	if key == "listen" {
		return c.networkSpecs(t, decl.access, n)
	}
	if isCOM(strings.ReplaceAll(t.Text("path"), "%d", "1")) {
		return c.comPool(t, n)
	}
	spec := decl.file
	var specs []vport.Spec
	for _, spec.Address = range c.poolPaths(t, n) {
		specs = append(specs, spec)
	}
	return specs
}

var wideNumber = regexp.MustCompile(`%[-0-9.]+d`)

// countFits checks that the path or address under key has %d exactly where count is given.
func countFits(t *table.Table, key string) bool {
	at := t.Text(key)
	numbered := strings.Contains(at, "%d")
	place, example := "path", "/run/meterline/"+t.Name+"%d"
	if key == "listen" {
		place, example = "address", "rfc2217://127.0.0.1:400%d"
	}
	switch {
	case at == "" || t.Wrong("count"):
	case wideNumber.MatchString(at), strings.Count(at, "%d") > 1:
		t.Fault(key, table.Flawf("write %d once, alone", "%q: the number of a port stands in one place", at))
	case numbered && !t.Has("count"):
		t.Fault(key, table.Flawf("write count = 4 for four ports, or leave %d out", "%q does not say how many ports there are", at))
	case !numbered && t.Has("count"):
		t.Fault("count", table.Flawf(fmt.Sprintf(`write %%d into the %s, like %q`, place, example), "ports cannot share one %s", place))
	default:
		return true
	}
	return false
}

// poolPaths returns the paths of a table's n ports.
func (c *checker) poolPaths(t *table.Table, n int) []string {
	offCOM(t)
	path := strings.ReplaceAll(t.Text("path"), "{name}", t.Name)
	if f := pathFlaw(strings.ReplaceAll(path, "%d", "1")); f != nil {
		t.Fault("path", f)
		return nil
	}
	return c.claimPool(t, path, n)
}

// claimPool reserves path for n ports, with the number of each in place of %d.
func (c *checker) claimPool(t *table.Table, path string, n int) []string {
	paths := make([]string, 0, n)
	for i := range n {
		full, free := c.claimPath(t, "path", strings.ReplaceAll(path, "%d", strconv.Itoa(i+1)))
		if !free {
			return paths // one fault is enough
		}
		paths = append(paths, full)
	}
	return paths
}
