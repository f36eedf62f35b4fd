package relay

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"meterline/vport/rfc2217"
)

// terminal is a terminal server with one serial port, for one caller.
type terminal struct {
	*testing.T
	at     string
	conn   net.Conn
	ready  chan struct{} // conn is there
	heard  chan string   // data and events, in order
	mu     sync.Mutex
	server *rfc2217.Server
}

// newTerminal answers by Telnet. edit may change what it sends; nil: nothing is changed.
func newTerminal(t *testing.T, edit func([]byte) []byte) *terminal {
	t.Helper()
	ln := listener(t, "127.0.0.1:0")
	s := &terminal{T: t, at: ln.Addr().String(), ready: make(chan struct{}), heard: make(chan string, 1000), server: rfc2217.NewServer("box 1.0", rfc2217.CTS)}
	if edit == nil {
		edit = func(p []byte) []byte { return p }
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		conn, err := ln.Accept()
		if err != nil {
			close(s.ready)
			return
		}
		s.conn = conn
		close(s.ready)
		s.serve(edit)
	})
	t.Cleanup(func() {
		_ = ln.Close()
		<-s.ready
		if s.conn != nil {
			_ = s.conn.Close()
		}
		serving.Wait()
	})
	return s
}

func (s *terminal) serve(edit func([]byte) []byte) {
	buf := make([]byte, 4096)
	_, _ = s.conn.Write(edit(s.server.Start(nil)))
	for {
		n, err := s.conn.Read(buf)
		if err != nil {
			return
		}
		s.mu.Lock()
		out := s.server.Decode(buf[:n])
		for _, p := range out.Pieces {
			if p.Data != nil {
				s.heard <- string(p.Data)
			} else {
				s.heard <- eventText(p.Event)
			}
		}
		_, _ = s.conn.Write(edit(append([]byte(nil), out.Reply...)))
		s.mu.Unlock()
	}
}

func eventText(e rfc2217.Event) string {
	switch e.Kind {
	case rfc2217.Changed:
		return e.Settings.String()
	case rfc2217.Purge:
		return fmt.Sprint("purge ", e.Value)
	case rfc2217.Break:
		return fmt.Sprint("break ", e.Value)
	case rfc2217.DTR:
		return fmt.Sprint("DTR ", e.Value)
	case rfc2217.RTS:
		return fmt.Sprint("RTS ", e.Value)
	}
	return fmt.Sprint("event ", e.Kind)
}

// hears waits for data, however cut, and events.
func (s *terminal) hears(want ...string) {
	s.Helper()
	for _, w := range want {
		for got := ""; got != w; {
			select {
			case h := <-s.heard:
				if got += h; !strings.HasPrefix(w, got) {
					s.Fatalf("the terminal server hears %q, want %q", got, w)
				}
			case <-time.After(20 * time.Second):
				s.Fatalf("the terminal server hears %q, want %q", got, w)
			}
		}
	}
}

// say sends data.
func (s *terminal) say(text string) {
	s.Helper()
	<-s.ready
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.conn.Write(s.server.AppendData(nil, []byte(text))); err != nil {
		s.Fatal(err)
	}
}

// caller is a session that reads.
type caller struct {
	*Session
	mu    sync.Mutex
	data  string
	facts map[string]string
	told  []string
}

func callTerminal(t *testing.T, d *Dial) *caller {
	t.Helper()
	s, err := d.Call(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c := &caller{Session: s, facts: map[string]string{}}
	s.SetHear(func(facts []Fact, events []Event) {
		c.mu.Lock()
		defer c.mu.Unlock()
		for _, f := range facts {
			c.facts[f.Name] = f.Value
		}
		for _, e := range events {
			c.told = append(c.told, e.Kind+": "+e.Text)
		}
	})
	var reading sync.WaitGroup
	reading.Go(func() {
		_ = s.Receive(func(p []byte) bool { // ends with the session
			c.mu.Lock()
			defer c.mu.Unlock()
			c.data += string(p)
			return true
		})
	})
	t.Cleanup(func() {
		s.End(nil)
		reading.Wait()
	})
	return c
}

// until waits until done, which looks at the caller.
func (c *caller) until(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) {
		c.mu.Lock()
		ok := done()
		c.mu.Unlock()
		if ok {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("not within 20 s: %s; data %q, facts %v, told %q", what, c.data, c.facts, c.told)
		}
	}
}

