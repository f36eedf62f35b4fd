package modem

import (
	"fmt"
	"net/netip"
	"slices"
	"time"
)

const (
	contestedAfter  = 3               // more displacements than this …
	contestedWithin = 5 * time.Minute // … in this time: two modems use one identity
)

// contest is how often sessions of the modem have displaced one another. It is guarded by the modem's mutex.
type contest struct {
	total  int64
	latest []time.Time // oldest first, contestedAfter+1 at most
}

// displaced counts a displacement, and reports whether the identity is contested now.
func (c *contest) displaced(now time.Time) bool {
	c.total++
	c.latest = append(c.latest, now)
	if len(c.latest) > contestedAfter+1 {
		c.latest = slices.Delete(c.latest, 0, 1)
	}
	return c.isOn(now)
}

// isOn reports whether sessions displace one another at a rate that one modem alone hardly causes.
func (c *contest) isOn(now time.Time) bool {
	return len(c.latest) > contestedAfter && now.Sub(c.latest[0]) <= contestedWithin
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
