package dialer

import (
	"bytes"
	"context"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// hangUpKey is Ctrl-], as in telnet.
const hangUpKey = 0x1d

// lookEvery is how often each direction checks whether the other one has ended.
const lookEvery = 100 * time.Millisecond

// through sends what comes from in to the meter, and prints what the meter sends. With a terminal it ends at Ctrl-], otherwise when nothing
// has been sent for stay. It also ends when the call does.
func (p *modemPort) through(ctx context.Context, in io.Reader, stay time.Duration) error {
	terminal := false
	if f, isFile := in.(*os.File); isFile {
		var restore func()
		if restore, terminal = rawTerminal(f); terminal {
			defer restore()
			p.note("-- what you type goes to the meter; Ctrl-] hangs up")
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s := &sender{line: p, in: in, terminal: terminal}
	s.sent.Store(time.Now().UnixNano())
	var wg sync.WaitGroup
	wg.Go(func() { s.run(ctx) })
	err := p.show(ctx, func() bool {
		if terminal {
			return s.over.Load()
		}
		return time.Since(time.Unix(0, s.sent.Load())) >= stay
	})
	cancel()
	wg.Wait()
	return err
}

// show prints what the meter sends until enough returns true or the call ends.
func (p *modemPort) show(ctx context.Context, enough func() bool) error {
	buf := make([]byte, 4096)
	var tail []byte
	for ctx.Err() == nil && !enough() {
		n, err := p.read(buf, lookEvery)
		if n > 0 {
			if _, err := p.out.Write(buf[:n]); err != nil {
				return err
			}
			tail = append(tail, buf[:n]...)
			tail = tail[max(0, len(tail)-len(noCarrier)):]
		}
		if err != nil {
			return err
		}
		if n == 0 && bytes.Equal(tail, []byte(noCarrier)) { // followed by silence, so it is not from the meter
			p.ended = true
			return nil
		}
	}
	return nil
}

// sender sends what the operator types to the meter.
type sender struct {
	line     *modemPort
	in       io.Reader
	terminal bool
	sent     atomic.Int64 // when the latest bytes were sent
	over     atomic.Bool
}

// run sends until in ends, Ctrl-] is typed, or ctx ends.
func (s *sender) run(ctx context.Context) {
	defer s.over.Store(true)
	file, _ := s.in.(*os.File)
	buf := make([]byte, 4096)
	for ctx.Err() == nil {
		if file != nil && !readable(file, lookEvery) {
			continue
		}
		n, err := s.in.Read(buf)
		b := buf[:n]
		stop := s.terminal && bytes.IndexByte(b, hangUpKey) >= 0
		if stop {
			b = b[:bytes.IndexByte(b, hangUpKey)]
		}
		if len(b) > 0 {
			if s.line.write(b) != nil {
				return // the read of show returns the error
			}
			s.sent.Store(time.Now().UnixNano())
		}
		if stop || err != nil {
			return
		}
	}
}
