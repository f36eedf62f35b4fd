package bridge

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"meterline/bridge/modem"
	"meterline/vport"
)

// A program leaves just when the time is over for which its last byte was held: the byte is sent, and once.
func TestLastByteAtTheEndOfItsWindow(t *testing.T) {
	t.Parallel()
	const ports, visits = 4, 150
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var cfg Config
	var fars []*farPort
	dir := t.TempDir()
	for i := range ports {
		name := string(rune('a' + i))
		far := newFarPort(ctx, t, new(farPort))
		fars = append(fars, far)
		cfg.Modems = append(cfg.Modems, modem.Config{Name: name, Dial: []string{far.address()}})
		cfg.Ports = append(cfg.Ports, PortConfig{Name: name, Own: true, Modem: name, Spec: vport.Spec{Address: filepath.Join(dir, name)}})
	}
	ready := make(chan struct{})
	b := New(cfg, Options{Kinds: machinePorts, Ready: func() { close(ready) }})
	var world, programs sync.WaitGroup
	world.Go(func() { _ = b.Run(ctx) })
	<-ready
	allUp(ctx, b)
	for i, p := range cfg.Ports {
		programs.Go(func() {
			for visit := range visits {
				f, err := os.OpenFile(p.Spec.Address, os.O_RDWR|syscall.O_NOCTTY, 0)
				if err != nil {
					t.Error(err)
					return
				}
				if _, err := f.Write([]byte{byte(visit)}); err != nil {
					t.Error(err)
				}
				pause(ctx, pieceTime+time.Duration(visit%20-10)*20*time.Microsecond)
				f.Close()
				pause(ctx, time.Duration(i)*time.Millisecond)
			}
		})
	}
	programs.Wait()
	pause(ctx, 100*time.Millisecond)
	cancel()
	world.Wait()
	for i, far := range fars {
		far.serving.Wait()
		got := far.all()[0].got
		for visit := range min(visits, len(got)) {
			if got[visit] != byte(visit) {
				t.Fatalf("port %d: byte %d is %d", i, visit, got[visit])
			}
		}
		if len(got) != visits {
			t.Errorf("port %d: %d bytes of %d", i, len(got), visits)
		}
	}
}
