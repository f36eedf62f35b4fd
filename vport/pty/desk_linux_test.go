package pty

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"meterline/bridge/frame"
	"meterline/vport"
)

// patience is how long a test waits for what has to come.
const patience = 20 * time.Second

// desk is a port under test with a reader, and all that the port said.
type desk struct {
	testing.TB
	port  *ptyPort
	bytes chan []byte
	rest  []byte // of bytes, not yet expected
	open  chan bool
}

// newDesk opens a port with a watcher, and reads it until the test ends.
func newDesk(t testing.TB, spec vport.Spec, w *watcher) *desk {
	t.Helper()
	if spec.Address == "" {
		spec.Address = filepath.Join(t.TempDir(), "meter")
	}
	d := &desk{TB: t, bytes: make(chan []byte, 1<<16), open: make(chan bool, 1<<16)}
	opened, err := openPort(spec, w, func(open bool) { d.open <- open })
	if err != nil {
		t.Fatal(err)
	}
	d.port = opened.(*ptyPort)
	var reader sync.WaitGroup
	reader.Go(d.read)
	t.Cleanup(func() {
		if err := opened.Close(); err != nil {
			t.Error(err)
		}
		reader.Wait()
	})
	return d
}

func (d *desk) read() {
	err := d.port.Receive(func(p []byte) bool {
		d.bytes <- bytes.Clone(p)
		return true
	})
	if !errors.Is(err, os.ErrClosed) {
		d.Errorf("Receive: %v, want os.ErrClosed", err)
	}
}

// startWatcher runs a watcher for the time of the test.
func startWatcher(t testing.TB) *watcher { return startWatcherWith(t, nil) }

func startWatcherWith(t testing.TB, links *Links) *watcher {
	t.Helper()
	w := newWatcher(slog.New(slog.NewTextHandler(t.Output(), nil)), links)
	w.beforeChange = frame.BeforeChange
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := w.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() {
		cancel()
		running.Wait()
	})
	return w
}

// expect waits for the next news of presence.
func (d *desk) expect(open bool) {
	d.Helper()
	select {
	case got := <-d.open:
		if got != open {
			d.Fatalf("presence %v, want %v", got, open)
		}
	case <-time.After(patience):
		d.Fatalf("presence %v not told within %v", open, patience)
	}
}

// expectBytes waits for what the port hands over next.
func (d *desk) expectBytes(want string) {
	d.Helper()
	for late := time.After(patience); len(d.rest) < len(want); {
		select {
		case p := <-d.bytes:
			d.rest = append(d.rest, p...)
		case <-late:
			d.Fatalf("only %d bytes of %d within %v", len(d.rest), len(want), patience)
		}
	}
	if got := string(d.rest[:len(want)]); got != want {
		d.Fatalf("%.40q, want %.40q", got, want)
	}
	d.rest = append(d.rest[:0], d.rest[len(want):]...)
}

// handed is how many bytes the port has handed over that were not expected yet.
func (d *desk) handed() int {
	for len(d.bytes) > 0 {
		d.rest = append(d.rest, <-d.bytes...)
	}
	return len(d.rest)
}

// program opens a port's link as a program does.
func program(t testing.TB, path string) *os.File {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func write(t testing.TB, w io.Writer, s string) {
	t.Helper()
	if n, err := io.WriteString(w, s); err != nil || n != len(s) {
		t.Fatalf("write %q: %d, %v", s, n, err)
	}
}

func read(t testing.TB, f *os.File, want string) {
	t.Helper()
	got := make([]byte, len(want))
	if err := f.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(f, got); err != nil || string(got) != want {
		t.Fatalf("read %q, %v, want %q", got, err, want)
	}
}

func closeFile(t testing.TB, c io.Closer) {
	t.Helper()
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
}

// join runs f until the end of the test, when stop ends it.
func join(t testing.TB, f, stop func()) {
	t.Helper()
	var running sync.WaitGroup
	running.Go(f)
	t.Cleanup(func() {
		stop()
		running.Wait()
	})
}
