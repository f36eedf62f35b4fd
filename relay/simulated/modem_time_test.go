package simulated

import (
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"meterline/relay/profile"
	"meterline/relay/profile/side"
	"meterline/relay/relaytest"
	"meterline/relay/simulated/meters"
	"meterline/relay/simulated/netem"
	"meterline/relay/wire"
)

// pipes are connections in memory, on the clock of a synctest bubble.
type pipes chan net.Conn

func (p pipes) dial(context.Context, string, string) (net.Conn, error) {
	near, far := net.Pipe()
	p <- far
	return near, nil
}

func TestModemDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lines := make(pipes, 1)
		stop := relaytest.Start(t, (&Modem{Call: "127.0.0.1:1", Dial: lines.dial, Faults: netem.Faults{Delay: 300 * time.Millisecond}}).Run)
		conn := <-lines
		began := time.Now()
		for i := range 3 {
			if _, err := conn.Write([]byte{byte('a' + i)}); err != nil {
				t.Fatal(err)
			}
			time.Sleep(100 * time.Millisecond)
		}
		relaytest.Expect(t, conn, "a")
		if d := time.Since(began); d != 300*time.Millisecond {
			t.Errorf("the first byte took %v", d)
		}
		relaytest.Expect(t, conn, "bc")
		if d := time.Since(began); d != 500*time.Millisecond {
			t.Errorf("the last byte came %v behind the first", d)
		}
		stop()
		_ = conn.Close()
	})
}

func TestModemRandomDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lines := make(pipes, 1)
		faults := netem.Faults{Delay: time.Second, DelayMax: 3 * time.Second}
		stop := relaytest.Start(t, (&Modem{Call: "127.0.0.1:1", Dial: lines.dial, Faults: faults}).Run)
		conn := <-lines
		seen := make(map[time.Duration]bool)
		for range 20 {
			began := time.Now()
			if _, err := conn.Write([]byte("x")); err != nil {
				t.Fatal(err)
			}
			relaytest.Expect(t, conn, "x")
			d := time.Since(began)
			if seen[d] = true; d < faults.Delay || d > faults.DelayMax {
				t.Errorf("took %v", d)
			}
		}
		if len(seen) < 10 {
			t.Errorf("hardly random: %v", seen)
		}
		stop()
		_ = conn.Close()
	})
}

func TestModemHeartbeats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lines := make(pipes, 1)
		stop := relaytest.Start(t, (&Modem{Call: "127.0.0.1:1", Dial: lines.dial, Heartbeat: []byte("\xFE"), HeartbeatEvery: time.Minute}).Run)
		conn := <-lines
		began := time.Now()
		relaytest.Expect(t, conn, "\xFE\xFE")
		if d := time.Since(began); d != 2*time.Minute {
			t.Errorf("two heartbeats took %v", d)
		}
		time.Sleep(30 * time.Second)
		if _, err := conn.Write([]byte("x")); err != nil {
			t.Fatal(err)
		}
		relaytest.Expect(t, conn, "x\xFE")
		if d := time.Since(began); d != 3*time.Minute+30*time.Second {
			t.Errorf("a heartbeat came %v after the beginning, not a minute behind the last byte", d)
		}
		stop()
		_ = conn.Close()
	})
}

func TestModemBacksOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var at []time.Time
		refuse := func(context.Context, string, string) (net.Conn, error) {
			at = append(at, time.Now())
			return nil, errors.New("refused")
		}
		m := &Modem{Call: "127.0.0.1:1", Dial: refuse, RetryMin: time.Second, RetryMax: 8 * time.Second}
		stop := relaytest.Start(t, m.Run)
		time.Sleep(10 * time.Minute)
		stop()
		pause := time.Second
		for i := range len(at) - 1 {
			if d := at[i+1].Sub(at[i]); d < pause/2 || d > pause*3/2 {
				t.Errorf("pause %d is %v, want about %v", i, d, pause)
			}
			pause = min(2*pause, 8*time.Second)
		}
		if len(at) < 50 || m.Stats().Dials != int64(len(at)) {
			t.Errorf("%d attempts, stats %+v", len(at), m.Stats())
		}
	})
}

func TestModemBackOffBeginsAnewBehindALongSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lines := make(pipes)
		stop := relaytest.Start(t, (&Modem{Call: "127.0.0.1:1", Dial: lines.dial, RetryMin: time.Second}).Run)
		for range 6 {
			_ = (<-lines).Close() // at once: the pause grows
		}
		conn := <-lines
		time.Sleep(time.Hour)
		_ = conn.Close()
		ended := time.Now()
		conn = <-lines
		if d := time.Since(ended); d > 1500*time.Millisecond {
			t.Errorf("called again after %v", d)
		}
		stop()
		_ = conn.Close()
	})
}

func TestModemWaitsForItsAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lines := make(pipes, 1)
		stop := relaytest.Start(t, (&Modem{Call: "127.0.0.1:1", Dial: lines.dial, ExpectAnswer: []byte("OK")}).Run)
		conn := <-lines
		began := time.Now()
		if _, err := conn.Write([]byte("O")); err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, io.EOF) || time.Since(began) != answerWait {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		stop()
	})
}

