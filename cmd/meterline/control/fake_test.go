package control

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"meterline/bridge/fallback"
	bridgemodem "meterline/bridge/modem"
	"meterline/bridge/status"
	"meterline/cmd/meterline/control/controltest"
	"meterline/relay"
)

// fakeDaemon answers what a test has put into it.
type fakeDaemon struct {
	status  status.Status
	unknown []relay.UnknownCaller // with credentials
	report  ReloadReport
	err     error // of kick, reload, watch and probe
	answer  []byte
	watched chan struct{} // closed when a watch has ended
	raw     bool          // it was to show credentials
	tap     chan status.Traffic

	mu     sync.Mutex
	kicked []string
	probed ProbeRequest
}

func (f *fakeDaemon) Status() status.Status { return f.status }

func (f *fakeDaemon) Unknown(raw bool) []relay.UnknownCaller {
	callers := slices.Clone(f.unknown)
	for i := range callers {
		callers[i].Masked = !raw
	}
	return callers
}

func (f *fakeDaemon) Find(name string) error {
	if name != "boiler" {
		return fmt.Errorf("no modem or port is called %q", name)
	}
	return nil
}

func (f *fakeDaemon) Kick(name string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.kicked = append(f.kicked, name)
	return f.err
}

func (f *fakeDaemon) Reload(context.Context) (ReloadReport, error) { return f.report, f.err }

func (f *fakeDaemon) ForgetPIN(usb string) error { return f.Kick(usb) }

func (f *fakeDaemon) Wake(_ context.Context, modem string) (fallback.WakeResult, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.kicked = append(f.kicked, modem)
	return fallback.WakeResult{By: bridgemodem.WakeSMS, USB: "gsm1", Number: "+79180001122", Wait: 90 * time.Second}, f.err
}

func (f *fakeDaemon) Watch(ctx context.Context, _ string, raw bool, send func(status.Traffic)) error {
	defer close(f.watched)
	f.raw = raw
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
	f.probed = ProbeRequest{modem, request, timeout, pause}
	return f.answer, f.err
}

// serveFake serves d on a real socket or pipe until the test ends, and joins it.
func serveFake(t *testing.T, d *fakeDaemon) *Client {
	t.Helper()
	return serveFakeAt(t, d, controltest.Path(t))
}

func serveFakeAt(t *testing.T, d *fakeDaemon, path string) *Client {
	t.Helper()
	ln, err := Listen(t.Context(), path, "")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- NewServer(d, d, slog.New(slog.DiscardHandler)).Serve(ctx, ln) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("serve: %v", err)
		}
		if conn, err := dial(context.WithoutCancel(t.Context()), path); !absent(err) {
			t.Errorf("the socket has outlived its daemon: %v, %v", conn, err)
		}
	})
	return NewClient(path, 0)
}
