package simulated_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"time"

	"meterline/relay"
	"meterline/relay/profile"
	"meterline/relay/profile/side"
	"meterline/relay/relaytest"
	"meterline/relay/wire"
)

// heard is what an exchange's modem has told and reported.
type heard struct {
	mu     sync.Mutex
	facts  []wire.Fact
	events []wire.Event
}

func (h *heard) hear(facts []wire.Fact, events []wire.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.facts, h.events = append(h.facts, facts...), append(h.events, events...)
}

func (h *heard) all() ([]wire.Fact, []wire.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.facts, h.events
}

// exchangeFor runs an exchange of that profile with one modem, and answers its address and the sessions it comes to.
func exchangeFor(t *testing.T, profile profile.Profile, id string, h *heard) (address string, sessions <-chan *relay.Session) {
	t.Helper()
	came := make(chan *relay.Session, 1)
	e := &relay.Exchange{Name: "test", Listen: "127.0.0.1:0", Profile: profile}
	e.Subscribe(map[string]relay.Subscriber{id: {Observer: h.hear, Answer: func(s *relay.Session) error {
		s.SetObserver(h.hear)
		came <- s
		return nil
	}}})
	relaytest.Start(t, e.Run)
	for end := time.Now().Add(relaytest.Patience); e.Addr() == nil; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it does not listen")
		}
	}
	return e.Addr().String(), came
}

// lineNamed returns the modem of that name among profile.Simulated, on a new connection.
func lineNamed(t *testing.T, name, id string) *side.Line {
	t.Helper()
	fresh, _, err := profile.Simulate(name, side.Identity{ID: id})
	if err != nil {
		t.Fatal(err)
	}
	return fresh()
}

// errOver is the other end's hanging up.
var errOver = errors.New("it is over")

// lead is the modem's part on a connection: it sends what its side says in pieces, says hello once it is on line, and its
// meter is an echo.
func lead(conn net.Conn, modem *side.Line, hello string) error {
	for p := modem.Connect(time.Now()); len(p) > 0; {
		n := min(len(p), 7)
		if _, err := conn.Write(p[:n]); err != nil {
			return err
		}
		p = p[n:]
	}
	buf := make([]byte, 1024)
	for greeted := false; ; {
		if modem.Online() && !greeted {
			greeted = true
			if _, err := conn.Write(modem.Put([]byte(hello))); err != nil {
				return err
			}
		}
		n, err := conn.Read(buf)
		if err != nil {
			return fmt.Errorf("%w: %w", errOver, err)
		}
		data, reply, err := modem.Take(buf[:n], time.Now())
		if err != nil {
			return err
		}
		if _, err := conn.Write(append(reply, modem.Put(data)...)); err != nil {
			return err
		}
	}
}

// led leads a connection until the test's end.
func led(t *testing.T, conn net.Conn, modem *side.Line, hello string) {
	t.Helper()
	relaytest.Start(t, func(ctx context.Context) error {
		defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
		if err := lead(conn, modem, hello); !errors.Is(err, errOver) && ctx.Err() == nil {
			return err
		}
		return nil
	})
}

// echoes has a program say hello to a meter that echoes, and then more than a packet holds.
func echoes(t *testing.T, s *relay.Session, hello string) {
	t.Helper()
	yields := func(want []byte) {
		t.Helper()
		var got []byte
		if err := s.SetReadDeadline(time.Now().Add(relaytest.Patience)); err != nil {
			t.Fatal(err)
		}
		err := s.Receive(func(p []byte) bool { got = append(got, p...); return len(got) < len(want) })
		if err != nil || !bytes.Equal(got, want) {
			t.Fatalf("the session yields %d bytes, %v, want %d: % X…", len(got), err, len(want), got[:min(len(got), 32)])
		}
	}
	yields([]byte(hello))
	random := rand.NewChaCha8([32]byte{1})
	for _, n := range []int{1, 9, 256, 3000} {
		p := make([]byte, n)
		_, _ = random.Read(p)
		if _, err := s.Write(p); err != nil {
			t.Fatal(err)
		}
		yields(p)
	}
	if s.Misframed() > 0 {
		t.Errorf("%d bytes had no place", s.Misframed())
	}
}

