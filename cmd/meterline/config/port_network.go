package config

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"meterline/vport"
	"meterline/vport/netport"
	"meterline/vport/rfc2217"
)

// networkSchemes are what ports over the network and lines to serial ports elsewhere begin with.
var networkSchemes = []string{"tcp://", "rfc2217://"}

// cutScheme takes a network scheme off an address.
func cutScheme(address string) (scheme, rest string) {
	for _, scheme := range networkSchemes {
		if rest, has := strings.CutPrefix(address, scheme); has {
			return scheme, rest
		}
	}
	return "", address
}

func isNetwork(address string) bool {
	scheme, _ := cutScheme(address)
	return scheme != ""
}

// netPort is where a table's port over the network listens, and the keys that say so: a modem has other ones for its own port
// than a [port.NAME].
type netPort struct{ at, allow, kickOld string }

func (t *section) netPort() netPort {
	if t.kind == "port" {
		return netPort{"listen", "allow", "kick_old"}
	}
	return netPort{"port", "port_allow", "port_kick_old"}
}

// onNetwork reports whether the table's port is one over the network.
func (t *section) onNetwork() bool {
	text, _ := t.keys[t.netPort().at].value.(string)
	return t.given(t.netPort().at) && (t.kind == "port" || isNetwork(text))
}

// networkSpecs reads a port over the network, or as many as count says.
func (c *checker) networkSpecs(t *section, count int) []vport.Spec {
	keys := t.netPort()
	for _, key := range []string{"path", "mode", "owner", "group"} {
		if t.own(key) {
			t.fault(key, flawf("take one of them out", "%s is a port over the network, and %s goes with one in the file system", keys.at, key))
		}
	}
	t.offCOM()
	allow := t.networks(keys.allow)
	if slices.ContainsFunc(allow, func(p netip.Prefix) bool { return p.Bits() == 0 }) {
		c.found.warn(t.place(keys.allow), "%s %s: anybody who reaches this machine can read and write the meter", t.label(), keys.allow)
	}
	spec := vport.Spec{Allow: netport.Networks(allow), KickOld: t.flag(keys.kickOld)}
	address := strings.ReplaceAll(t.text(keys.at), "{name}", t.name)
	var specs []vport.Spec
	for i := range count {
		one := strings.ReplaceAll(address, "%d", strconv.Itoa(i+1))
		if address == "" || !c.claimNetwork(t, keys.at, one) {
			break // one fault is enough
		}
		spec.Address = one
		specs = append(specs, spec)
	}
	if len(specs) > 0 {
		c.warnOfStrangers(t, specs[0], len(allow) > 0)
	}
	return specs
}

// warnOfStrangers tells of a port that listens to the world and lets nobody in.
func (c *checker) warnOfStrangers(t *section, spec vport.Spec, allowed bool) {
	keys := t.netPort()
	_, at := cutScheme(spec.Address)
	if host, _, f := splitAddress(at, ""); f == nil && !allowed && (anyHost(host) || loopbackHost(host) == "") {
		c.found.warn(t.place(keys.at), `%s %s: only programs of this machine may connect: write %s = ["10.1.2.0/24"] for those of others`, t.label(), keys.at, keys.allow)
	}
}

// claimNetwork checks an address to listen at, and that nobody else listens there.
func (c *checker) claimNetwork(t *section, key, address string) bool {
	scheme, at := cutScheme(address)
	if scheme == "" {
		hint := fmt.Sprintf("write %q for raw bytes, or %q", "tcp://"+address, "rfc2217://"+address)
		if strings.Contains(address, "://") {
			hint = `write "tcp://127.0.0.1:4012" for raw bytes, or "rfc2217://127.0.0.1:4012"`
		}
		t.fault(key, flawf(hint, "%q does not say what is spoken there", address))
		return false
	}
	host, port, f := splitAddress(at, "4012")
	if f != nil {
		t.fault(key, f)
		return false
	}
	return c.claimListener(t, key, address, host, port)
}

// claimListener gives an address of this machine to a table, or tells of the table that has it already.
func (c *checker) claimListener(t *section, key, address, host, port string) bool {
	for _, other := range c.listens[port] {
		if sameListener(host, other.host) {
			t.fault(key, flawf("write another port, or another address of this machine", "%s is taken by %s at %s", address, other.label, other.at))
			return false
		}
	}
	c.listens[port] = append(c.listens[port], listener{host, t.place(key), t.label()})
	return true
}

// offNetwork tells of keys that go with ports over the network alone.
func (t *section) offNetwork() {
	keys := t.netPort()
	for _, key := range []string{keys.allow, keys.kickOld} {
		if t.own(key) {
			t.fault(key, flawf(fmt.Sprintf(`write %s = "tcp://127.0.0.1:4012", or take it out`, keys.at), "it goes with a port over the network"))
		}
	}
}

var serialForm = regexp.MustCompile(`(?i)^([0-9]{1,8})(?:[ ,/-]+([5-8])[ ,-]?([noems])[ ,-]?(1\.5|1|2))?$`)

// serial reads how the far serial port is set.
func (t *section) serial(dial []string) rfc2217.Settings {
	text := t.text("serial")
	if text == "" {
		return rfc2217.Settings{}
	}
	m := serialForm.FindStringSubmatch(text)
	speed := 0
	if m != nil {
		speed, _ = strconv.Atoi(m[1]) // digits, and few enough
	}
	if speed == 0 {
		t.fault("serial", flawf(`write it like "9600 8N1" or "300 7E1"`, "%q does not say how a serial port is set", text))
		return rfc2217.Settings{}
	}
	if !slices.ContainsFunc(dial, func(a string) bool { return strings.HasPrefix(a, "rfc2217://") }) {
		if t.own("serial") {
			t.fault("serial", flawf(`write dial = "rfc2217://host:port", or take it out`, "it goes with rfc2217://: nothing else can set a serial port"))
		}
		return rfc2217.Settings{}
	}
	s := rfc2217.Settings{Speed: speed}
	if m[2] != "" {
		s.DataBits = int(m[2][0] - '0')
		s.Parity = rfc2217.Parity(strings.Index("NOEMS", strings.ToUpper(m[3])) + 1) //nolint:gosec // 1 to 5
		s.StopBits = map[string]rfc2217.StopBits{"1": rfc2217.StopOne, "2": rfc2217.StopTwo, "1.5": rfc2217.StopOneAndHalf}[m[4]]
	}
	return s
}
