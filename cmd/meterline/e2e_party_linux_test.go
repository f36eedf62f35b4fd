package main

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// party is one end of a line: a program's descriptor of a port, or a modem's connection.
type party struct {
	testing.TB
	name string
	conn interface {
		io.ReadWriteCloser
		SetReadDeadline(t time.Time) error
		SetWriteDeadline(t time.Time) error
	}
}

func newParty(s *site, name string, conn interface {
	io.ReadWriteCloser
	SetReadDeadline(t time.Time) error
	SetWriteDeadline(t time.Time) error
}) *party {
	s.Cleanup(func() { _ = conn.Close() }) // most have been closed by their test
	return &party{TB: s.TB, name: name, conn: conn}
}

// say sends text.
func (p *party) say(text string) {
	p.Helper()
	if err := p.conn.SetWriteDeadline(time.Now().Add(longest)); err != nil {
		p.Fatalf("%s: %v", p.name, err)
	}
	if n, err := io.WriteString(p.conn, text); err != nil {
		p.Fatalf("%s says %q: %d bytes, then %v", p.name, text, n, err)
	}
}

// hear expects text, and nothing before it.
func (p *party) hear(text string) {
	p.Helper()
	got := p.take(len(text))
	if string(got) != text {
		p.Fatalf("%s hears %q, want %q", p.name, got, text)
	}
}

// take reads n bytes, each of which may take its time.
func (p *party) take(n int) []byte {
	p.Helper()
	got := make([]byte, n)
	for have := 0; have < n; {
		if err := p.conn.SetReadDeadline(time.Now().Add(longest)); err != nil {
			p.Fatalf("%s: %v", p.name, err)
		}
		m, err := p.conn.Read(got[have:])
		if have += m; err != nil && have < n {
			p.Fatalf("%s hears only %d of %d bytes, %q: %v", p.name, have, n, got[:min(have, 100)], err)
		}
	}
	return got
}

// hears reports whether anything comes within a moment, and takes it.
func (p *party) hears() bool {
	p.Helper()
	if err := p.conn.SetReadDeadline(time.Now().Add(100 * time.Millisecond)); err != nil {
		p.Fatalf("%s: %v", p.name, err)
	}
	var b [256]byte
	n, err := p.conn.Read(b[:])
	if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		p.Fatalf("%s: %v", p.name, err)
	}
	return n > 0
}

// hearsLast expects text behind whatever was still on its way.
func (p *party) hearsLast(text string) {
	p.Helper()
	var got []byte
	for !bytes.HasSuffix(got, []byte(text)) {
		got = append(got, p.take(1)...)
	}
}

// end expects the end of the line and nothing before it.
func (p *party) end() {
	p.Helper()
	if err := p.conn.SetReadDeadline(time.Now().Add(longest)); err != nil {
		p.Fatalf("%s: %v", p.name, err)
	}
	var b [256]byte
	n, err := p.conn.Read(b[:])
	ended := errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EIO)
	if n > 0 || !ended {
		p.Fatalf("%s hears %q, %v, want the end of the line", p.name, b[:n], err)
	}
}

func (p *party) close() {
	p.Helper()
	if err := p.conn.Close(); err != nil {
		p.Fatalf("%s: %v", p.name, err)
	}
}

func (p *party) tcp() *net.TCPConn {
	p.Helper()
	conn, ok := p.conn.(*net.TCPConn)
	if !ok {
		p.Fatalf("%s is no modem", p.name)
	}
	return conn
}

// reset ends a modem's connection with RST.
func (p *party) reset() {
	p.Helper()
	if err := p.tcp().SetLinger(0); err != nil {
		p.Fatal(err)
	}
	p.close()
}

// local is the address that the daemon sees.
func (p *party) local() string { return p.tcp().LocalAddr().String() }

// acknowledged waits until the other side's system has all that a modem has sent.
func (p *party) acknowledged(s *site) {
	p.Helper()
	raw, err := p.tcp().SyscallConn()
	if err != nil {
		p.Fatal(err)
	}
	s.eventually(p.name+" is acknowledged", func() bool {
		unsent := -1
		if err := raw.Control(func(fd uintptr) { unsent, _ = unix.IoctlGetInt(int(fd), unix.SIOCOUTQ) }); err != nil {
			p.Fatal(err)
		}
		return unsent == 0
	})
}

// talk proves that the line between a program and a modem works both ways, and has nothing left over from before.
func talk(program, modem *party) {
	program.Helper()
	program.say("request")
	modem.hear("request")
	modem.say("answer")
	program.hear("answer")
}

// exchange moves n random bytes each way at the same time, and compares.
func exchange(t testing.TB, a, b *party, n int) {
	t.Helper()
	seeds := [2]uint64{rand.Uint64(), rand.Uint64()}
	t.Logf("seeds %d", seeds)
	var both sync.WaitGroup
	for i, way := range [][2]*party{{a, b}, {b, a}} {
		sent := randomBytes(seeds[i], n)
		both.Go(func() {
			_ = way[0].conn.SetWriteDeadline(time.Now().Add(3 * longest)) // the write tells
			if m, err := way[0].conn.Write(sent); err != nil {
				t.Errorf("%s sends %d of %d bytes: %v", way[0].name, m, n, err)
			}
		})
		both.Go(func() {
			got := make([]byte, n)
			_ = way[1].conn.SetReadDeadline(time.Now().Add(3 * longest)) // the read tells
			if m, err := io.ReadFull(way[1].conn, got); err != nil {
				t.Errorf("%s gets %d of %d bytes: %v", way[1].name, m, n, err)
			} else if !bytes.Equal(got, sent) {
				t.Errorf("%s got other bytes than %s has sent", way[1].name, way[0].name)
			}
		})
	}
	both.Wait()
}

func randomBytes(seed uint64, n int) []byte {
	source := rand.New(rand.NewPCG(seed, seed))
	p := make([]byte, n)
	for i := range p {
		p[i] = byte(source.Uint32())
	}
	return p
}

// exists reports whether anything stands at path, be it a link to nowhere.
func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