func TestFamiliesThroughAnExchange(t *testing.T) {
	const phone, equipment, long = "13912345678", "EXXXX123456789012", "KA6P005039021110"
	ddpFacts := []wire.Fact{{Name: wire.FactAddress, Value: "10.0.0.17:5001"}}
	for name, c := range map[string]struct {
		kind  profile.Kind
		id    string
		name  string // among profile.Simulated
		facts []wire.Fact
		event string
	}{
		"DDP":                {profile.DDP, phone, "ddp", ddpFacts, ""},
		"DDP, apart":         {profile.DDP, phone, "ddp-apart", ddpFacts, ""},
		"DDP, behind":        {profile.DDP, phone, "ddp-behind", ddpFacts, ""},
		"Mercury 228":        {profile.Mercury228, "127.0.0.1", "mercury228", nil, ""},
		"DLMS push, DSMR 4":  {profile.DLMSPush, equipment, "dlms-push", nil, "alarm"},
		"DLMS push, wrapped": {profile.DLMSPush, long, "dlms-push", nil, "alarm"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			hello := "hello"
			if c.kind == profile.DLMSPush {
				hello = "" // a meter waits to be read; and bytes right behind a text push are ambiguous
			}
			var h heard
			address, sessions := exchangeFor(t, profile.Profile{Kind: c.kind}, c.id, &h)
			led(t, relaytest.Dial(t, address), lineNamed(t, c.name, c.id), hello)
			s := <-sessions
			defer s.End(nil)
			if hello == "" {
				if _, err := s.Write([]byte("?")); err != nil {
					t.Fatal(err)
				}
				hello = "?"
			}
			echoes(t, s, hello)
			facts, events := h.all()
			if len(facts) != len(c.facts) || len(facts) > 0 && facts[0] != c.facts[0] {
				t.Errorf("it told %v, want %v", facts, c.facts)
			}
			if (c.event == "") != (len(events) == 0) || len(events) > 0 && events[0].Kind != c.event {
				t.Errorf("it reported %v, want %q", events, c.event)
			}
		})
	}
}

// A gateway that is called works the same.
func TestMercury228IsCalled(t *testing.T) {
	l := relaytest.Listen(t)
	line := relay.Dial{Addresses: []string{l.Addr().String()}, Profile: profile.Profile{Kind: profile.Mercury228}}
	s, err := line.Call(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer s.End(nil)
	led(t, relaytest.Accept(t, l), lineNamed(t, "mercury228", ""), "hello")
	echoes(t, s, "hello")
}

// What comes later in the session beside data is answered, or kept, and does not reach the program.
func TestFamiliesBeatBetweenData(t *testing.T) {
	const phone, equipment = "13912345678", "EXXXX123456789012"
	for name, c := range map[string]struct {
		kind   profile.Kind
		id     string
		events int
	}{
		"DDP":       {profile.DDP, phone, 0},
		"DLMS push": {profile.DLMSPush, equipment, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var h heard
			address, sessions := exchangeFor(t, profile.Profile{Kind: c.kind}, c.id, &h)
			conn := relaytest.Dial(t, address)
			modem := lineNamed(t, string(c.kind), c.id)
			if _, err := conn.Write(modem.Connect(time.Now())); err != nil {
				t.Fatal(err)
			}
			s := <-sessions
			defer s.End(nil)
			if c.kind == profile.DDP {
				const accepted = "\x7b\x81\x00\x10" + phone + "\x7b"
				relaytest.Expect(t, conn, accepted)
				if _, _, err := modem.Take([]byte(accepted), time.Now()); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := conn.Write(append(modem.Beat(), modem.Put([]byte("data"))...)); err != nil {
				t.Fatal(err)
			}
			var got []byte
			err := s.Receive(func(p []byte) bool { got = append(got, p...); return len(got) < 4 })
			if err != nil || string(got) != "data" {
				t.Errorf("the session yields %q, %v", got, err)
			}
			if _, events := h.all(); len(events) != c.events {
				t.Errorf("it reported %v", events)
			}
			if c.kind == profile.DDP { // the beat's answer
				relaytest.Expect(t, conn, "\x7b\x81\x00\x10"+phone+"\x7b")
			}
		})
	}
}
