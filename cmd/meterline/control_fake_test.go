package main

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"meterline/bridge"
)

// fakeDaemon answers what a test has put into it.
type fakeDaemon struct {
	status  bridge.Status
	unknown []bridge.UnknownCaller
	report  reloadReport
	err     error // of kick, reload, watch and probe
	answer  []byte
	watched chan struct{} // closed when a watch has ended
	tap     chan bridge.Tapped

	mu     sync.Mutex
	kicked []string
	probed probeRequest
}

func (f *fakeDaemon) Status() bridge.Status           { return f.status }
func (f *fakeDaemon) Unknown() []bridge.UnknownCaller { return f.unknown }

func (f *fakeDaemon) Kick(name string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.kicked = append(f.kicked, name)
	return f.err
}

func (f *fakeDaemon) Reload(context.Context) (reloadReport, error) { return f.report, f.err }

func (f *fakeDaemon) ForgetPIN(usb string) error { return f.Kick(usb) }

func (f *fakeDaemon) Wake(_ context.Context, modem string) (bridge.Woken, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.kicked = append(f.kicked, modem)
	return bridge.Woken{By: bridge.WakeSMS, USB: "gsm1", Number: "+79180001122", Wait: 90 * time.Second}, f.err
}

func (f *fakeDaemon) Watch(ctx context.Context, _ string, send func(bridge.Tapped)) error {
	defer close(f.watched)
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case piece, more := <-f.tap:
			if !more {
				return f.err
			}
			send(piece)
		}
	}
}

func (f *fakeDaemon) Probe(_ context.Context, modem string, request []byte, timeout, pause time.Duration) ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.probed = probeRequest{modem, request, timeout, pause}
	return f.answer, f.err
}

// socketPath is a path that is short enough for a socket.
func socketPath(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "mtl") //nolint:usetesting // t.TempDir has the test's name in it
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return filepath.Join(dir, "c.sock")
}

// serveFake serves d on a real socket or pipe until the test ends, and joins it.
func serveFake(t *testing.T, d daemon) *client {
	t.Helper()
	return serveFakeAt(t, d, controlPath(t))
}

func serveFakeAt(t *testing.T, d daemon, path string) *client {
	t.Helper()
	ln, err := listenControl(t.Context(), path, "")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- newControl(d, slog.New(slog.DiscardHandler)).serve(ctx, ln) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("serve: %v", err)
		}
		if conn, err := dialControl(context.WithoutCancel(t.Context()), path); !absent(err) {
			t.Errorf("the socket has outlived its daemon: %v, %v", conn, err)
		}
	})
	return newClient(path, 0)
}
