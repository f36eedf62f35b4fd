package modem

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"
)

const (
	crowdedAfter  = 3               // more displacements than this …
	crowdedWithin = 5 * time.Minute // … in this time are a problem
)

// contest is how often sessions of the modem have displaced one another. It is guarded by the modem's mutex.
type contest struct {
	total  int64
	latest []displacement // oldest first, crowdedAfter+1 at most
}

// displacement is one session that has taken the place of another that still stood.
type displacement struct {
	at        time.Time
	old, next string // addresses without ports
}

// displaced counts a displacement, and reports whether there have been too many.
func (c *contest) displaced(now time.Time, old, next string) bool {
	c.total++
	c.latest = append(c.latest, displacement{now, hostOf(old), hostOf(next)})
	if len(c.latest) > crowdedAfter+1 {
		c.latest = slices.Delete(c.latest, 0, 1)
	}
	return c.isCrowded(now)
}

// isCrowded reports whether sessions displace one another more often than now and then.
func (c *contest) isCrowded(now time.Time) bool {
	return len(c.latest) > crowdedAfter && now.Sub(c.latest[0].at) <= crowdedWithin
}

// contenders are the addresses from which more than one modem must be calling, because they take turns: one comes back after another
// has displaced it. A single modem that calls anew without closing comes from one address, or goes on to a new one. The list is empty
// where that is all.
func (c *contest) contenders(now time.Time) []string {
	if !c.isCrowded(now) {
		return nil
	}
	addresses := []string{c.latest[0].old}
	returns := false
	for _, d := range c.latest {
		if d.next == addresses[len(addresses)-1] {
			continue
		}
		returns = returns || slices.Contains(addresses, d.next)
		addresses = append(addresses, d.next)
	}
	if !returns {
		return nil
	}
	slices.Sort(addresses)
	return slices.Compact(addresses)
}

// describe says what is wrong, empty if nothing is.
func (c *contest) describe(now time.Time) string {
	if !c.isCrowded(now) {
		return ""
	}
	if addresses := c.contenders(now); len(addresses) > 0 {
		return "identity contested: more than one modem registers with it, from " + strings.Join(addresses, " and ")
	}
	last := c.latest[len(c.latest)-1]
	return fmt.Sprintf("it has called in again %d times within %s without closing its connection, the last time from %s",
		len(c.latest), max(last.at.Sub(c.latest[0].at).Round(time.Second), time.Second), last.next)
}

// hostOf is a peer's address without its port.
func hostOf(peer string) string {
	if host, _, err := net.SplitHostPort(peer); err == nil {
		return host
	}
	return peer
}

// check returns why a new session from peer next may not displace the present one with peer old. It returns nil if it may.
func (t Takeover) check(old, next string) error {
	var ok bool
	switch t {
	case TakeoverNever:
	case TakeoverSameAddress:
		ok = prefixOf(old, 32, 128) == prefixOf(next, 32, 128)
	case TakeoverSamePrefix:
		ok = prefixOf(old, 24, 64) == prefixOf(next, 24, 64)
	default: // newest
		ok = true
	}
	if ok {
		return nil
	}
	return fmt.Errorf("a session from %s stands, and takeover = %q refuses one from %s", old, t, next)
}

// prefixOf returns the network of a peer's address. It returns the zero prefix for a peer without one, as in a telephone call.
func prefixOf(peer string, bits4, bits6 int) netip.Prefix {
	ap, err := netip.ParseAddrPort(peer)
	if err != nil {
		return netip.Prefix{}
	}
	addr := ap.Addr().Unmap().WithZone("")
	bits := bits6
	if addr.Is4() {
		bits = bits4
	}
	p, _ := addr.Prefix(bits) // bits are in range by construction
	return p
}
