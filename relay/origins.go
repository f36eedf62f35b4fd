package relay

import (
	"net/netip"
	"sync"
	"time"
)

const (
	minOrigins = 4096                // origins remembered at least, of either sort
	knownFor   = 30 * 24 * time.Hour // an origin is trusted after a registration
)

// Origins remembers from where modems have registered: addresses that are trusted more than strangers' for 30 days. Its zero value
// is ready, and may be shared by exchanges.
type Origins struct {
	mu    sync.Mutex
	seen  lru[netip.Prefix, time.Time] // when last registered
	limit int                          // the most that any exchange wants remembered
}

// OriginOf is the origin of a session's peer, host:port; the zero prefix where that is no address.
func OriginOf(peer string) netip.Prefix {
	ap, err := netip.ParseAddrPort(peer)
	if err != nil {
		return netip.Prefix{}
	}
	return origin(ap.Addr().Unmap().WithZone(""))
}

// Restore notes that somebody registered from an origin at that time, before this process began.
func (o *Origins) Restore(from netip.Prefix, at time.Time) {
	if from.IsValid() {
		o.record(from, at, minOrigins)
	}
}

// note remembers a registration. Of all origins at least limit are remembered.
func (o *Origins) record(from netip.Prefix, at time.Time, limit int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.limit = max(o.limit, limit)
	if before, ok := o.seen.get(from); !ok || before.Before(at) {
		o.seen.put(from, at, o.limit)
	}
}

// knows reports whether somebody has registered from there lately.
func (o *Origins) knows(from netip.Prefix, now time.Time) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	last, ok := o.seen.get(from)
	return ok && now.Sub(last) < knownFor
}

// origin is what is judged as one: an IPv4 address, or the /64 that one IPv6 subscriber has.
func origin(addr netip.Addr) netip.Prefix {
	bits := 32
	if addr.Is6() {
		bits = 64
	}
	p, _ := addr.Prefix(bits) // cannot fail: the length fits the family; an invalid address gives the zero prefix
	return p
}
