package relay

import (
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"
)

// Who gets a place when there are too few.
func TestGatePlaces(t *testing.T) {
	part := share(usual)
	kept := usual.unregistered - part
	each := func(d *doorman, n int) { // so many addresses hold a place each
		for i := range n {
			d.enter(nth(i).String(), usual, "")
		}
	}
	for name, check := range map[string]func(d *doorman){
		"a quarter is kept for those that registered before": func(d *doorman) {
			d.register("192.0.2.1")
			each(d, part)
			d.enter("192.0.2.9", usual, refusedCap)
			d.fill("192.0.2.1", usual, kept)
		},
		"a known one takes the newest stranger's place, down to a quarter": func(d *doorman) {
			d.register("192.0.2.1")
			each(d, part)
			d.fill("192.0.2.1", usual, kept)
			for i := part - 1; i >= kept; i-- {
				d.displace("192.0.2.1", usual, nth(i).String())
			}
			d.enter("192.0.2.1", usual, refusedCap)
			d.enter("192.0.2.9", usual, refusedCap) // nor does a stranger take a known one's
		},
		"a fresh address gets in beside a few that hold all": func(d *doorman) {
			d.fill("192.0.2.1", usual, part/2)
			d.fill("192.0.2.2", usual, part/2)
			for i := range 100 {
				d.displace(nth(i).String(), usual, []string{"192.0.2.2", "192.0.2.1"}[i%2])
			}
		},
		"until they have the same": func(d *doorman) {
			d.fill("192.0.2.1", usual, part)
			for range part / 2 {
				d.displace("192.0.2.2", usual, "192.0.2.1")
			}
			d.enter("192.0.2.2", usual, refusedCap)
			d.enter("192.0.2.1", usual, refusedCap)
		},
		"a known address with all places gives one to another known one": func(d *doorman) {
			d.register("192.0.2.1")
			d.register("2001:db8::1")
			d.fill("192.0.2.1", usual, usual.unregistered)
			d.displace("2001:db8::2", usual, "192.0.2.1")
			d.enter("192.0.2.9", usual, refusedCap)
		},
		"an allowed prefix is before everybody, and behind those that registered": func(d *doorman) {
			rules := gateRules{unregistered: 8, allow: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("0.0.0.0/0")}}
			d.register("192.0.2.1")
			for _, a := range []string{"198.51.100.1", "198.51.100.2", "198.51.100.3", "198.51.100.4", "198.51.100.5", "198.51.100.6"} {
				d.enter(a, rules, "")
			}
			d.displace("10.0.0.1", rules, "198.51.100.6")
			d.displace("10.0.0.1", rules, "198.51.100.5")
			d.fill("192.0.2.1", rules, 2)
			d.displace("192.0.2.1", rules, "198.51.100.4")
		},
		"who has lost its place pays nothing for that": func(d *doorman) {
			d.fill("192.0.2.1", usual, part)
			for i := range part {
				d.leave(d.displace(nth(i).String(), usual, "192.0.2.1"), true, usual, d.now)
				d.enter("192.0.2.1", usual, "")
			}
		},
	} {
		t.Run(name, func(t *testing.T) { check(&doorman{T: t, now: time.Unix(1e9, 0)}) })
	}
}

// However connections come and go, the places that are counted are those that are held, and the limits hold.
func TestGateCounts(t *testing.T) {
	rules := gateRules{unregistered: 32}
	random := rand.New(rand.NewPCG(1, 2))
	var g gate
	now := time.Unix(1e9, 0)
	held := map[*pass]bool{}
	for range 20_000 {
		now = now.Add(100 * time.Millisecond)
		if p, loser, refused := g.admit(nth(random.IntN(20)), rules, now); refused == "" {
			held[p] = true
			if loser != nil {
				if !held[loser] {
					t.Fatal("somebody loses a place who has none")
				}
				delete(held, loser)
				g.leave(loser, random.IntN(4) == 0, rules, now)
			}
		}
		for p := range held {
			if random.IntN(40) == 0 {
				delete(held, p)
				g.leave(p, random.IntN(10) == 0, rules, now)
			}
		}
		unknown := 0
		for p := range held {
			if p.rank < known {
				unknown++
			}
		}
		total := g.waiting[stranger].total + g.waiting[allowed].total + g.waiting[known].total
		if total != len(held) || total > rules.unregistered || unknown > share(rules) {
			t.Fatalf("%d are counted, %d hold a place, %d of them are not known", total, len(held), unknown)
		}
	}
}

func TestOrigins(t *testing.T) {
	var o Origins
	now := time.Unix(1e9, 0)
	for peer, want := range map[string]string{
		"192.0.2.1:7": "192.0.2.1/32", "[::ffff:192.0.2.2]:7": "192.0.2.2/32", "[2001:db8::1%eth0]:7": "2001:db8::/64", "pipe": "",
	} {
		from := OriginOf(peer)
		if from.IsValid() != (want != "") || want != "" && from.String() != want {
			t.Errorf("%s is of %v, want %s", peer, from, want)
		}
		o.Restore(from, now.Add(-knownFor+time.Second))
		o.Restore(from, now.Add(-2*knownFor)) // an earlier one says nothing
		if want != "" && (!o.knows(from, now) || o.knows(from, now.Add(time.Second))) {
			t.Errorf("%s is trusted for another time than thirty days", peer)
		}
	}
	if o.knows(netip.Prefix{}, now) || o.knows(OriginOf("192.0.2.3:1"), now) {
		t.Error("an origin is known that never registered")
	}
}
