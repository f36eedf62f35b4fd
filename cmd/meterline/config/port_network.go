package config

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"meterline/bridge/modem"
	"meterline/cmd/meterline/config/hostport"
	"meterline/cmd/meterline/config/table"
	"meterline/vport"
	"meterline/vport/netport"
	"meterline/vport/rfc2217"
)

// networkSchemes are the prefixes of ports over the network and of far serial ports.
var networkSchemes = []string{"tcp://", "rfc2217://"}

// cutScheme splits a network scheme off an address.
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

// networkKeys are the names of the keys of a port over the network. They differ between a modem's own port and a
// [port.NAME].
type networkKeys struct{ at, allow, kickOld string }

func networkKeysOf(t *table.Table) networkKeys {
	if t.Kind == "port" {
		return networkKeys{"listen", "allow", "kick_old"}
	}
	return networkKeys{"port", "port_allow", "port_kick_old"}
}

// onNetwork reports whether the table's port is one over the network.
func onNetwork(t *table.Table) bool {
	at := networkKeysOf(t).at
	text, _ := t.Value(at).Raw.(string)
	return t.Has(at) && (t.Kind == "port" || isNetwork(text))
}

// networkSpecs returns count ports over the network.
func (c *checker) networkSpecs(t *table.Table, a access, count int) []vport.Spec {
	keys := networkKeysOf(t)
	for _, key := range []string{"path", "mode", "owner", "group"} {
		if t.Meant(key) {
			t.Fault(key, table.Flawf("take one of them out", "%s is a port over the network, and %s goes with one in the file system", keys.at, key))
		}
	}
	offCOM(t)
	if letsAnybody(a.from) {
		c.found.Warn(t.Place(keys.allow), "%s %s: anybody who reaches this machine can read and write the meter", t.Label(), keys.allow)
	}
	spec := vport.Spec{Allow: netport.Networks(a.from), KickOld: a.kickOld}
	address := strings.ReplaceAll(t.Text(keys.at), "{name}", t.Name)
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
		c.warnOfStrangers(t, specs[0], len(a.from) > 0)
	}
	return specs
}

// warnOfStrangers warns of a port that listens for other machines and lets only this one in.
func (c *checker) warnOfStrangers(t *table.Table, spec vport.Spec, allowed bool) {
	keys := networkKeysOf(t)
	_, at := cutScheme(spec.Address)
	if host, _, f := hostport.Split(at, ""); f == nil && !allowed && (hostport.AnyHost(host) || hostport.Loopback(host) == "") {
		c.found.Warn(t.Place(keys.at), `%s %s: only programs of this machine may connect: write %s = ["10.1.2.0/24"] for those of others`, t.Label(), keys.at, keys.allow)
	}
}

// claimNetwork checks an address of a port over the network, and that nobody else listens there.
func (c *checker) claimNetwork(t *table.Table, key, address string) bool {
	scheme, at := cutScheme(address)
	if scheme == "" {
		hint := fmt.Sprintf("write %q for raw bytes, or %q", "tcp://"+address, "rfc2217://"+address)
		if strings.Contains(address, "://") {
			hint = `write "tcp://127.0.0.1:4012" for raw bytes, or "rfc2217://127.0.0.1:4012"`
		}
		t.Fault(key, table.Flawf(hint, "%q does not say what is spoken there", address))
		return false
	}
	host, port, f := hostport.Split(at, "4012")
	if f != nil {
		t.Fault(key, f)
		return false
	}
	return c.claimListener(t, key, address, host, port)
}

// offNetwork reports keys that only ports over the network have.
func offNetwork(t *table.Table) {
	keys := networkKeysOf(t)
	for _, key := range []string{keys.allow, keys.kickOld} {
		if t.Meant(key) {
			t.Fault(key, table.Flawf(fmt.Sprintf(`write %s = "tcp://127.0.0.1:4012", or take it out`, keys.at), "it goes with a port over the network"))
		}
	}
}

var serialForm = regexp.MustCompile(`(?i)^([0-9]{1,8})(?:[ ,/-]+([5-8])[ ,-]?([noems])[ ,-]?(1\.5|1|2))?$`)

// readSerial reads the settings of the far serial port.
func readSerial(t *table.Table, key string, to *modemDecl) {
	text := t.Text(key)
	if text == "" {
		return
	}
	m := serialForm.FindStringSubmatch(text)
	speed := 0
	if m != nil {
		speed, _ = strconv.Atoi(m[1]) // eight digits at most: no error
	}
	if speed == 0 {
		t.Fault(key, table.Flawf(`write it like "9600 8N1" or "300 7E1"`, "%q does not say how a serial port is set", text))
		return
	}
	to.Serial.Speed = speed
	if m[2] != "" {
		to.Serial.DataBits = int(m[2][0] - '0')
		to.Serial.Parity = rfc2217.Parity(strings.Index("NOEMS", strings.ToUpper(m[3])) + 1) //nolint:gosec // 1 to 5
		to.Serial.StopBits = map[string]rfc2217.StopBits{"1": rfc2217.StopOne, "2": rfc2217.StopTwo, "1.5": rfc2217.StopOneAndHalf}[m[4]]
	}
}

// checkSerial drops the settings of a far serial port if no dialled address can be set so.
func checkSerial(t *table.Table, m *modem.Config) {
	if modem.MayBeSet(m.Dial) {
		return
	}
	if t.Own("serial") {
		t.Fault("serial", table.Flawf(`write dial = "rfc2217://host:port", or take it out`, "it goes with rfc2217://: nothing else can set a serial port"))
	}
	m.Serial = rfc2217.Settings{}
}
