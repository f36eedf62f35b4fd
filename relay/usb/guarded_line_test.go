package usb

import (
	"errors"
	"io"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// sickPort is a port whose driver hangs, until it is let go.
type sickPort struct {
	hangs   chan struct{} // closed: it works
	mu      sync.Mutex
	written []byte
	closed  bool
}

func (p *sickPort) Read([]byte) (int, error) { time.Sleep(100 * time.Millisecond); return 0, nil }

func (p *sickPort) Write(q []byte) (int, error) {
	<-p.hangs
	p.mu.Lock()
	defer p.mu.Unlock()
	p.written = append(p.written, q...)
	return len(q), nil
}

func (p *sickPort) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	return nil
}

func (*sickPort) SetDTR(bool) error      { return nil }
func (*sickPort) Carrier() (bool, error) { return false, nil }

func TestGuardedWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &sickPort{hangs: make(chan struct{})}
		g := guard(p)
		if err := g.SetWriteDeadline(time.Now().Add(time.Second)); err != nil {
			t.Fatal(err)
		}
		message := make([]byte, 4*guardPiece)
		for i := range message {
			message[i] = byte(i)
		}
		n, err := g.Write(message)
		if !errors.Is(err, os.ErrDeadlineExceeded) || n != guardPiece {
			t.Errorf("%d, %v", n, err)
		}
		if m, err := g.Write(message[n:]); m != 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%d, %v", m, err)
		}
		time.AfterFunc(time.Second, func() { _ = g.SetWriteDeadline(time.Unix(1, 0)) })
		_ = g.SetWriteDeadline(time.Time{})
		if m, err := g.Write(message[n:]); m != 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%d, %v", m, err)
		}
		_ = g.SetWriteDeadline(time.Time{})
		close(p.hangs)
		if m, err := g.Write(message[n:]); m != len(message)-n || err != nil {
			t.Errorf("%d, %v", m, err)
		}
		if string(p.written) != string(message) {
			t.Error("bytes were lost, repeated or moved")
		}
		if err := g.Close(); err != nil || !p.closed {
			t.Error(err)
		}
	})
}

func TestGuardedClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &sickPort{hangs: make(chan struct{})}
		g := guard(p)
		var group sync.WaitGroup
		group.Go(func() {
			if _, err := g.Read(make([]byte, 1)); !errors.Is(err, os.ErrClosed) {
				t.Error(err)
			}
		})
		group.Go(func() {
			if _, err := g.Write([]byte("x")); !errors.Is(err, os.ErrClosed) {
				t.Error(err)
			}
		})
		time.Sleep(time.Second)
		began := time.Now()
		if err := g.Close(); err != nil {
			t.Error(err)
		}
		group.Wait()
		if took := time.Since(began); took > guardMost {
			t.Errorf("took %v", took)
		}
		if err := g.Close(); !errors.Is(err, os.ErrClosed) {
			t.Error(err)
		}
		if err := g.SetWriteDeadline(time.Now()); !errors.Is(err, os.ErrClosed) {
			t.Error(err)
		}
		if _, err := g.Write([]byte("x")); !errors.Is(err, os.ErrClosed) {
			t.Error(err)
		}
		close(p.hangs) // the driver comes back, much later: nothing is left of it
	})
}

var _ io.ReadWriteCloser = (*guardedLine)(nil)
