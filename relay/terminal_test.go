package relay

import (
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"meterline/relay/wire"
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
	s.SetObserver(func(facts []wire.Fact, events []wire.Event) {
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
