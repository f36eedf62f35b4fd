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
	minUnregistered = 256         // connections that may wait for their registration at least
	forgiveEvery    = time.Second // one failed connection of an origin is forgotten
)

// gate decides who may register. What it counts against an origin, a /32 or an IPv6 /64, is only the connections that are
// unregistered or have failed, never those that registered: 800 modems behind one operator's address return together after
// an outage, also to a daemon that has never seen them. Three quarters of all places are open to a single such origin.
//
// Allowed prefixes, and origins that registered within knownFor, are exempt from that. Nobody is exempt from the limit on all
// unregistered connections. A quarter of these places is kept for origins that registered before, and where places run short,
// somebody gives up his:
//
//   - One of a higher rank takes the place of one of a lower rank, but a quarter of all places stays with those that are not known.
//   - Within a rank, an origin takes the place of one that has more, until they have the same. A modem with a fresh address gets in
//     although a few addresses hold all places; from many addresses that hold one place each it cannot be told.
//
// It is always the newest connection of the origin with the most that gives up its place. Otherwise the newcomer, who is the newest
// of all, is refused.
type gate struct {
	mu        sync.Mutex
	known     *Origins // nil: of this gate alone, made when needed
	waiting   [ranks]crowd
	admitted  uint64                           // connections so far
	strangers lru[netip.Prefix, *rate.Limiter] // their failures
}

// rank is how far an origin is trusted before it has registered.
type rank int

const (
	stranger rank = iota
	allowed       // by a prefix narrower than everything
	known         // it registered before
	ranks
)

// gateRules are what the gate goes by; they follow the configuration.
type gateRules struct {
	allow        []netip.Prefix // empty: everybody
	unregistered int            // limit
	subscribers  int
}

// pass is a connection that the gate let in; it must be given back.
type pass struct {
	origin   netip.Prefix
	rank     rank
	number   uint64        // counts connections let in
	failures *rate.Limiter // nil: exempt
	lost     bool          // another one has its place
}

// admit lets a connection in, or answers why not. loser is one that has to give up its place for that, nil if none has.
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
		if refused := g.judge(p, rules, now); refused != "" {
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

// judge refuses a stranger that has too many connections, or has failed too often.
func (g *gate) judge(p *pass, rules gateRules, now time.Time) (refused string) {
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

// loser finds who gives up a place for p, nil if nobody does.
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

// leave gives a pass back: the connection has registered, or has failed.
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
		p.failures.AllowN(now, 1) // a token is what it costs; without any left the origin is shut out already
	}
}

// trust has the gate go by origins that it shares with others; nil: by those of its own.
func (g *gate) trust(shared *Origins) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if shared != nil {
		g.known = shared
	}
}

// origins are those that registered. The caller holds mu.
func (g *gate) origins() *Origins {
	if g.known == nil {
		g.known = new(Origins)
	}
	return g.known
}

// failures finds or makes a stranger's record. One that is forgotten early, because thousands of others came since, is forgiven.
func (g *gate) failures(from netip.Prefix, rules gateRules) *rate.Limiter {
	if l, ok := g.strangers.get(from); ok {
		return l
	}
	l := rate.NewLimiter(rate.Every(forgiveEvery), share(rules))
	g.strangers.put(from, l, max(minOrigins, 2*rules.unregistered))
	return l
}

// share is how many places are open to those that are not known, in all and to a single one of them, and how many failures in a row
// are a single stranger's.
func share(rules gateRules) int { return max(1, rules.unregistered*3/4) }
