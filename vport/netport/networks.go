package netport

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
)

// Networks returns networks in the form of Spec.Allow.
func Networks(prefixes []netip.Prefix) string {
	all := make([]string, len(prefixes))
	for i, p := range prefixes {
		all[i] = p.String()
	}
	return strings.Join(all, " ")
}

// loopback is who may connect if Spec.Allow is empty.
var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}

// networks reads Spec.Allow.
func networks(allow string) ([]netip.Prefix, error) {
	var all []netip.Prefix
	for text := range strings.FieldsSeq(allow) {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, fmt.Errorf("networks that may connect: %w", err)
		}
		all = append(all, p)
	}
	if len(all) == 0 {
		return loopback, nil
	}
	return all, nil
}

// remoteOf returns a connection's far address, the zero address if it has none.
func remoteOf(conn net.Conn) netip.Addr {
	ap, err := netip.ParseAddrPort(conn.RemoteAddr().String())
	if err != nil {
		return netip.Addr{}
	}
	return ap.Addr().Unmap().WithZone("")
}
