package simulated

import (
	"errors"
	"io"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"meterline/relay/relaytest"
	"meterline/relay/simulated/netem"
)

func TestModemLosesConnections(t *testing.T) {
	for name, fin := range map[string]bool{"FIN": true, "RST": false} {
		t.Run(name, func(t *testing.T) {
			l := relaytest.Listen(t)
			m := &Modem{Call: l.Addr().String(), Lose: time.Millisecond, FIN: fin, RetryMin: 1, RetryMax: 1}
			relaytest.Start(t, m.Run)
			for range 5 {
				_, err := relaytest.Accept(t, l).Read(make([]byte, 1))
				if want := map[bool]error{true: io.EOF, false: syscall.ECONNRESET}[fin]; runtime.GOOS == "linux" && !errors.Is(err, want) {
					t.Errorf("lost with %v, want %v", err, want)
				}
			}
			if s := m.Stats(); s.Lost < 4 {
				t.Errorf("stats %+v", s)
			}
		})
	}
}

// A peer that does not read brakes the modem, and does not keep it from its end.
func TestModemEndsWhileItsPeerDoesNotRead(t *testing.T) {
	for name, faults := range map[string]netem.Faults{"at once": {}, "held": {Delay: time.Hour}, "cut": {Fragment: 9, Gap: -1}} {
		t.Run(name, func(t *testing.T) {
			l := relaytest.Listen(t)
			m := &Modem{Call: l.Addr().String(), Faults: faults}
			stop := relaytest.Start(t, m.Run)
			conn := relaytest.Accept(t, l)
			if err := conn.SetWriteDeadline(time.Now().Add(200 * time.Millisecond)); err != nil {
				t.Fatal(err)
			}
			flood := make([]byte, 1<<20)
			for {
				if _, err := conn.Write(flood); err != nil {
					break
				}
			}
			stop()
			if s := m.Stats(); s.Received > s.Sent+64<<10+1024 {
				t.Errorf("more than the limit was held: %+v", s)
			}
		})
	}
}

func TestModemFaultsKeepBytesWholeAndInOrder(t *testing.T) {
	l := relaytest.Listen(t)
	relaytest.Start(t, (&Modem{Call: l.Addr().String(), Faults: netem.Faults{Delay: 1, DelayMax: 3e6, Fragment: 5, Gap: 1e5}, Seed: 7}).Run)
	conn := relaytest.Accept(t, l)
	text := strings.Repeat("0123456789abcdef", 100)
	if _, err := conn.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	relaytest.Expect(t, conn, text)
}

func TestManyModems(t *testing.T) {
	const many = 300
	before := runtime.NumGoroutine()
	l := relaytest.Listen(t)
	stops := make([]func(), many)
	for i := range stops {
		stops[i] = relaytest.Start(t, (&Modem{Call: l.Addr().String(), Register: []byte("x")}).Run)
	}
	for range many {
		relaytest.Expect(t, relaytest.Accept(t, l), "x")
	}
	if n := runtime.NumGoroutine() - before; n > many+10 {
		t.Errorf("%d goroutines for %d modems", n, many)
	}
	for _, stop := range stops {
		stop()
	}
}
