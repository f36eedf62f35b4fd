package pty_test

import (
	"context"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"meterline/vport"
	"meterline/vport/pty"
	"meterline/vport/vporttest"
)

func TestContract(t *testing.T) {
	w := pty.NewWatcher(slog.New(slog.NewTextHandler(t.Output(), nil)), nil)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := w.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	defer running.Wait()
	defer cancel()
	kind := func(t *testing.T, presence vport.Presence) (vport.Port, func() io.ReadWriteCloser) {
		path := filepath.Join(t.TempDir(), "meter")
		p, err := pty.OpenPort(vport.Spec{Address: path}, w, presence)
		if err != nil {
			t.Fatal(err)
		}
		return p, func() io.ReadWriteCloser {
			f, err := os.OpenFile(path, os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = f.Close() })
			return f
		}
	}
	vporttest.Contract(t, kind)
	t.Run("in packet mode", func(t *testing.T) {
		vporttest.Contract(t, func(t *testing.T, presence vport.Presence) (vport.Port, func() io.ReadWriteCloser) {
			port, open := kind(t, presence)
			port.(vport.Signaller).SetSignal(func(vport.Signal) {})
			return port, open
		})
	})
}
