package config

import (
	"regexp"
	"strconv"
	"strings"

	"meterline/vport"
	"meterline/vport/com0com"
)

var comForm = regexp.MustCompile(`(?i)^(\\\\\.\\)?com[0-9]+$`)

// isCOM reports whether a path is the name of a COM port, as Windows' programs write it.
func isCOM(path string) bool { return comForm.MatchString(path) }

// comName is the name of a COM port in its plain form.
func comName(path string) string { return strings.ToUpper(strings.TrimPrefix(path, `\\.\`)) }

// comSpec reads a COM port under key, and our end of its pair where that is named. number stands in the place of %d, if it is
// not 0.
func (c *checker) comSpec(t *section, key string, number int) (spec vport.Spec, ok bool) {
	fill := func(s string) string {
		if number > 0 {
			s = strings.ReplaceAll(s, "%d", strconv.Itoa(number))
		}
		return strings.ReplaceAll(s, "{name}", t.name)
	}
	path := fill(t.text(key))
	name := comName(path)
	switch {
	case c.load.GOOS != "windows":
		t.fault(key, flawf(`write a path, like "/run/meterline/boiler", or "rfc2217://127.0.0.1:4012" for a COM redirector on a Windows machine`,
			"%s is a COM port, and those are Windows'", path))
		return spec, false
	case !com0com.IsCOM(name):
		t.fault(key, flawf(`write it like "COM12", with a number from 1 to 99999`, "%q is no COM port", path))
		return spec, false
	}
	for _, other := range []string{"mode", "owner", "group"} {
		if t.own(other) {
			t.fault(other, flawf("take it out", "%s is a COM port, and %s goes with one in the file system", path, other))
		}
	}
	pair, named := c.comPair(t, name, fill)
	if !named || !c.claim("COM port", name, t.place(key), t.label(), flawf("each port has its own", "%s %s: %s is taken", t.label(), key, name)) {
		return spec, false
	}
	return vport.Spec{Address: name, Pair: pair}, true
}

// comPair is the name of our end of a pair, "" where it is to be found; named is false where it is wrong.
func (c *checker) comPair(t *section, port string, fill func(string) string) (pair string, named bool) {
	if !t.given("pair") {
		return "", true
	}
	text := t.text("pair")
	if text == "" {
		return "", false
	}
	pair = strings.ToUpper(strings.TrimPrefix(fill(text), `\\.\`))
	switch {
	case strings.Contains(pair, "%D"):
		t.fault("pair", flawf("write the name alone", "%q: %%d numbers several ports, and here is one", text))
	case fill(text) == text && strings.Contains(t.text("path"), "%d"):
		t.fault("pair", flawf(`write %d into it, like "CNCB%d"`, "ports cannot share one pair"))
	case !com0com.IsName(pair):
		t.fault("pair", flawf(`write it like "CNCB12": at most 12 letters and digits`, "%q is no name of an end of a pair", text))
	case pair == port:
		t.fault("pair", flawf("write the name of the other end, the one that is meterline's", "%s is the end that programs open", pair))
	default:
		return pair, c.claim("COM port", pair, t.place("pair"), t.label(), flawf("each port has a pair of its own", "%s pair: %s is taken", t.label(), pair))
	}
	return "", false
}

// comPool are the COM ports of a table with %d.
func (c *checker) comPool(t *section, n int) []vport.Spec {
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

// offCOM tells of a key that goes with COM ports alone.
func (t *section) offCOM() {
	if t.own("pair") {
		t.fault("pair", flawf(`write it with a COM port, like "COM12", or take it out`, "it goes with a COM port: it is meterline's end of the pair"))
	}
}
