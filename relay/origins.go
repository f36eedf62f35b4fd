package relay

import (
	"net/netip"
	"sync"
	"time"
)

const (
	minOrigins = 4096                // the least number of origins remembered, of known ones and of strangers each
	knownFor   = 30 * 24 * time.Hour // how long an origin is trusted after a registration
)

// Origins remembers from where modems have registered: addresses that are trusted more than strangers for 30 days. Its zero
// value is ready, and may be shared by exchanges.
type Origins struct {
	mu    sync.Mutex
	seen  lru[netip.Prefix, time.Time] // when somebody last registered
	limit int                          // the largest number that any exchange wants remembered
}

// OriginOf returns the origin of a session's peer, host:port; the zero prefix if that is no address.
func OriginOf(peer string) netip.Prefix {
	ap, err := netip.ParseAddrPort(peer)
	if err != nil {
		return netip.Prefix{}
	}
	return origin(ap.Addr().Unmap().WithZone(""))
}

// Restore records a registration from an origin at a time before this process began.
func (o *Origins) Restore(from netip.Prefix, at time.Time) {
	if from.IsValid() {
		o.record(from, at, minOrigins)
	}
}

// record records a registration. At least limit origins are remembered.
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

// origin returns what addr is judged by: the IPv4 address, or the /64 that one IPv6 subscriber has.
func origin(addr netip.Addr) netip.Prefix {
	bits := 32
	if addr.Is6() {
		bits = 64
	}
	p, _ := addr.Prefix(bits) // cannot fail: the length fits the family; an invalid address gives the zero prefix
	return p
}

// lru is a bounded map that forgets the entry that was not used for the longest time. It is not safe for concurrent use; the
// zero value is ready.
type lru[K comparable, V any] struct {
	at             map[K]*lruEntry[K, V]
	latest, oldest *lruEntry[K, V]
}

type lruEntry[K comparable, V any] struct {
	key           K
	value         V
	newer, before *lruEntry[K, V]
}

// get returns a value, and makes it the latest.
func (r *lru[K, V]) get(key K) (value V, ok bool) {
	m, ok := r.at[key]
	if !ok {
		return value, false
	}
	r.unlink(m)
	r.link(m)
	return m.value, true
}

// put makes value the latest, and forgets the oldest ones beyond limit.
func (r *lru[K, V]) put(key K, value V, limit int) {
	m, ok := r.at[key]
	if ok {
		r.unlink(m)
	} else {
		m = &lruEntry[K, V]{key: key}
		if r.at == nil {
			r.at = map[K]*lruEntry[K, V]{}
		}
		r.at[key] = m
	}
	m.value = value
	r.link(m)
	for len(r.at) > max(limit, 1) {
		r.dropOldest()
	}
}

// dropOldest forgets the value that was not used for the longest time, and returns it. There must be one.
func (r *lru[K, V]) dropOldest() V {
	m := r.oldest
	delete(r.at, m.key)
	r.unlink(m)
	return m.value
}

// all returns the values, latest first.
func (r *lru[K, V]) all() []V {
	values := make([]V, 0, len(r.at))
	for m := r.latest; m != nil; m = m.before {
		values = append(values, m.value)
	}
	return values
}

func (r *lru[K, V]) link(m *lruEntry[K, V]) {
	m.newer, m.before = nil, r.latest
	if r.latest != nil {
		r.latest.newer = m
	} else {
		r.oldest = m
	}
	r.latest = m
}

func (r *lru[K, V]) unlink(m *lruEntry[K, V]) {
	if m.newer != nil {
		m.newer.before = m.before
	} else {
		r.latest = m.before
	}
	if m.before != nil {
		m.before.newer = m.newer
	} else {
		r.oldest = m.newer
	}
}