var mode7E1 = rfc2217.Settings{Speed: 300, DataBits: 7, Parity: rfc2217.ParityEven, StopBits: rfc2217.StopOne}

func TestTelnetLine(t *testing.T) {
	s := newTerminal(t, nil)
	c := callTerminal(t, &Dial{Addresses: []string{"rfc2217://" + s.at}, Serial: mode7E1, Profile: Profile{Heartbeats: []Heartbeat{{Bytes: tmpl("hex:FF 00 FF")}}}})
	s.hears("event 1", "300 ???", "300 7??", "300 7E?", "300 7E1")
	c.until(t, "facts", func() bool {
		return c.facts[FactSettings] == "300 7E1" && c.facts[FactModel] == "box 1.0" && c.facts[FactLines] == "CTS on, DSR off, DCD off, RI off"
	})
	every := make([]byte, 256)
	for i := range every {
		every[i] = byte(i)
	}
	if n, err := c.Write(every); n != len(every) || err != nil {
		t.Fatal(n, err)
	}
	s.hears(string(every))
	s.say(string(every))
	c.until(t, "all bytes", func() bool { return c.data == string(every) })
	time.Sleep(2 * standsAlone) // a heartbeat stands behind a pause
	s.say("\xFF\x00\xFF")
	s.mu.Lock()
	_, _ = s.conn.Write(s.server.AppendLines(nil, rfc2217.CTS|rfc2217.CD))
	s.mu.Unlock()
	c.until(t, "carrier", func() bool { return c.facts[FactLines] == "CTS on, DSR off, DCD on, RI off" })
	if c.mu.Lock(); c.data != string(every) {
		t.Errorf("a heartbeat has come through: %q", c.data[len(every):])
	}
	c.mu.Unlock()
}