func TestModemLetsTheMeterSpeakByItself(t *testing.T) {
	const reaction = 1500 * time.Millisecond // the longest pause between a message and its answer (IEC 62056-21, 6.2)
	synctest.Test(t, func(t *testing.T) {
		lines := make(pipes) // it calls when we take the call
		stop := relaytest.Start(t, (&Modem{Call: "127.0.0.1:1", Dial: lines.dial, Meter: meters.NewIEC("")}).Run)
		conn := <-lines
		if _, err := conn.Write([]byte("/?!\r\n")); err != nil {
			t.Fatal(err)
		}
		relaytest.Expect(t, conn, meters.IECIdentification)
		began := time.Now()
		relaytest.Expect(t, conn, "\x02C.1.0(METERLINE-SIM)")
		if d := time.Since(began); d != reaction {
			t.Errorf("readout without acknowledgement after %v", d)
		}
		_ = conn.Close() // the rest of the readout is lost

		conn = <-lines
		if _, err := conn.Write([]byte("/?!\r\n")); err != nil {
			t.Fatal(err)
		}
		relaytest.Expect(t, conn, meters.IECIdentification)
		_ = conn.Close()
		time.Sleep(2 * reaction) // it speaks while there is no connection

		conn = <-lines
		if err := conn.SetReadDeadline(time.Now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		if n, err := conn.Read(make([]byte, 1)); n != 0 {
			t.Errorf("a new session began with what the meter said before: %v", err)
		}
		stop()
		_ = conn.Close()
	})
}

func TestModemLosesAtTheMeanTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lines := make(pipes)
		m := &Modem{Call: "127.0.0.1:1", Dial: lines.dial, Lose: time.Hour, Seed: 3, RetryMin: 1, RetryMax: 1}
		stop := relaytest.Start(t, m.Run)
		began := time.Now()
		const many = 400
		for range many {
			if _, err := (<-lines).Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
				t.Fatal(err)
			}
		}
		if mean := time.Since(began) / many; mean < 50*time.Minute || mean > 70*time.Minute {
			t.Errorf("mean life %v", mean)
		}
		conn := <-lines
		stop()
		_ = conn.Close()
	})
}

// A modem that nobody asks anything stays on line: only a family that waits for an answer to its registration may give up.
func TestModemThatNobodyAsksStays(t *testing.T) {
	for _, p := range []profile.Profile{
		{Name: "imei", Kind: profile.IMEI},
		{Name: "direct", Kind: profile.Direct},
		{Name: "declared", Kind: profile.Declared, Registration: wire.Template{{Literal: []byte("ID")}, {Name: "id"}, {Literal: []byte("\r")}}},
	} {
		t.Run(p.Name, func(t *testing.T) {
			line, err := p.Simulate(side.Identity{ID: "356938035643809"})
			if err != nil {
				t.Fatal(err)
			}
			synctest.Test(t, func(t *testing.T) {
				lines := make(pipes, 1)
				m := &Modem{Call: "127.0.0.1:1", Dial: lines.dial, Side: line}
				stop := relaytest.Start(t, m.Run)
				conn := <-lines
				go io.Copy(io.Discard, conn)
				time.Sleep(time.Hour)
				if s := m.Stats(); s.Sessions != 1 || !s.Up {
					t.Errorf("after an hour: %+v", s)
				}
				stop()
				_ = conn.Close()
			})
		})
	}
}

// early is a side that has registered by its first bytes, and could beat at once.
type early struct{}

func (early) Connect(time.Time) []byte { return []byte("hello") }
func (early) Put(p []byte) []byte      { return p }
func (early) Online() bool             { return true }
func (early) Beat() []byte             { return []byte("beat") }
func (early) Take(p []byte, _ time.Time) (data, reply []byte, err error) {
	return p, nil, nil
}

// However a modem cuts and merges what it sends, no heartbeat comes before its registration has gone out, or with it.
func TestModemRegistersBeforeItBeats(t *testing.T) {
	for seed := range uint64(40) {
		synctest.Test(t, func(t *testing.T) {
			lines := make(pipes, 1)
			m := &Modem{
				Call: "127.0.0.1:1", Dial: lines.dial, HeartbeatEvery: time.Millisecond, Shuffle: true, Seed: seed + 1,
				Side: func() *side.Line { return side.NewLine(early{}, true) },
			}
			stop := relaytest.Start(t, m.Run)
			conn := <-lines
			buf := make([]byte, 64)
			var got string
			for len(got) < len("hello") {
				n, err := conn.Read(buf)
				if err != nil {
					t.Fatal(err)
				}
				got += string(buf[:n])
			}
			if got != "hello" {
				t.Errorf("seed %d: it registers with %q", seed, got)
			}
			relaytest.Expect(t, conn, "beat")
			stop()
			_ = conn.Close()
		})
	}
}
