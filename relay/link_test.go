package relay

import (
	"bytes"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"meterline/relay/codec"
)

// talk runs a session over a pipe inside a bubble of fake time: says is what the modem does, and got what Receive yields.
func talk(t *testing.T, link Link, codec codec.Codec, says func(modem net.Conn, s *Session)) (got []byte, end error) {
	t.Helper()
	conn, modem := net.Pipe()
	s := NewSession(conn, link, nil, codec)
	var wg sync.WaitGroup
	wg.Go(func() {
		says(modem, s)
		_ = modem.Close()
	})
	end = s.Receive(func(p []byte) bool { got = append(got, p...); return true })
	s.End(nil)
	wg.Wait()
	return got, end
}

func TestSessionHeartbeats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		strip := stripping(codec.Heartbeat{Bytes: tmpl("LOG"), Answer: tmpl("ok")})
		got, end := talk(t, Link{}, strip, func(modem net.Conn, _ *Session) {
			say := func(pause time.Duration, text string) {
				time.Sleep(pause)
				_, _ = io.WriteString(modem, text)
			}
			say(0, "data")
			say(time.Second, "LOG")
			answer := make([]byte, 2)
			if _, err := io.ReadFull(modem, answer); err != nil || string(answer) != "ok" {
				t.Errorf("the modem was answered %q, %v", answer, err)
			}
			say(time.Second, "LO") // held, let go
			say(time.Second, "L")
			say(holdBeat/2, "O")
			say(holdBeat/2+time.Millisecond, "G") // too late
		})
		if string(got) != "dataLOLOG" || !errors.Is(end, io.EOF) {
			t.Errorf("got %q, %v", got, end)
		}
	})
}

func TestHeldBytesYieldToADeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn, modem := net.Pipe()
		defer modem.Close()
		s := NewSession(conn, Link{}, nil, stripping(codec.Heartbeat{Bytes: tmpl("LOG")}))
		defer s.End(nil)
		var wg sync.WaitGroup
		defer wg.Wait()
		wg.Go(func() {
			_, _ = io.WriteString(modem, "LO")
			time.Sleep(holdBeat / 2)
			_ = s.SetReadDeadline(past)
		})
		start := time.Now()
		if err := s.Receive(func(p []byte) bool { t.Errorf("got %q", p); return true }); err == nil || time.Since(start) != holdBeat/2 {
			t.Errorf("ended after %v: %v", time.Since(start), err)
		}
		_ = s.SetReadDeadline(time.Time{})
		if got := collect(t, s, 2); string(got) != "LO" || time.Since(start) != holdBeat {
			t.Errorf("got %q after %v", got, time.Since(start))
		}
	})
}

func TestSilenceLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		got, end := talk(t, Link{Silence: time.Minute}, nil, func(modem net.Conn, s *Session) {
			for range 3 {
				time.Sleep(40 * time.Second)
				_, _ = modem.Write([]byte("x"))
			}
			if _, err := modem.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
				t.Errorf("the modem saw %v", err)
			}
			if took := time.Since(start); took != 3*time.Minute || !errors.Is(s.Cause(), ErrSilence) {
				t.Errorf("ended after %v for %v, want 3m0s", took, s.Cause())
			}
		})
		if string(got) != "xxx" || end == nil || end.Error() != ErrSilence.Error()+" ("+net.ErrClosed.Error()+")" {
			t.Errorf("got %q, %v", got, end)
		}
	})
}

func TestSendHeartbeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		_, _ = talk(t, Link{HeartbeatEvery: time.Minute, Heartbeat: "beat"}, nil, func(modem net.Conn, s *Session) {
			expect := func(text string, at time.Duration) {
				t.Helper()
				p := make([]byte, len(text))
				_, err := io.ReadFull(modem, p)
				if took := time.Since(start); err != nil || string(p) != text || took != at {
					t.Errorf("got %q at %v, %v; want %q at %v", p, took, err, text, at)
				}
			}
			expect("beat", time.Minute)
			expect("beat", 2*time.Minute)
			time.Sleep(30 * time.Second)
			var wg sync.WaitGroup
			wg.Go(func() { _, _ = s.Write([]byte("request")) })
			expect("request", 150*time.Second)
			wg.Wait()
			expect("beat", 210*time.Second) // a minute after the request
		})
	})
}

// A heartbeat that is due while a message is being sent comes behind it.
func TestHeartbeatStaysOutOfMessages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, _ = talk(t, Link{HeartbeatEvery: time.Second, Heartbeat: "beat"}, nil, func(modem net.Conn, s *Session) {
			message := bytes.Repeat([]byte("m"), 1000)
			var wg sync.WaitGroup
			wg.Go(func() { _, _ = s.Write(message) })
			synctest.Wait()
			time.Sleep(10 * time.Second)
			got := make([]byte, len(message)+4)
			if _, err := io.ReadFull(modem, got); err != nil || !bytes.Equal(got, append(message, "beat"...)) {
				t.Errorf("got %q, %v", got, err)
			}
			wg.Wait()
		})
	})
}
