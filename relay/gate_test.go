package relay

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"
)

func ip(s string) netip.Addr { return netip.MustParseAddr(s) }

// nth is the nth of many addresses, each an origin of its own.
func nth(i int) netip.Addr { return netip.AddrFrom4([4]byte{11, byte(i >> 16), byte(i >> 8), byte(i)}) }

// doorman is a gate at a moment of a test's choice.
type doorman struct {
	*testing.T
	gate
	now time.Time
}

var usual = gateRules{unregistered: minUnregistered}

func (d *doorman) enter(addr string, rules gateRules, want string) *pass {
	d.Helper()
	p, loser, refused := d.admit(ip(addr), rules, d.now)
	if refused != want || loser != nil {
		d.Fatalf("%s: got %q, want %q; %v gives up its place", addr, refused, want, loser)
	}
	return p
}

// displace lets one in who takes the place of loser's newest connection.
func (d *doorman) displace(addr string, rules gateRules, loser string) *pass {
	d.Helper()
	p, lost, refused := d.admit(ip(addr), rules, d.now)
	if refused != "" || lost == nil || lost.origin != origin(ip(loser)) {
		d.Fatalf("%s: got %q, and %+v gives up its place, want %s", addr, refused, lost, loser)
	}
	d.leave(lost, false, rules, d.now)
	return p
}

// fill lets n connections in that say nothing; fail lets n of 192.0.2.1 in, and they fail.
func (d *doorman) fill(addr string, rules gateRules, n int) {
	d.Helper()
	for range n {
		d.enter(addr, rules, "")
	}
}

func (d *doorman) fail(n int) {
	d.Helper()
	for range n {
		d.leave(d.enter("192.0.2.1", usual, ""), false, usual, d.now)
	}
}

func (d *doorman) register(addr string) {
	d.Helper()
	d.leave(d.enter(addr, usual, ""), true, usual, d.now)
}

func TestGate(t *testing.T) {
	part := share(usual)
	prefix := func(s string) gateRules {
		return gateRules{allow: []netip.Prefix{netip.MustParsePrefix(s)}, unregistered: 8}
	}
	for name, check := range map[string]func(d *doorman){
		"not in an allowed prefix": func(d *doorman) {
			d.enter("11.0.0.1", prefix("10.0.0.0/8"), refusedAddress)
			d.enter("10.0.0.1", prefix("10.0.0.0/8"), "")
		},
		"a stranger that keeps failing": func(d *doorman) {
			d.fail(part)
			d.enter("192.0.2.1", usual, refusedRate)
			d.enter("192.0.2.2", usual, "")
			d.now = d.now.Add(forgiveEvery)
			d.enter("192.0.2.1", usual, "")
		},
		"a stranger that takes all places": func(d *doorman) {
			d.fill("2001:db8::1", usual, part)
			d.enter("2001:db8::2", usual, refusedConcurrency) // the same /64
			d.displace("192.0.2.9", usual, "2001:db8::1")
			d.displace("2001:db8:1::1", usual, "2001:db8::1")
		},
		"one that has registered is exempt": func(d *doorman) {
			d.register("192.0.2.1")
			d.fail(2 * part)
			d.fill("192.0.2.1", usual, usual.unregistered)
			d.enter("192.0.2.1", usual, refusedCap)
		},
		"for thirty days": func(d *doorman) {
			d.register("192.0.2.1")
			d.now = d.now.Add(knownFor)
			d.fail(part)
			d.enter("192.0.2.1", usual, refusedRate)
		},
		"everybody is no exemption": func(d *doorman) {
			d.fill("192.0.2.1", prefix("0.0.0.0/0"), 6)
			d.enter("192.0.2.1", prefix("0.0.0.0/0"), refusedConcurrency)
		},
		"an allowed prefix is exempt": func(d *doorman) {
			d.fill("10.0.0.1", prefix("10.0.0.0/8"), 6) // a quarter is kept for those that are known
			d.enter("10.0.0.1", prefix("10.0.0.0/8"), refusedCap)
			d.displace("10.0.0.2", prefix("10.0.0.0/8"), "10.0.0.1")
		},
		"a reload changes the share": func(d *doorman) {
			d.fail(part - 1)
			d.enter("192.0.2.1", gateRules{unregistered: 2 * minUnregistered}, "")
			d.enter("192.0.2.1", usual, "")
		},
	} {
		t.Run(name, func(t *testing.T) { check(&doorman{T: t, now: time.Unix(1e9, 0)}) })
	}
}

func TestGateMemoryIsBounded(t *testing.T) {
	d := &doorman{T: t, now: time.Unix(1e9, 0)}
	for i := range 3 * minOrigins {
		p, _, _ := d.admit(nth(i), usual, d.now)
		d.leave(p, i%2 == 0, usual, d.now)
	}
	if s, k := len(d.strangers.at), len(d.known.seen.at); s != minOrigins || k != minOrigins {
		t.Errorf("%d strangers and %d known origins are remembered, want %d", s, k, minOrigins)
	}
}

// After an outage, and at the very first start, all modems come at once from the one address of their operator.
func TestGateLetsAnOutageReturn(t *testing.T) {
	var g gate
	rules := gateRules{unregistered: 2000, subscribers: 1000}
	now := time.Now()
	var passes []*pass
	for i := range 1000 {
		p, _, refused := g.admit(ip("192.0.2.1"), rules, now)
		if refused != "" {
			t.Fatalf("modem %d: %s", i, refused)
		}
		passes = append(passes, p)
	}
	for _, p := range passes {
		g.leave(p, true, rules, now)
	}
	for r, c := range g.waiting {
		if c.total != 0 || len(c.of) != 0 || len(c.heavy) != 0 {
			t.Errorf("rank %d: %d still wait", r, c.total)
		}
	}
}

func TestLogLimiter(t *testing.T) {
	var th logLimiter
	now := time.Now()
	var said strings.Builder
	for range 40 {
		if n, say := th.pass("kind", 3, now); say {
			fmt.Fprint(&said, n, " ")
		}
	}
	if said.String() != "1 2 3 4 8 16 32 " {
		t.Errorf("said %s", &said)
	}
	if n, say := th.pass("kind", 1, now.Add(2*quietPeriod)); n != 1 || !say {
		t.Errorf("after a quiet time: %d, %v", n, say)
	}
}
