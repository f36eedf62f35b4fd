package relay

import (
	"bufio"
	"context"
	"errors"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"meterline/relay/profile"
	"meterline/relay/profile/side"
	"meterline/relay/simulated"
	"meterline/relay/wire"
)

// ear remembers what modems tell.
type ear struct {
	mu    sync.Mutex
	facts map[string]string
}

func (l *ear) hear(facts []wire.Fact, _ []wire.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.facts == nil {
		l.facts = map[string]string{}
	}
	for _, f := range facts {
		l.facts[f.Name] = f.Value
	}
}

func (l *ear) told(name string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.facts[name]
}

// onePipe is a line in memory between a simulated iRZ modem and a session with it.
func onePipe(t *testing.T, name string, heard *ear) *Session {
	t.Helper()
	fresh, _, err := profile.Simulate(name, side.Identity{ID: "861234567890123"})
	if err != nil {
		t.Fatal(err)
	}
	near, far := net.Pipe()
	left := []net.Conn{far}
	modem := &simulated.Modem{
		Call: "127.0.0.1:1", Side: fresh, HeartbeatEvery: 50 * time.Second, Shuffle: true, Seed: 1,
		Dial: func(context.Context, string, string) (net.Conn, error) {
			if len(left) == 0 {
				return nil, errors.New("the line was lost")
			}
			conn := left[0]
			left = nil
			return conn, nil
		},
	}
	var wg sync.WaitGroup
	ctx, cancel := context.WithCancel(t.Context())
	wg.Go(func() {
		if err := modem.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() { cancel(); wg.Wait() })
	line, err := bufio.NewReader(near).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	p := &profile.Profile{Kind: profile.IRZ}
	reg, err := p.NewRegistration(nil)
	if err != nil {
		t.Fatal(err)
	}
	v := reg.Feed([]byte(line))
	if _, err := near.Write(p.Welcome(&v, time.Now())); err != nil {
		t.Fatal(err)
	}
	s := NewSession(near, Link{}, nil, p.NewCodec(&v, nil))
	s.SetObserver(heard.hear)
	s.heard.Store(s.now())
	return s
}

// While a session lives, an encapsulated modem is asked about itself, and its keepalives are nobody's data.
func TestIRZIsAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var heard ear
		s := onePipe(t, "irz", &heard)
		var wg sync.WaitGroup
		wg.Go(func() {
			_ = s.Receive(func(p []byte) bool { t.Errorf("%x from nowhere", p); return true })
		})
		time.Sleep(10 * time.Minute)
		for name, want := range map[string]string{
			wire.FactSignal: "17 of 31, −79 dBm", wire.FactInputs: "00 01 00 02", wire.FactCell: "250,01,SIMULATED,1A2B",
			wire.FactTemperature: "23 °C", wire.FactICCID: "8970100000000000001",
		} {
			if got := heard.told(name); got != want {
				t.Errorf("%s is %q, want %q", name, got, want)
			}
		}
		heard.mu.Lock()
		heard.facts = nil
		heard.mu.Unlock()
		time.Sleep(6 * time.Hour) // what lies between two rounds of questions
		if heard.told(wire.FactICCID) == "" || s.Misframed() != 0 {
			t.Errorf("not asked again, or %d bytes dropped", s.Misframed())
		}
		s.End(nil)
		wg.Wait()
	})
}

// Without encapsulation keepalives in one write or two are taken out of a silent session.
func TestIRZPlainKeepalives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var heard ear
		s := onePipe(t, "irz-plain", &heard)
		var got []byte
		var wg sync.WaitGroup
		wg.Go(func() {
			_ = s.Receive(func(p []byte) bool { got = append(got, p...); return true })
		})
		time.Sleep(10 * time.Minute)
		if _, err := s.Write([]byte("ping")); err != nil {
			t.Error(err)
		}
		time.Sleep(10 * time.Minute)
		if time.Since(s.Heard()) > time.Minute {
			t.Error("no keepalives came")
		}
		s.End(nil)
		wg.Wait()
		if string(got) != "ping" {
			t.Errorf("the session yields %q", got)
		}
	})
}
