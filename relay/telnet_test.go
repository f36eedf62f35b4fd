package relay

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"meterline/relay/codec"
	"meterline/relay/profile"
	"meterline/relay/wire"
	"meterline/vport/rfc2217"
)

var mode7E1 = rfc2217.Settings{Speed: 300, DataBits: 7, Parity: rfc2217.ParityEven, StopBits: rfc2217.StopOne}

func TestTelnetLine(t *testing.T) {
	s := newTerminal(t, nil)
	c := callTerminal(t, &Dial{Addresses: []string{"rfc2217://" + s.at}, Serial: mode7E1, Profile: profile.Profile{Heartbeats: []codec.Heartbeat{{Bytes: tmpl("hex:FF 00 FF")}}}})
	s.hears("event 1", "300 ???", "300 7??", "300 7E?", "300 7E1")
	c.until(t, "facts", func() bool {
		return c.facts[wire.FactSettings] == "300 7E1" && c.facts[wire.FactModel] == "box 1.0" && c.facts[wire.FactLines] == "CTS on, DSR off, DCD off, RI off"
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
	time.Sleep(2 * codec.StandsAlone) // a heartbeat stands behind a pause
	s.say("\xFF\x00\xFF")
	s.mu.Lock()
	_, _ = s.conn.Write(s.server.AppendLines(nil, rfc2217.CTS|rfc2217.CD))
	s.mu.Unlock()
	c.until(t, "carrier", func() bool { return c.facts[wire.FactLines] == "CTS on, DSR off, DCD on, RI off" })
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

// The answer to a setting may take long; the bytes behind it are reckoned at the new speed all the same.
func TestTelnetSlowAnswer(t *testing.T) {
	var slow atomic.Bool
	s := newTerminal(t, func(p []byte) []byte {
		if slow.Load() {
			time.Sleep(100 * time.Millisecond) // of a far end, not of the test
		}
		return p
	})
	c := callTerminal(t, &Dial{Addresses: []string{"rfc2217://" + s.at}, Serial: rfc2217.Settings{Speed: 9600}})
	s.hears("event 1", "9600 ???")
	slow.Store(true)
	start := time.Now()
	for _, err := range []error{
		c.Set(rfc2217.Settings{Speed: 300}), second(c.Write([]byte("\x06051\r\n"))), c.Set(rfc2217.Settings{Speed: 9600}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if took := time.Since(start); took < 200*time.Millisecond {
		t.Errorf("the speed was changed after %v, before the bytes had left", took)
	}
	s.hears("300 ???", "\x06051\r\n", "9600 ???")
}

func second(_ int, err error) error { return err }

func TestTelnetRefusals(t *testing.T) {
	t.Run("no Com Port Control Option", func(t *testing.T) {
		s := newTerminal(t, func(p []byte) []byte {
			return []byte(strings.ReplaceAll(strings.ReplaceAll(string(p), "\xFF\xFD\x2C", "\xFF\xFE\x2C"), "\xFF\xFB\x2C", ""))
		})
		c := callTerminal(t, &Dial{Addresses: []string{"rfc2217://" + s.at}, Serial: mode7E1})
		c.until(t, "a fact", func() bool {
			return c.facts[wire.FactSettings] == "not set to 300 7E1: it does not know RFC 2217" && len(c.told) > 0
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
		c.until(t, "a fact", func() bool { return c.facts[wire.FactSettings] == "not set to 300 7E1: it does not answer Telnet" })
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

// A far end that sends without end and never listens holds nobody up, and fills no memory.
func TestTelnetFlood(t *testing.T) {
	t.Parallel()
	for name, flood := range map[string]string{
		"what is to be refused each time": "\xFF\xFB\x63",
		"its modem lines":                 "\xFF\xFA\x2C\x6B\xB0\xFF\xF0",
		"settings that nobody wants":      "\xFF\xFA\x2C\x65\x00\x00\x25\x80\xFF\xF0\xFF\xFD\x63",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ln := listener(t, "127.0.0.1:0")
			var serving sync.WaitGroup
			serving.Go(func() {
				conn, err := ln.Accept()
				for p := []byte(strings.Repeat(flood, 1000)); err == nil; {
					_, err = conn.Write(p)
				}
				_ = conn.Close()
			})
			begin := time.Now()
			s, err := (&Dial{Addresses: []string{"rfc2217://" + ln.Addr().String()}, Serial: mode7E1}).Call(t.Context())
			if took := time.Since(begin); took > 3*(greetWithin+setWithin) {
				t.Errorf("it is called for %v", took)
			}
			if err == nil {
				if told := s.far.pending; len(told.Facts) > 10 || len(told.Events) > 2*earlyEvents {
					t.Errorf("%d facts and %d events are kept", len(told.Facts), len(told.Events))
				}
				s.End(nil)
			}
			serving.Wait()
		})
	}
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
		a, b := whole.Decode(p, 0), codec.Decoded{}
		for i := range p {
			d := pieces.Decode(p[i:i+1], 0)
			d.Data = bytes.Clone(d.Data)
			b.And(d)
		}
		if string(a.Data) != string(b.Data) || string(a.Answer) != string(b.Answer) || fmt.Sprint(a.Facts, a.Events) != fmt.Sprint(b.Facts, b.Events) {
			t.Errorf("at once %+v, byte by byte %+v", a, b)
		}
	})
}
