package relay

import (
	"bufio"
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"meterline/relay/relaytest"
)

// native are families whose modem relaytest simulates from the published descriptions, without a look at this package.
var native = []struct {
	kind Kind
	side string
	id   string
	beat time.Duration // 0: among data it would not be known for a heartbeat
	told []string      // at registration
}{
	{IRZ, "irz", "861234567890123", time.Millisecond, []string{FactModel, FactSignal}},
	{IRZ, "irz-plain", "8612345678901234", 0, []string{FactModel, FactSignal}},
	{Teleofis, "teleofis", "861234567890123", 0, []string{FactFirmware, factChannel}},
	{FourFaith, "four-faith", "13066668888", time.Millisecond, []string{FactPhone, FactAddress}},
	{FourFaith, "four-faith", "abfdfe01", time.Millisecond, []string{FactPhone, FactAddress}},
}

// ear remembers what modems tell.
type ear struct {
	mu    sync.Mutex
	facts map[string]string
}

func (l *ear) hear(facts []Fact, _ []Event) {
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

// runModem runs a simulated modem until the test ends.
func runModem(t *testing.T, m *relaytest.Modem) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := m.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() { cancel(); wg.Wait() })
}

func sideFor(t *testing.T, name, id string) func() relaytest.Side {
	t.Helper()
	side, err := relaytest.NewSide(name, id)
	if err != nil {
		t.Fatal(err)
	}
	return side
}

// A family's modem registers at an exchange, and whatever bytes a program and a meter say to each other arrive, cut and merged
// as TCP may do it.
func TestFamiliesOverLoopback(t *testing.T) {
	for _, c := range native {
		for seed := range uint64(4) {
			t.Run(c.side+" "+c.id, func(t *testing.T) {
				t.Parallel()
				o := open(t, &Exchange{Profile: Profile{Kind: c.kind}})
				var heard ear
				sessions := make(chan *Session, 1)
				o.Subscribe(map[string]Subscriber{c.id: {Hear: heard.hear, Answer: func(s *Session) error { sessions <- s; return nil }}})
				m := &relaytest.Modem{
					Name: c.side, Call: o.Addr().String(), Side: sideFor(t, c.side, c.id),
					HeartbeatEvery: c.beat, Shuffle: true, Seed: seed + 1,
				}
				runModem(t, m)
				s := <-sessions
				defer s.End(nil)
				for _, name := range c.told {
					if heard.told(name) == "" {
						t.Errorf("%s is not told", name)
					}
				}
				for _, size := range []int{1, 8, 255, 256, 3000} { // the meter is an echo
					want := noise(size)
					if _, err := s.Write(want); err != nil {
						t.Fatal(err)
					}
					if got := collect(t, s, size); string(got) != string(want) {
						t.Fatalf("%d bytes came back otherwise", size)
					}
				}
				if s.Misframed() != 0 || !m.Stats().Up || m.Stats().Sessions != 1 {
					t.Errorf("%d bytes dropped, %+v", s.Misframed(), m.Stats())
				}
			})
		}
	}
}

// What stands in the same segment as a registration is data, or a heartbeat.
func TestDataBehindARegistration(t *testing.T) {
	for name, c := range map[string]struct {
		kind     Kind
		id, says string
	}{
		"irz":        {IRZ, "861234567890123", irzLine + irzOf(2, irzKeepalive) + irzOf(1, "data")},
		"irz plain":  {IRZ, "861234567890123", strings.Replace(irzLine, "COLPROT=1.3,", "", 1) + "data"},
		"teleofis":   {Teleofis, "861234567890123", teleofisOf(1, nil) + "data"},
		"four-faith": {FourFaith, "78563412", fourFaithHello + "\xFEdata"},
	} {
		t.Run(name, func(t *testing.T) {
			o := open(t, &Exchange{Profile: Profile{Kind: c.kind}}, c.id)
			o.call(t, c.says)
			s := <-o.sessions
			defer s.End(nil)
			if got := collect(t, s, 4); string(got) != "data" {
				t.Errorf("the session yields %q", got)
			}
		})
	}
}

// A scanner is no modem of any family, and is called by its name.
func TestFamiliesKnowScanners(t *testing.T) {
	for _, kind := range []Kind{IRZ, Teleofis, FourFaith} {
		o := open(t, &Exchange{Profile: Profile{Kind: kind}}, "861234567890123")
		o.call(t, "GET / HTTP/1.1\r\n\r\n")
		eventually(t, "the scanner is refused", func() bool { return o.Counts()[refusedScanner+"HTTP"] == 1 })
		o.stop()
	}
}

// onePipe is a line in memory between a simulated iRZ modem and a session with it.
func onePipe(t *testing.T, side string, heard *ear) *Session {
	t.Helper()
	near, far := net.Pipe()
	left := []net.Conn{far}
	runModem(t, &relaytest.Modem{
		Call: "127.0.0.1:1", Side: sideFor(t, side, "861234567890123"), HeartbeatEvery: 50 * time.Second, Shuffle: true, Seed: 1,
		Dial: func(context.Context, string, string) (net.Conn, error) {
			if len(left) == 0 {
				return nil, errors.New("the line was lost")
			}
			conn := left[0]
			left = nil
			return conn, nil
		},
	})
	line, err := bufio.NewReader(near).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	p := &Profile{Kind: IRZ}
	v := (&irz{}).feed([]byte(line))
	if _, err := near.Write(p.answer(&v, time.Now())); err != nil {
		t.Fatal(err)
	}
	s := NewSession(near, Link{}, nil, p.codec(&v, nil))
	s.hear = heard.hear
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
			FactSignal: "17 of 31, −79 dBm", FactInputs: "00 01 00 02", FactCell: "250,01,SIMULATED,1A2B",
			FactTemperature: "23 °C", FactICCID: "8970100000000000001",
		} {
			if got := heard.told(name); got != want {
				t.Errorf("%s is %q, want %q", name, got, want)
			}
		}
		heard.mu.Lock()
		heard.facts = nil
		heard.mu.Unlock()
		time.Sleep(irzAskEvery)
		if heard.told(FactICCID) == "" || s.Misframed() != 0 {
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
