package config

import (
	"regexp"
	"strconv"
	"strings"

	"meterline/cmd/meterline/config/table"
	"meterline/vport"
	"meterline/vport/com0com"
)

var comForm = regexp.MustCompile(`(?i)^(\\\\\.\\)?com[0-9]+$`)

// isCOM reports whether a path is the name of a COM port, in one of the forms that Windows allows.
func isCOM(path string) bool { return comForm.MatchString(path) }

// comName is the name of a COM port without the prefix \\.\ and in capitals.
func comName(path string) string { return strings.ToUpper(strings.TrimPrefix(path, `\\.\`)) }

// comSpec is the COM port that key names, with our end of its pair if the table names it. number replaces %d, unless it is
// 0.
func (c *checker) comSpec(t *table.Table, key string, number int) (spec vport.Spec, ok bool) {
	fill := func(s string) string {
		if number > 0 {
			s = strings.ReplaceAll(s, "%d", strconv.Itoa(number))
		}
		return strings.ReplaceAll(s, "{name}", t.Name)
	}
	path := fill(t.Text(key))
	name := comName(path)
	switch {
	case c.load.GOOS != "windows":
		t.Fault(key, table.Flawf(`write a path, like "/run/meterline/boiler", or "rfc2217://127.0.0.1:4012" for a COM redirector on a Windows machine`,
			"%s is a COM port, and those are Windows'", path))
		return spec, false
	case !com0com.IsCOM(name):
		t.Fault(key, table.Flawf(`write it like "COM12", with a number from 1 to 99999`, "%q is no COM port", path))
		return spec, false
	}
	for _, other := range []string{"mode", "owner", "group"} {
		if t.Meant(other) {
			t.Fault(other, table.Flawf("take it out", "%s is a COM port, and %s goes with one in the file system", path, other))
		}
	}
	pair, good := c.comPair(t, name, fill)
	if !good || !c.claim("COM port", name, t.Place(key), t.Label(), table.Flawf("each port has its own", "%s %s: %s is taken", t.Label(), key, name)) {
		return spec, false
	}
	return vport.Spec{Address: name, Pair: pair}, true
}

// comPair is the name of our end of a pair. It is "" where the key is missing; good is false where it is wrong.
func (c *checker) comPair(t *table.Table, port string, fill func(string) string) (pair string, good bool) {
	if !t.Has("pair") {
		return "", true
	}
	text := t.Text("pair")
	if text == "" {
		return "", false
	}
	pair = strings.ToUpper(strings.TrimPrefix(fill(text), `\\.\`))
	switch {
	case strings.Contains(pair, "%D"):
		t.Fault("pair", table.Flawf("write the name alone", "%q: %%d numbers several ports, and here is one", text))
	case fill(text) == text && strings.Contains(t.Text("path"), "%d"):
		t.Fault("pair", table.Flawf(`write %d into it, like "CNCB%d"`, "ports cannot share one pair"))
	case !com0com.IsName(pair):
		t.Fault("pair", table.Flawf(`write it like "CNCB12": at most 12 letters and digits`, "%q is no name of an end of a pair", text))
	case pair == port:
		t.Fault("pair", table.Flawf("write the name of the other end, the one that is meterline's", "%s is the end that programs open", pair))
	default:
		return pair, c.claim("COM port", pair, t.Place("pair"), t.Label(), table.Flawf("each port has a pair of its own", "%s pair: %s is taken", t.Label(), pair))
	}
	return "", false
}

// comPool returns the COM ports of a table with %d.
func (c *checker) comPool(t *table.Table, n int) []vport.Spec {
	var specs []vport.Spec
	for i := range n {
		spec, ok := c.comSpec(t, "path", i+1)
		if !ok {
			break // one fault is enough
		}
		specs = append(specs, spec)
	}
	return specs
}

// offCOM reports a key that only COM ports have.
func offCOM(t *table.Table) {
	if t.Meant("pair") {
		t.Fault("pair", table.Flawf(`write it with a COM port, like "COM12", or take it out`, "it goes with a COM port: it is meterline's end of the pair"))
	}
}
