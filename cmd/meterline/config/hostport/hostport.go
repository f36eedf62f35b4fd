// Package hostport reads the addresses of a configuration, and says what is wrong with them and what to write instead: hosts with a
// port, and networks. It opens nothing and knows no table.
package hostport

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"meterline/cmd/meterline/config/table"
)

// SameListener reports whether two hosts cannot be listened at on the same port: they are equal, or one of them is a wildcard, which takes
// all addresses.
func SameListener(a, b string) bool {
	return AnyHost(a) || AnyHost(b) || canonicalHost(a) == canonicalHost(b)
}

// AnyHost reports whether a host to listen at is all addresses of this machine.
func AnyHost(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "" || err == nil && addr.IsUnspecified()
}

func canonicalHost(host string) string {
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.Unmap().String()
	}
	return strings.ToLower(host)
}

// Loopback is the address at which a program of this machine reaches a listener without leaving the machine, "" if
// there is none.
func Loopback(host string) string {
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

// Split splits host:port; the host may be empty. example is the port that the hint names.
func Split(s, example string) (host, port string, f *table.Flaw) {
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

// ParsePrefix reads a network or a single address.
func ParsePrefix(s string) (netip.Prefix, *table.Flaw) {
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
