package config

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"meterline/bridge"
	"meterline/bridge/dialup"
	"meterline/vport"
	"meterline/vport/hayes"
)

// dialupKeys are those that only a dial-up port has, besides dialup and count.
var dialupKeys = []string{
	"country", "trunk", "rewrite", "allow_direct",
	"preset", "connect_delay", "connect_speed", "connect_text", "wait", "timed_out", "unknown_number", "phonebook",
	"ring_every", "escape_guard", "escape_pace", "refuse", "refuse_unknown", "hayes_only", "strict", "abort_any",
	"lf_wait", "line_max", "hold_max", "init",
}

// maxPool is how many ports one table can make.
const maxPool = 999

// isDialup reports whether any modem can be dialled from a port.
func (t *section) isDialup() bool { return t.kind == "port" && t.flag("dialup") }

// dialupPorts are the ports of one table, of one name and numbered from 1 in their paths.
func (c *checker) dialupPorts(t *section) []bridge.PortConfig {
	c.portName(t, "/run/meterline/"+t.name+"%d")
	if t.given("modem") {
		t.fault("modem", flawf("take it out, or take out dialup", "a dial-up port belongs to no modem: any can be dialled from it"))
	}
	d := dialup.Emulation{Numbering: t.numbering(c), Hayes: t.hayes()}
	specs := c.poolSpecs(t)
	ports := make([]bridge.PortConfig, 0, len(specs))
	for _, spec := range specs {
		own := d // each port has its own, as if it had a table to itself
		ports = append(ports, bridge.PortConfig{Name: t.name, Spec: spec, Dialup: &own})
	}
	return ports
}

// poolSpecs are the ports of a table, in the file system or over the network.
func (c *checker) poolSpecs(t *section) []vport.Spec {
	key := "path"
	if t.onNetwork() {
		key = "listen"
	}
	n := t.poolSize(key)
	if n > 0 && key == "listen" {
		return c.networkSpecs(t, n)
	}
	if n == 0 {
		return nil
	}
	if isCOM(strings.ReplaceAll(t.text("path"), "%d", "1")) {
		return c.comPool(t, n)
	}
	spec := t.portAccess()
	var specs []vport.Spec
	for _, spec.Address = range c.poolPaths(t, n) {
		specs = append(specs, spec)
	}
	return specs
}

var wideNumber = regexp.MustCompile(`%[-0-9.]+d`)

// poolSize is how many ports a table makes, whose place is under key; 0: it does not say so rightly.
func (t *section) poolSize(key string) int {
	n := t.number("count", 1, 1, maxPool)
	at := t.text(key)
	numbered := strings.Contains(at, "%d")
	place, example := "path", "/run/meterline/"+t.name+"%d"
	if key == "listen" {
		place, example = "address", "rfc2217://127.0.0.1:400%d"
	}
	switch {
	case at == "" || t.wrong["count"]:
	case wideNumber.MatchString(at), strings.Count(at, "%d") > 1:
		t.fault(key, flawf("write %d once, alone", "%q: the number of a port stands in one place", at))
	case numbered && !t.given("count"):
		t.fault(key, flawf("write count = 4 for four ports, or leave %d out", "%q does not say how many ports there are", at))
	case !numbered && t.given("count"):
		t.fault("count", flawf(fmt.Sprintf(`write %%d into the %s, like %q`, place, example), "ports cannot share one %s", place))
	default:
		return n
	}
	return 0
}

// poolPaths are the paths of a table's n ports.
func (c *checker) poolPaths(t *section, n int) []string {
	t.offCOM()
	path := strings.ReplaceAll(t.text("path"), "{name}", t.name)
	if f := pathFlaw(strings.ReplaceAll(path, "%d", "1")); f != nil {
		t.fault("path", f)
		return nil
	}
	return c.claimPool(t, path, n)
}

func (c *checker) claimPool(t *section, path string, n int) []string {
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

// hayes reads how the emulated modem behaves: as its preset says, but for the keys that are given.
func (t *section) hayes() hayes.Config {
	c, _ := hayes.Preset(t.choice("preset", hayes.Presets()...)) // a wrong one is told of, and stands for the first
	for key, field := range map[string]*bool{
		"refuse_unknown": &c.RefuseUnknown, "hayes_only": &c.HayesOnly, "strict": &c.Strict, "abort_any": &c.AbortAny,
	} {
		if t.given(key) {
			*field = t.flag(key)
		}
	}
	c.Guard = t.duration("escape_guard", c.Guard, 20*time.Millisecond, 5100*time.Millisecond)
	c.Pace = t.duration("escape_pace", c.Pace, 20*time.Millisecond, 5*time.Second)
	c.ConnectDelay = t.duration("connect_delay", c.ConnectDelay, 300*time.Millisecond, 3*time.Second)
	c.ConnectSpeed = t.number("connect_speed", c.ConnectSpeed, 1, 10_000_000)
	c.Wait = t.duration("wait", c.Wait, time.Second, 255*time.Second)
	c.RingEvery = t.duration("ring_every", c.RingEvery, time.Second, time.Minute)
	c.LFWait = t.duration("lf_wait", c.LFWait, time.Millisecond, 5*time.Second)
	c.LineMax = t.number("line_max", c.LineMax, 40, 4096)
	c.HoldMax = t.number("hold_max", c.HoldMax, 256, 16<<20)
	c.TimedOut = t.result("timed_out", c.TimedOut, hayes.NoCarrier, hayes.NoAnswer, hayes.Busy)
	c.UnknownNumber = t.result("unknown_number", c.UnknownNumber, hayes.NoCarrier, hayes.Error, hayes.NoDialtone, hayes.Busy, hayes.NoAnswer)
	c.Phonebook = t.result("phonebook", c.Phonebook, hayes.NoCarrier, hayes.Error)
	t.hayesTexts(&c)
	return c
}

// hayesTexts reads what package hayes has rules for.
func (t *section) hayesTexts(c *hayes.Config) {
	if s := t.text("connect_text"); s != "" {
		c.ConnectText = s
		if (hayes.Config{ConnectText: s}).Validate() != nil {
			t.fault("connect_text", flawf(`write it like "CONNECT 9600/RLP": CONNECT first, at most 80 characters, no quotes`, "%q is no result of a call", s))
		}
	}
	for _, one := range t.texts("refuse") {
		if (hayes.Config{Refuse: []string{one.text}}).Validate() != nil {
			t.faultAt("refuse", one.at, flawf(`write it like ["+CMGS", "&T"]`, "%q is not one command", one.text))
			continue
		}
		c.Refuse = append(c.Refuse, one.text)
	}
	if s := t.text("init"); s != "" && !t.anyWrong() {
		c.Init = s
		if c.Validate() != nil {
			t.fault("init", flawf(`write it like "E0X1S0=1", without AT`, "%q holds more than settings, or values out of range", s))
		}
	}
}

// result is a key's result code, in words as programs see them.
func (t *section) result(key string, usual hayes.Result, of ...hayes.Result) hayes.Result {
	if !t.given(key) {
		return usual
	}
	words := make([]string, 0, len(of))
	for _, r := range of {
		words = append(words, r.String())
	}
	word := t.choice(key, words...)
	for _, r := range of {
		if r.String() == word {
			return r
		}
	}
	return usual
}
