package bridge

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"meterline/vport"
)

// slowKind is ports that take a second to be made.
type slowKind struct{ opened atomic.Int64 }

func (*slowKind) Match(string) bool      { return true }
func (*slowKind) Check(vport.Spec) error { return nil }

func (k *slowKind) Open(vport.Spec, vport.Presence) (vport.Port, error) {
	k.opened.Add(1)
	time.Sleep(time.Second)
	return nil, errors.New("none")
}

// A bridge that is to end while it makes many ports does not make them all first.
func TestEndWhilePortsAreMade(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := oneModem()
		for i := range 1000 {
			cfg.Ports = append(cfg.Ports, PortConfig{Name: fmt.Sprint("p", i), Modem: "m", Spec: vport.Spec{Address: fmt.Sprint("/p", i)}})
		}
		kind := new(slowKind)
		b := New(cfg, Options{Kinds: func(*slog.Logger) vport.Kinds { return vport.Kinds{kind} }})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- b.Run(ctx) }()
		time.Sleep(time.Second / 2)
		cancel()
		begun := time.Now()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if took, n := time.Since(begun), kind.opened.Load(); took > 2*time.Second || n > 2*openAtOnce {
			t.Errorf("it ends after %v, and has made %d ports", took, n)
		}
	})
}
