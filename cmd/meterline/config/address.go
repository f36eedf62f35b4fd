package config

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"

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
	host, port, f := splitAddress(s, "7001")
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
		if sameListener(host, other.host) {
			t.Fault(key, table.Flawf("write another port, or another address of this machine", "%s is taken by %s at %s", address, other.label, other.at))
			return false
		}
	}
	c.listens[port] = append(c.listens[port], listener{host, t.Place(key), t.Label()})
	return true
}

// sameListener reports whether two hosts cannot be listened at on the same port: they are equal, or one of them is a wildcard, which takes
// all addresses.
func sameListener(a, b string) bool {
	return anyHost(a) || anyHost(b) || canonicalHost(a) == canonicalHost(b)
}

func anyHost(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "" || err == nil && addr.IsUnspecified()
}

func canonicalHost(host string) string {
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.Unmap().String()
	}
	return strings.ToLower(host)
}

// loopbackHost is the address at which a program of this machine reaches a listener without leaving the machine, "" if
// there is none.
func loopbackHost(host string) string {
	addr, err := netip.ParseAddr(host)
	switch {
	case host == "", err == nil && addr.IsUnspecified() && addr.Is4():
		return "127.0.0.1"
	case err == nil && addr.IsUnspecified():
		return "::1"
	case host == "localhost", err == nil && addr.IsLoopback():
		return host
	default:
		return ""
	}
}

// splitAddress splits host:port; the host may be empty. example is the port that the hint names.
func splitAddress(s, example string) (host, port string, f *table.Flaw) {
	if scheme, rest, has := strings.Cut(s, "://"); has {
		switch strings.ToLower(scheme) {
		case "tcp", "rfc2217":
			return "", "", table.Flawf(fmt.Sprintf("write %q", rest), "%q has a scheme", s)
		case "telnet":
			return "", "", table.Flawf(fmt.Sprintf("write %q", "rfc2217://"+rest), "%q has an unknown scheme", s)
		case "tls", "ssl":
			return "", "", table.Flawf("take it out", "not yet: this version does not know %s://", strings.ToLower(scheme))
		}
		return "", "", table.Flawf(`write "host:port"`, "%q has an unknown scheme", s)
	}
	if scheme, rest, has := strings.Cut(s, ":"); has && slices.Contains([]string{"tcp", "rfc2217", "telnet"}, strings.ToLower(scheme)) && strings.Contains(rest, ":") {
		return "", "", table.Flawf(fmt.Sprintf("write %q", strings.ToLower(scheme)+"://"+strings.TrimLeft(rest, "/")), "%q has no // behind its scheme", s)
	}
	host, port, err := net.SplitHostPort(s)
	if _, number := strconv.Atoi(s); number == nil {
		return "", "", table.Flawf(fmt.Sprintf("write a colon before the port: %q", ":"+s), "%q has no host and no colon", s)
	}
	if err != nil {
		return "", "", table.Flawf(fmt.Sprintf("write %q", net.JoinHostPort(strings.Trim(s, "[]:"), example)), "%q has no port", s)
	}
	if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
		return "", "", table.Flawf("write a number from 1 to 65535 behind the colon", "%q has no usable port", s)
	}
	if f := hostFlaw(host); f != nil {
		return "", "", f
	}
	return host, strings.TrimLeft(port, "0+"), nil
}

func hostFlaw(host string) *table.Flaw {
	if _, err := netip.ParseAddr(host); err == nil || host == "" {
		return nil
	}
	usual := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '.' || r == '_'
	}
	if strings.Trim(host, "0123456789.") == "" {
		return table.Flawf("write four numbers from 0 to 255", "%q is no IPv4 address", host)
	}
	if strings.TrimFunc(host, usual) != "" || len(host) > 253 {
		return table.Flawf("write a name, an IPv4 address, or an IPv6 address in [ ]", "%q is no host", host)
	}
	return nil
}

// readDial reads the addresses at which a modem is called.
func readDial(t *table.Table, key string, m *modemDecl) {
	for _, one := range t.Texts(key) {
		address := strings.ReplaceAll(one.Text, "{name}", t.Name)
		scheme, at := cutScheme(address)
		if scheme == "tcp://" {
			address = at // the same
		}
		host, _, f := splitAddress(at, "4001")
		switch {
		case f != nil:
			t.FaultAt(key, one.At, f)
		case anyHost(host):
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
			prefix, f := parsePrefix(one.Text)
			if f != nil {
				t.FaultAt(key, one.At, f)
				continue
			}
			*field(to) = append(*field(to), prefix)
		}
	})
}

// parsePrefix reads a network or a single address.
func parsePrefix(s string) (netip.Prefix, *table.Flaw) {
	if addr, err := netip.ParseAddr(s); err == nil && addr.Zone() == "" {
		addr = addr.Unmap()
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	prefix, err := netip.ParsePrefix(s)
	if err != nil {
		return prefix, table.Flawf(`write it like "10.0.0.0/8" or "10.7.3.21"`, "%q is no network", s)
	}
	if prefix != prefix.Masked() {
		return prefix, table.Flawf(fmt.Sprintf("write %q for the network or %q for the one address", prefix.Masked(), prefix.Addr()),
			"%q is an address with the size of a network", s)
	}
	return prefix, nil
}

// letsAnybody reports whether one of the networks is all addresses.
func letsAnybody(allow []netip.Prefix) bool {
	return slices.ContainsFunc(allow, func(p netip.Prefix) bool { return p.Bits() == 0 })
}

// mayCall reports whether allow lets addr in; an empty list lets everybody in.
func mayCall(allow []netip.Prefix, addr netip.Addr) bool {
	return len(allow) == 0 || slices.ContainsFunc(allow, func(p netip.Prefix) bool { return p.Contains(addr) })
}
