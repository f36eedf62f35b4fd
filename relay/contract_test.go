package relay

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"testing"
	"time"
)

func contractEOF(t *testing.T, s *Session, modem net.Conn) {
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() {
		_, _ = modem.Write([]byte("last"))
		_ = modem.Close()
	})
	var got []byte
	err := s.Receive(func(p []byte) bool { got = append(got, p...); return true })
	if !errors.Is(err, io.EOF) || string(got) != "restlast" {
		t.Errorf("got %q, %v", got, err)
	}
	if s.Cause() != nil || s.Heard().Before(s.Since()) {
		t.Errorf("the session has ended by itself: %v", s.Cause())
	}
}

func contractEndWakes(t *testing.T, s *Session, _ net.Conn) {
	errs := make(chan error, 2)
	begun := make(chan bool)
	var wg sync.WaitGroup
	wg.Go(func() {
		errs <- s.Receive(func([]byte) bool { close(begun); return true })
	})
	wg.Go(func() {
		_, err := s.Write(make([]byte, 16<<20))
		errs <- err
	})
	<-begun
	s.End(ErrKicked)
	wg.Wait()
	for range 2 {
		if err := <-errs; !errors.Is(err, net.ErrClosed) || !errors.Is(err, ErrKicked) {
			t.Errorf("got %v, want closed and kicked", err)
		}
	}
}

func contractEndInside(t *testing.T, s *Session, modem net.Conn) {
	err := s.Receive(func([]byte) bool { s.End(ErrDisplaced); return true })
	if !errors.Is(err, net.ErrClosed) || !errors.Is(err, ErrDisplaced) {
		t.Errorf("got %v, want closed and displaced", err)
	}
	if _, err := modem.Read(make([]byte, 1)); err == nil {
		t.Error("the connection still lives")
	}
}

func contractFirstCause(t *testing.T, s *Session, _ net.Conn) {
	s.End(ErrLinger)
	s.End(ErrKicked)
	if !errors.Is(s.Cause(), ErrLinger) {
		t.Errorf("cause is %v", s.Cause())
	}
}

func contractAfterEnd(t *testing.T, s *Session, _ net.Conn) {
	s.End(nil)
	_, tryErr := s.TryWrite([]byte("x"))
	if !s.raw.usable() {
		tryErr = net.ErrClosed // there it is always "use Write"
	}
	_, writeErr := s.Write([]byte("x"))
	for name, err := range map[string]error{
		"receive": s.Receive(func([]byte) bool { t.Error("bytes after the end"); return true }),
		"try":     tryErr, "write": writeErr,
		"read deadline": s.SetReadDeadline(time.Time{}), "write deadline": s.SetWriteDeadline(time.Time{}),
	} {
		if !errors.Is(err, net.ErrClosed) {
			t.Errorf("%s: got %v, want closed", name, err)
		}
	}
	if !errors.Is(s.Cause(), ErrHungUp) || s.Unsent() != 0 {
		t.Errorf("cause %v, unsent %d", s.Cause(), s.Unsent())
	}
}

func contractEndSeen(t *testing.T, s *Session, modem net.Conn) {
	var wg sync.WaitGroup
	wg.Go(func() {
		if _, err := s.Write([]byte("tail")); err != nil {
			t.Errorf("write: %v", err)
		}
		s.End(ErrLinger)
	})
	got, err := io.ReadAll(modem)
	wg.Wait()
	if string(got) != "tail" || err != nil {
		t.Errorf("the modem got %q, %v", got, err)
	}
}

func contractDisplaced(t *testing.T, s *Session, modem net.Conn) {
	s.End(ErrDisplaced)
	if _, err := modem.Read(make([]byte, 1)); err == nil {
		t.Error("the connection still lives")
	}
}

func contractDeadline(t *testing.T, s *Session, modem net.Conn) {
	var wg sync.WaitGroup
	defer wg.Wait()
	collect(t, s, len("rest"))
	for i := range 20 {
		begun := make(chan bool)
		wg.Go(func() {
			<-begun
			if err := s.SetReadDeadline(past); err != nil {
				t.Error(err)
			}
		})
		close(begun)
		err := s.Receive(func([]byte) bool { t.Error("bytes from nowhere"); return true })
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatalf("got %v, want the deadline", err)
		}
		wg.Wait()
		if err := s.SetReadDeadline(time.Time{}); err != nil {
			t.Fatal(err)
		}
		wg.Go(func() { _, _ = modem.Write([]byte{byte(i)}) })
		if got := collect(t, s, 1); len(got) != 1 || got[0] != byte(i) {
			t.Fatalf("got %v behind the interruption, want %d", got, i)
		}
		wg.Wait()
	}
}

func contractDeadlineBusy(t *testing.T, s *Session, modem net.Conn) {
	var wg sync.WaitGroup
	defer wg.Wait()
	defer modem.Close()
	wg.Go(func() {
		for p := make([]byte, 32<<10); ; {
			if _, err := modem.Write(p); err != nil {
				return
			}
		}
	})
	n := 0
	err := s.Receive(func(p []byte) bool {
		if n++; n == 3 {
			_ = s.SetReadDeadline(past)
		}
		if n > 4 {
			t.Error("bytes behind the deadline")
			return false
		}
		return true
	})
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("got %v, want the deadline", err)
	}
}

func contractRestKept(t *testing.T, s *Session, _ net.Conn) {
	_ = s.SetReadDeadline(past)
	if err := s.Receive(func([]byte) bool { t.Error("too early"); return true }); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("got %v, want the deadline", err)
	}
	_ = s.SetReadDeadline(time.Time{})
	if got := collect(t, s, 4); string(got) != "rest" {
		t.Errorf("got %q", got)
	}
}

func contractWriteDeadline(t *testing.T, s *Session, modem net.Conn) {
	if err := s.SetWriteDeadline(time.Now().Add(20 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	n, err := s.Write(make([]byte, 32<<20))
	if !errors.Is(err, os.ErrDeadlineExceeded) || n == 32<<20 {
		t.Errorf("got %d, %v, want the deadline", n, err)
	}
	if err := s.SetWriteDeadline(time.Time{}); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() { _, _ = io.CopyN(io.Discard, modem, int64(n)+1) })
	if _, err := s.Write([]byte("x")); err != nil {
		t.Errorf("write after the deadline was taken back: %v", err)
	}
	wg.Wait()
}

func contractTryWrite(t *testing.T, s *Session, modem net.Conn) {
	sent, want := 0, noise(8<<20)
	for {
		n, err := s.TryWrite(want[sent:])
		if err != nil {
			t.Fatal(err)
		}
		if sent += n; n == 0 {
			break
		}
	}
	if sent == len(want) {
		t.Fatal("the connection took everything though nobody reads")
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		if n, err := s.Write(want[sent:]); err != nil || n != len(want)-sent {
			t.Errorf("wrote %d of the %d left: %v", n, len(want)-sent, err)
		}
	})
	got := make([]byte, len(want))
	if _, err := io.ReadFull(modem, got); err != nil {
		t.Error(err)
	}
	wg.Wait()
	if !bytes.Equal(got, want) {
		t.Error("what arrived is not what was sent")
	}
}
