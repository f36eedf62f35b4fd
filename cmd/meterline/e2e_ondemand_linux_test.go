package main

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// switchboard is where modems are called.
type switchboard struct {
	*site
	ln    *net.TCPListener
	calls atomic.Int32
}

// answer listens at the site's address for the calls of a daemon.
func (s *site) answer(port int) *switchboard {
	s.Helper()
	ln, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.ParseIP(s.host), Port: port})
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { _ = ln.Close() })
	return &switchboard{site: s, ln: ln}
}

// next takes the next call.
func (c *switchboard) next() *party {
	c.Helper()
	if err := c.ln.SetDeadline(time.Now().Add(longest)); err != nil {
		c.Fatal(err)
	}
	conn, err := c.ln.Accept()
	if err != nil {
		c.Fatalf("nobody calls: %v", err)
	}
	c.calls.Add(1)
	return newParty(c.site, "modem called at "+c.ln.Addr().String(), conn)
}

// rings reports whether a call is waiting, and ends it.
func (c *switchboard) rings() bool {
	c.Helper()
	if err := c.ln.SetDeadline(time.Now().Add(time.Millisecond)); err != nil {
		c.Fatal(err)
	}
	conn, err := c.ln.Accept()
	if ne, ok := errors.AsType[net.Error](err); ok && ne.Timeout() {
		return false
	}
	if err != nil {
		c.Fatal(err)
	}
	_ = conn.Close()
	return true
}

const onDemand = `
[modem.pump]
dial = "HOST:4001"
connect = "on-open"
linger = "3s"
retry_min = "100ms"
retry_max = "1s"
port = "ports/pump"
`

// A modem on demand is called for a program, with what that has written already, and let go when nobody needs it any more.
func TestOnOpen(t *testing.T) {
	t.Parallel()
	s := newSite(t, onDemand)
	line := s.answer(4001)
	s.run()
	program := s.open("ports/pump")
	program.say("the first request") // long before the session is there
	modem := line.next()
	modem.hear("the first request")
	talk(program, modem)

	program.close()
	s.eventually("the program's leaving is noticed", func() bool { return !s.port("ports/pump").Open })
	left := time.Now()
	program = s.open("ports/pump")
	talk(program, modem) // it lingers
	program.close()
	s.eventually("the program's leaving is noticed", func() bool { return !s.port("ports/pump").Open })
	modem.end()
	if d := time.Since(left); d < 2900*time.Millisecond {
		t.Errorf("the session was let go %v after the program had left", d)
	}
	s.away("pump")

	program = s.open("ports/pump") // it does not write: having the port open is enough
	modem = line.next()
	modem.say("hello")
	program.hear("hello")
	modem.reset() // while the program is there the modem is called again
	next := line.next()
	s.has("pump", next)
	talk(program, next)
}

// What is written while a session is being called for is kept, only the last burst of it, and only for a while.
func TestOnOpenKeepsTheLastBurst(t *testing.T) {
	t.Parallel()
	s := newSite(t, onDemand)
	s.run()
	program := s.open("ports/pump")
	program.say("nobody answers yet")
	s.eventually("the calls fail", func() bool { return s.modem("pump").LastError != "" })
	time.Sleep(350 * time.Millisecond) // a pause of the program, which makes what follows a new burst
	program.say("the burst that counts")
	s.eventually("the older burst is dropped", func() bool {
		return s.port("ports/pump").Dropped["a newer request took its place"] == int64(len("nobody answers yet"))
	})
	modem := s.answer(4001).next()
	modem.hear("the burst that counts")
	talk(program, modem)
}

// A scan of all ports, as terminal programs make it, calls no modem. On a busy machine a program of the scan may have its port open for
// so long that the modem is called rightly; but not every time.
func TestScanCallsNobody(t *testing.T) {
	t.Parallel()
	for range 4 {
		called := scan(t)
		if len(called) == 0 {
			return
		}
		t.Logf("called: %q", called)
	}
	t.Error("each scan has had modems called")
}

// scan is a scan of the ports of a new site. It returns what shows that modems were called.
func scan(t *testing.T) (called []string) {
	t.Helper()
	const ports = 20
	var config strings.Builder
	for i := range ports {
		fmt.Fprintf(&config, "[modem.m%d]\ndial = \"HOST:%d\"\nconnect = \"on-open\"\nport = \"ports/m%d\"\n", i, 5000+i, i)
	}
	s := newSite(t, config.String())
	var lines [ports]*switchboard
	for i := range lines {
		lines[i] = s.answer(5000 + i)
	}
	s.run()
	for range 3 {
		for i := range ports {
			s.open(fmt.Sprintf("ports/m%d", i)).close()
		}
	}
	// A program that stays has its modem called after the time that a scan is given, which the scan has had by then, too.
	program := s.open("ports/m0")
	modem := lines[0].next()
	s.eventually("all programs but one have left", func() bool {
		open := 0
		for _, p := range s.status().Ports {
			if p.Open {
				open++
			}
		}
		return open == 1
	})
	for i := range lines {
		if lines[i].rings() {
			called = append(called, lines[i].ln.Addr().String())
		}
	}
	for _, m := range s.status().Modems[1:] {
		if m.State != "away" || m.LastError != "" {
			called = append(called, m.Name+" is "+m.State+" "+m.LastError)
		}
	}
	talk(program, modem)
	return called
}

// A modem whose line is to be kept is called again, however it is lost.
func TestAlwaysCallsAgain(t *testing.T) {
	t.Parallel()
	s := newSite(t, `
[modem.pump]
dial = ["HOST:4009", "HOST:4001"]
retry_min = "100ms"
retry_max = "1s"
port = "ports/pump"
`)
	line := s.answer(4001) // nobody answers at the first address
	s.run()
	program := s.openSeen("ports/pump")
	for _, unplug := range []func(*party){(*party).close, (*party).reset, func(*party) { s.must("kick", "pump") }} {
		modem := line.next()
		s.has("pump", modem)
		talk(program, modem)
		unplug(modem)
	}
	modem := line.next()
	s.has("pump", modem)
	talk(program, modem)
}
