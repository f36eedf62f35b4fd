package relay

import (
	"net/netip"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Why the gate refuses strangers.
const (
	minUnregistered = 256         // the least number of connections that may wait for their registration
	forgiveEvery    = time.Second // after so long one failed connection of an origin is forgotten
)

// gate decides who may register. An origin is a /32 or an IPv6 /64. Against an origin the gate counts only connections that are
// unregistered or have failed, never those that registered: 800 modems behind one operator's address return together after
// an outage, also to a daemon that has never seen them. Three quarters of all places are open to a single such origin.
//
// Allowed prefixes, and origins that registered within knownFor, are exempt from this. Nobody is exempt from the limit on all
// unregistered connections. A quarter of these places is kept for origins that registered before. Where places run short, a
// connection loses its place by these rules:
//
//   - A higher rank takes a place from a lower rank, but a quarter of all places stays with unknown origins.
//   - Within a rank, an origin takes a place from one that has more, until they have the same number. So a modem with a fresh
//     address gets in although a few addresses hold all places. It does not if many addresses hold one place each.
//
// The newest connection of the origin with the most loses its place. If no place can be taken, the newcomer, who is the newest
// of all, is refused.
type gate struct {
	mu        sync.Mutex
	known     *Origins // nil: a list of its own, made when needed
	waiting   [ranks]crowd
	admitted  uint64                           // how many connections have been let in
	strangers lru[netip.Prefix, *rate.Limiter] // limits their failures
}

// rank says how far an origin is trusted before it has registered.
type rank int

const (
	stranger rank = iota
	allowed       // by a prefix that is narrower than everything
	known         // it registered before
	ranks
)

// gateRules are the gate's limits, which follow the configuration.
type gateRules struct {
	allow        []netip.Prefix // empty: everybody
	unregistered int            // the limit on unregistered connections
	subscribers  int
}

// pass is a connection that the gate has let in. It must be returned by leave.
type pass struct {
	origin   netip.Prefix
	rank     rank
	number   uint64        // the newer the connection, the higher
	failures *rate.Limiter // nil: the origin is exempt
	lost     bool          // another connection has taken its place
}

// admit lets a connection in, or returns why it does not. loser is the connection that loses its place for it, nil if none
// does.
func (g *gate) admit(addr netip.Addr, rules gateRules, now time.Time) (p, loser *pass, refused string) {
	p = &pass{origin: origin(addr)}
	if len(rules.allow) > 0 {
		i := slices.IndexFunc(rules.allow, func(a netip.Prefix) bool { return a.Contains(addr) })
		if i < 0 {
			return p, nil, refusedAddress
		}
		if rules.allow[i].Bits() > 0 {
			p.rank = allowed
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.origins().knows(p.origin, now) {
		p.rank = known
	}
	if p.rank == stranger {
		if refused := g.refuse(p, rules, now); refused != "" {
			return p, nil, refused
		}
	}
	if g.full(p.rank, rules) {
		if loser = g.loser(p, rules); loser == nil {
			return p, nil, refusedCap
		}
		loser.lost = true
		g.waiting[loser.rank].remove(loser)
	}
	g.admitted++
	p.number = g.admitted
	g.waiting[p.rank].add(p)
	return p, loser, ""
}

// refuse refuses a stranger that has too many connections, or has failed too often.
func (g *gate) refuse(p *pass, rules gateRules, now time.Time) (refused string) {
	p.failures = g.failures(p.origin, rules)
	limit := share(rules)
	if g.waiting[stranger].count(p.origin) >= limit {
		return refusedConcurrency
	}
	if p.failures.SetBurstAt(now, limit); p.failures.TokensAt(now) < 1 {
		return refusedRate
	}
	return ""
}

// full reports whether there is no free place for r.
func (g *gate) full(r rank, rules gateRules) bool {
	unknown := g.waiting[stranger].total + g.waiting[allowed].total
	return unknown+g.waiting[known].total >= rules.unregistered || r < known && unknown >= share(rules)
}

// loser returns the connection that loses its place to p, nil if none does.
func (g *gate) loser(p *pass, rules gateRules) *pass {
	unknown := g.waiting[stranger].total + g.waiting[allowed].total
	if p.rank < known || unknown > rules.unregistered-share(rules) {
		for lower := range p.rank {
			if loser := g.waiting[lower].newest(1); loser != nil {
				return loser
			}
		}
	}
	same := &g.waiting[p.rank]
	return same.newest(same.count(p.origin) + 2)
}

// leave returns a pass: the connection has registered, or has failed.
func (g *gate) leave(p *pass, registered bool, rules gateRules, now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !p.lost {
		g.waiting[p.rank].remove(p)
	}
	switch {
	case registered:
		g.origins().record(p.origin, now, max(minOrigins, 4*rules.subscribers))
	case p.failures != nil && !p.lost:
		p.failures.AllowN(now, 1) // a failure costs a token; an origin without tokens is refused already
	}
}

// useOrigins makes the gate use origins that it shares with other gates; nil means a list of its own.
func (g *gate) useOrigins(shared *Origins) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if shared != nil {
		g.known = shared
	}
}

// origins returns the origins that have registered. The caller holds mu.
func (g *gate) origins() *Origins {
	if g.known == nil {
		g.known = new(Origins)
	}
	return g.known
}

// failures finds or makes a stranger's record. A record that thousands of later strangers have pushed out is forgiven.
func (g *gate) failures(from netip.Prefix, rules gateRules) *rate.Limiter {
	if l, ok := g.strangers.get(from); ok {
		return l
	}
	l := rate.NewLimiter(rate.Every(forgiveEvery), share(rules))
	g.strangers.put(from, l, max(minOrigins, 2*rules.unregistered))
	return l
}

// share returns how many places are open to unknown origins, in all and to a single one. It is also the number of failures that
// a single stranger may have in a row.
func share(rules gateRules) int { return max(1, rules.unregistered*3/4) }
