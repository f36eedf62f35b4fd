package relay

import (
	"net/netip"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// How the gate answers strangers.
const (
	minUnregistered = 256                 // connections that may wait for their registration at least
	minOrigins      = 4096                // origins remembered at least, of either sort
	forgiveEvery    = time.Second         // one failed connection of an origin is forgotten
	knownFor        = 30 * 24 * time.Hour // an origin is trusted after a registration
)

// gate decides who may register. What it counts against an origin, a /32 or an IPv6 /64, is only the connections that are
// unregistered or have failed, never those that registered: 800 modems behind one operator's address return together after
// an outage, also to a daemon that has never seen them. Three quarters of all places are open to a single such origin.
//
// Allowed prefixes, and an origin that registered within knownFor, are exempt from that. Nobody is exempt from the limit
// on all unregistered connections, at which the newest is refused.
type gate struct {
	mu        sync.Mutex
	waiting   int
	strangers recent[netip.Prefix, *stranger]
	known     recent[netip.Prefix, time.Time] // when last registered
}

// stranger is an origin that has not proved itself.
type stranger struct {
	waiting  int
	failures *rate.Limiter
}

// gateRules are what the gate goes by; they follow the configuration.
type gateRules struct {
	allow        []netip.Prefix // empty: everybody
	unregistered int            // limit
	subscribers  int
}

// pass is a connection that the gate let in; it must be given back.
type pass struct {
	origin   netip.Prefix
	stranger *stranger // nil: exempt
}

// admit lets a connection in, or answers why not.
func (g *gate) admit(addr netip.Addr, rules gateRules, now time.Time) (pass, string) {
	p := pass{origin: origin(addr)}
	trusted := false
	if len(rules.allow) > 0 {
		i := slices.IndexFunc(rules.allow, func(a netip.Prefix) bool { return a.Contains(addr) })
		if i < 0 {
			return p, refusedAddress
		}
		trusted = rules.allow[i].Bits() > 0
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if last, ok := g.known.get(p.origin); ok && now.Sub(last) < knownFor {
		trusted = true
	}
	if !trusted {
		p.stranger = g.stranger(p.origin, rules)
		limit := share(rules)
		if p.stranger.waiting >= limit {
			return p, refusedConcurrency
		}
		if p.stranger.failures.SetBurstAt(now, limit); p.stranger.failures.TokensAt(now) < 1 {
			return p, refusedRate
		}
	}
	if g.waiting >= rules.unregistered {
		return p, refusedCap
	}
	g.waiting++
	if p.stranger != nil {
		p.stranger.waiting++
	}
	return p, ""
}

// leave gives a pass back: the connection has registered, or has failed.
func (g *gate) leave(p pass, registered bool, rules gateRules, now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.waiting--
	if p.stranger != nil {
		p.stranger.waiting--
	}
	switch {
	case registered:
		g.known.put(p.origin, now, max(minOrigins, 4*rules.subscribers))
	case p.stranger != nil:
		p.stranger.failures.AllowN(now, 1) // a token is what it costs; without any left the origin is shut out already
	}
}

// stranger finds or makes the origin's record. One that is forgotten early, because thousands of others came since, has
// its failures forgiven; the limit on all of them holds.
func (g *gate) stranger(from netip.Prefix, rules gateRules) *stranger {
	if s, ok := g.strangers.get(from); ok {
		return s
	}
	s := &stranger{failures: rate.NewLimiter(rate.Every(forgiveEvery), share(rules))}
	g.strangers.put(from, s, max(minOrigins, 2*rules.unregistered))
	return s
}

// share is how many places, and how many failures in a row, are a single stranger's.
func share(rules gateRules) int { return max(1, rules.unregistered*3/4) }

// origin is what is judged as one: an IPv4 address, or the /64 that one IPv6 subscriber has.
func origin(addr netip.Addr) netip.Prefix {
	bits := 32
	if addr.Is6() {
		bits = 64
	}
	p, _ := addr.Prefix(bits) // cannot fail: the length fits the family; an invalid address gives the zero prefix
	return p
}