func TestTelnetInOrder(t *testing.T) {
	s := newTerminal(t, nil)
	c := callTerminal(t, &Dial{Addresses: []string{"rfc2217://" + s.at}, Serial: rfc2217.Settings{Speed: 300}})
	s.hears("event 1", "300 ???")
	start := time.Now()
	for _, err := range []error{
		second(c.Write([]byte("\x06051\r\n"))), c.Set(rfc2217.Settings{Speed: 9600}), second(c.Write([]byte("x"))),
		c.Purge(true, false), c.Break(true), c.Break(false), c.ShortBreak(), c.SetDTR(false), c.SetRTS(true), second(c.Write([]byte("y"))),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	// Six characters at 300 bits per second last 200 ms at least.
	if took := time.Since(start); took < 200*time.Millisecond {
		t.Errorf("the speed was changed after %v, before the bytes had left", took)
	}
	s.hears("\x06051\r\n", "9600 ???", "x", "purge 1", "break 1", "break 0", "break 2", "DTR 0", "RTS 1", "y")
	if !c.Settable() {
		t.Error("the session cannot be set")
	}
}

func second(_ int, err error) error { return err }

func TestTelnetRefusals(t *testing.T) {
	t.Run("no Com Port Control Option", func(t *testing.T) {
		s := newTerminal(t, func(p []byte) []byte {
			return []byte(strings.ReplaceAll(strings.ReplaceAll(string(p), "\xFF\xFD\x2C", "\xFF\xFE\x2C"), "\xFF\xFB\x2C", ""))
		})
		c := callTerminal(t, &Dial{Addresses: []string{"rfc2217://" + s.at}, Serial: mode7E1})
		c.until(t, "a fact", func() bool {
			return c.facts[FactSettings] == "not set to 300 7E1: it does not know RFC 2217" && len(c.told) > 0
		})
		if err := c.Set(mode7E1); !errors.Is(err, ErrNoSerial) || c.Settable() {
			t.Errorf("set: %v", err)
		}
		_, _ = c.Write([]byte("x"))
		s.say("y")
		c.until(t, "bytes pass", func() bool { return c.data == "y" })
	})
	t.Run("another speed than wanted", func(t *testing.T) {
		s := newTerminal(t, func(p []byte) []byte {
			return []byte(strings.ReplaceAll(string(p), "\x00\x00\x01\x2C", "\x00\x00\x25\x80"))
		})
		c := callTerminal(t, &Dial{Addresses: []string{"rfc2217://" + s.at}, Serial: mode7E1})
		c.until(t, "an event", func() bool { return len(c.told) > 0 && strings.Contains(c.told[0], "9600 ???, though 300 7E1") })
	})
	t.Run("a plain session", func(t *testing.T) {
		s := listener(t, "127.0.0.1:0")
		c := callTerminal(t, &Dial{Addresses: []string{"tcp://" + s.Addr().String()}})
		if err := errors.Join(c.Set(mode7E1), c.Purge(true, true), c.Break(true)); !errors.Is(err, ErrNoSerial) || c.Settable() {
			t.Errorf("set: %v", err)
		}
	})
	t.Run("an unknown scheme", func(t *testing.T) {
		if _, err := (&Dial{Addresses: []string{"http://127.0.0.1:1"}}).Call(t.Context()); err == nil {
			t.Error("http is called")
		}
	})
}

func TestTelnetNotSpoken(t *testing.T) {
	t.Parallel()
	t.Run("silence is tolerated", func(t *testing.T) {
		t.Parallel()
		s := listener(t, "127.0.0.1:0")
		c := callTerminal(t, &Dial{Addresses: []string{"rfc2217://" + s.Addr().String()}, Serial: mode7E1})
		c.until(t, "a fact", func() bool { return c.facts[FactSettings] == "not set to 300 7E1: it does not answer Telnet" })
	})
	t.Run("bytes are not", func(t *testing.T) {
		t.Parallel()
		s := listener(t, "127.0.0.1:0")
		var serving sync.WaitGroup
		serving.Go(func() {
			if conn, err := s.Accept(); err == nil {
				_, _ = conn.Write([]byte("/ELS5\r\n"))
				_, _ = conn.Read(make([]byte, 100))
				_, _ = conn.Read(make([]byte, 100))
				_ = conn.Close()
			}
		})
		_, err := (&Dial{Addresses: []string{"rfc2217://" + s.Addr().String()}}).Call(t.Context())
		if !errors.Is(err, ErrNotTelnet) {
			t.Errorf("%v, want ErrNotTelnet", err)
		}
		_ = s.Close()
		serving.Wait()
	})
	t.Run("the end of the context ends it", func(t *testing.T) {
		t.Parallel()
		s := listener(t, "127.0.0.1:0")
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		if _, err := (&Dial{Addresses: []string{"rfc2217://" + s.Addr().String()}}).Call(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v, want context.DeadlineExceeded", err)
		}
	})
}

// What the far end says with its greeting comes first.
func TestTelnetEarly(t *testing.T) {
	first := true
	s := newTerminal(t, func(p []byte) []byte {
		if first {
			first = false
			return append(p, "/ELS5\xFF\xFF\r\n"...)
		}
		return p
	})
	c := callTerminal(t, &Dial{Addresses: []string{"rfc2217://" + s.at}})
	c.until(t, "early bytes", func() bool { return c.data == "/ELS5\xFF\r\n" })
}

// FuzzTelnet feeds what a terminal server sends byte by byte and at once.
func FuzzTelnet(f *testing.F) {
	f.Add(rfc2217.NewServer("box", 0).Start(nil))
	f.Add([]byte("/ELS5\r\x00\n\xFF\xFF\xFF\xFD\x2C\xFF\xFA\x2C\x64box\xFF\xF0\xFF\xFA\x2C\x6B\xB0\xFF\xF0LOG"))
	f.Add([]byte("\xFF\xFA\x2C\x65\x00\x00\x25\x80\xFF\xF0\xFF\xFA\x2C\x6A\x0E\xFF\xF0\xFF\xFA\x2C\x6C\xFF\xF0"))
	f.Fuzz(func(t *testing.T, p []byte) {
		whole, pieces := newTelnet(mode7E1, nil), newTelnet(mode7E1, nil)
		_, _ = whole.client.Start(nil), pieces.client.Start(nil)
		a, b := whole.Decode(p, 0), Decoded{}
		for i := range p {
			d := pieces.Decode(p[i:i+1], 0)
			d.Data = bytes.Clone(d.Data)
			b.and(d)
		}
		if string(a.Data) != string(b.Data) || string(a.Answer) != string(b.Answer) || fmt.Sprint(a.Facts, a.Events) != fmt.Sprint(b.Facts, b.Events) {
			t.Errorf("at once %+v, byte by byte %+v", a, b)
		}
	})
}
