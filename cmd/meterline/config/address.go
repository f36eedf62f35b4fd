package config

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// listener is somebody's listening address.
type listener struct {
	host  string // as net.SplitHostPort gives it
	at    place
	label string
}

// listen checks a table's `listen`, and that nobody else listens there.
func (c *checker) listen(t *section) string {
	s := t.text("listen")
	if s == "" {
		return ""
	}
	host, port, f := splitAddress(s, "7001")
	if f != nil {
		t.fault("listen", f)
		return ""
	}
	c.claimListener(t, "listen", s, host, port)
	return s
}

// sameListener reports whether two hosts with one port cannot be listened at together: a wildcard takes all addresses.
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

// loopbackHost is where a program of this machine reaches a listener without leaving the machine, "" if it cannot.
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

// splitAddress takes host:port apart; the host may be empty. example is a port for the hint.
func splitAddress(s, example string) (host, port string, f *flaw) {
	if scheme, rest, has := strings.Cut(s, "://"); has {
		switch strings.ToLower(scheme) {
		case "tcp", "rfc2217":
			return "", "", flawf(fmt.Sprintf("write %q", rest), "%q has a scheme", s)
		case "telnet":
			return "", "", flawf(fmt.Sprintf("write %q", "rfc2217://"+rest), "%q has an unknown scheme", s)
		case "tls", "ssl":
			return "", "", flawf("take it out", "not yet: this version does not know %s://", strings.ToLower(scheme))
		}
		return "", "", flawf(`write "host:port"`, "%q has an unknown scheme", s)
	}
	host, port, err := net.SplitHostPort(s)
	if _, number := strconv.Atoi(s); number == nil {
		return "", "", flawf(fmt.Sprintf("write a colon before the port: %q", ":"+s), "%q has no host and no colon", s)
	}
	if err != nil {
		return "", "", flawf(fmt.Sprintf("write %q", net.JoinHostPort(strings.Trim(s, "[]:"), example)), "%q has no port", s)
	}
	if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
		return "", "", flawf("write a number from 1 to 65535 behind the colon", "%q has no usable port", s)
	}
	if f := hostFlaw(host); f != nil {
		return "", "", f
	}
	return host, strings.TrimLeft(port, "0+"), nil
}

func hostFlaw(host string) *flaw {
	if _, err := netip.ParseAddr(host); err == nil || host == "" {
		return nil
	}
	usual := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '.' || r == '_'
	}
	if strings.Trim(host, "0123456789.") == "" {
		return flawf("write four numbers from 0 to 255", "%q is no IPv4 address", host)
	}
	if strings.TrimFunc(host, usual) != "" || len(host) > 253 {
		return flawf("write a name, an IPv4 address, or an IPv6 address in [ ]", "%q is no host", host)
	}
	return nil
}

// dial checks the addresses at which a modem is called.
func (c *checker) dial(t *section) []string {
	var all []string
	for _, one := range t.texts("dial") {
		address := strings.ReplaceAll(one.text, "{name}", t.name)
		scheme, at := cutScheme(address)
		if scheme == "tcp://" {
			address = at // the same
		}
		host, _, f := splitAddress(at, "4001")
		switch {
		case f != nil:
			t.faultAt("dial", one.at, f)
		case anyHost(host):
			t.faultAt("dial", one.at, flawf(`write it like "10.8.0.12:4001"`, "%q does not say whom to call", address))
		case slices.Contains(all, address):
			t.faultAt("dial", one.at, flawf("take one out", "%q stands twice", address))
		default:
			all = append(all, address)
		}
	}
	if t.ok("dial") && len(all) == 0 {
		t.fault("dial", flawf(`write it like "10.8.0.12:4001"`, "no address"))
	}
	return all
}

// networks checks a list of networks or addresses.
func (t *section) networks(key string) []netip.Prefix {
	var all []netip.Prefix
	for _, one := range t.texts(key) {
		prefix, f := parsePrefix(one.text)
		if f != nil {
			t.faultAt(key, one.at, f)
			continue
		}
		all = append(all, prefix)
	}
	return all
}

// parsePrefix reads a network or a single address.
func parsePrefix(s string) (netip.Prefix, *flaw) {
	if addr, err := netip.ParseAddr(s); err == nil && addr.Zone() == "" {
		addr = addr.Unmap()
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	prefix, err := netip.ParsePrefix(s)
	if err != nil {
		return prefix, flawf(`write it like "10.0.0.0/8" or "10.7.3.21"`, "%q is no network", s)
	}
	if prefix != prefix.Masked() {
		return prefix, flawf(fmt.Sprintf("write %q for the network or %q for the one address", prefix.Masked(), prefix.Addr()),
			"%q is an address with the size of a network", s)
	}
	return prefix, nil
}

// mayCall reports whether an allow list lets addr in; an empty one lets everybody in.
func mayCall(allow []netip.Prefix, addr netip.Addr) bool {
	return len(allow) == 0 || slices.ContainsFunc(allow, func(p netip.Prefix) bool { return p.Contains(addr) })
}
