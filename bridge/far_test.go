package bridge

import (
	"context"
	"errors"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"meterline/relay"
)

// far is the modem's end of a session.
type far struct {
	t       *testing.T
	session *relay.Session
	conn    net.Conn
}

func newFar(t *testing.T) *far {
	ours, theirs := net.Pipe()
	t.Cleanup(func() { theirs.Close() })
	return &far{t, relay.NewSession(ours, relay.Link{}, nil, nil), theirs}
}

// pieces is what comes to the modem without further waiting, by write.
func (f *far) pieces() (all []string) {
	f.t.Helper()
	buf := make([]byte, 256<<10)
	for {
		synctest.Wait()
		f.conn.SetReadDeadline(time.Now().Add(time.Nanosecond))
		n, err := f.conn.Read(buf)
		if err != nil {
			return all
		}
		all = append(all, string(buf[:n]))
	}
}

func (f *far) want(pieces ...string) {
	f.t.Helper()
	got := f.pieces()
	if len(got) != len(pieces) {
		f.t.Errorf("the modem gets %q, want %q", got, pieces)
		return
	}
	for i := range got {
		if got[i] != pieces[i] {
			f.t.Errorf("the modem gets %q, want %q", got, pieces)
		}
	}
}

// says lets the modem send text, and everything come to rest.
func (f *far) says(text string) {
	f.t.Helper()
	f.conn.SetWriteDeadline(time.Now().Add(time.Minute))
	if _, err := f.conn.Write([]byte(text)); err != nil {
		f.t.Errorf("modem writes: %v", err)
	}
	synctest.Wait()
}

func (f *far) hangUp() {
	f.conn.Close()
	synctest.Wait()
}

func (f *far) wantCause(want error) {
	f.t.Helper()
	if got := f.session.Cause(); !errors.Is(got, want) {
		f.t.Errorf("the session's cause is %v, want %v", got, want)
	}
}

// fakeLine answers calls as the test wants it.
type fakeLine struct {
	mu     sync.Mutex
	calls  []time.Time
	ring   time.Duration // until it answers
	answer func() (*relay.Session, error)
}

func (l *fakeLine) Call(ctx context.Context) (*relay.Session, error) {
	l.mu.Lock()
	l.calls = append(l.calls, time.Now())
	ring, answer := l.ring, l.answer
	l.mu.Unlock()
	select {
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	case <-time.After(ring):
	}
	if answer == nil {
		return nil, errors.New("connection refused")
	}
	return answer()
}

func (l *fakeLine) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.calls)
}

// answersAfter lets the line answer with one far end.
func (r *rig) answersAfter(ring time.Duration) *far {
	f := newFar(r.t)
	r.line.mu.Lock()
	defer r.line.mu.Unlock()
	r.line.ring = ring
	r.line.answer = func() (*relay.Session, error) { return f.session, nil }
	return f
}
