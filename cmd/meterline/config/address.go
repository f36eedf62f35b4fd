package config

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"meterline/cmd/meterline/config/hostport"
	"meterline/cmd/meterline/config/table"
)

// listener is a listening address, with the table that has it.
type listener struct {
	host  string // as net.SplitHostPort gives it
	at    table.Place
	label string
}

// listen checks a table's `listen`, and that nobody else listens there.
func (c *checker) listen(t *table.Table) string {
	s := t.Text("listen")
	if s == "" {
		return ""
	}
	host, port, f := hostport.Split(s, "7001")
	if f != nil {
		t.Fault("listen", f)
		return ""
	}
	c.claimListener(t, "listen", s, host, port)
	return s
}

// listenText is the form of an address to listen at, of which only the type is checked. before stands before a port's number.
func listenText[T any](text, before string) table.Form[T] {
	return table.Func(text, func(t *table.Table, key string, _ *T) {
		if n, isNumber := t.Value(key).Raw.(int64); isNumber {
			t.Fault(key, table.Flawf(fmt.Sprintf("write %s = %q", key, before+strconv.FormatInt(n, 10)), "a number, not an address"))
			return
		}
		t.Text(key)
	})
}

// claimListener reserves an address of this machine for a table, or reports the table that has it already.
func (c *checker) claimListener(t *table.Table, key, address, host, port string) bool {
	for _, other := range c.listens[port] {
		if hostport.SameListener(host, other.host) {
			t.Fault(key, table.Flawf("write another port, or another address of this machine", "%s is taken by %s at %s", address, other.label, other.at))
			return false
		}
	}
	c.listens[port] = append(c.listens[port], listener{host, t.Place(key), t.Label()})
	return true
}

// readDial reads the addresses at which a modem is called.
func readDial(t *table.Table, key string, m *modemDecl) {
	for _, one := range t.Texts(key) {
		address := strings.ReplaceAll(one.Text, "{name}", t.Name)
		scheme, at := cutScheme(address)
		if scheme == "tcp://" {
			address = at // the same
		}
		host, _, f := hostport.Split(at, "4001")
		switch {
		case f != nil:
			t.FaultAt(key, one.At, f)
		case hostport.AnyHost(host):
			t.FaultAt(key, one.At, table.Flawf(`write it like "10.8.0.12:4001"`, "%q does not say whom to call", address))
		case slices.Contains(m.Dial, address):
			t.FaultAt(key, one.At, table.Flawf("take one out", "%q stands twice", address))
		default:
			m.Dial = append(m.Dial, address)
		}
	}
	if t.Good(key) && len(m.Dial) == 0 {
		t.Fault(key, table.Flawf(`write it like "10.8.0.12:4001"`, "no address"))
	}
}

// networks is the form of a list of networks and single addresses.
func networks[T any](field func(*T) *[]netip.Prefix) table.Form[T] {
	return table.Func("network or address, or several", func(t *table.Table, key string, to *T) {
		for _, one := range t.Texts(key) {
			prefix, f := hostport.ParsePrefix(one.Text)
			if f != nil {
				t.FaultAt(key, one.At, f)
				continue
			}
			*field(to) = append(*field(to), prefix)
		}
	})
}

// letsAnybody reports whether one of the networks is all addresses.
func letsAnybody(allow []netip.Prefix) bool {
	return slices.ContainsFunc(allow, func(p netip.Prefix) bool { return p.Bits() == 0 })
}

// mayCall reports whether allow lets addr in; an empty list lets everybody in.
func mayCall(allow []netip.Prefix, addr netip.Addr) bool {
	return len(allow) == 0 || slices.ContainsFunc(allow, func(p netip.Prefix) bool { return p.Contains(addr) })
}
