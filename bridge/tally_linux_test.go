package bridge

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"meterline/relay"
)

const (
	tallyWorkers  = 6
	tallyCircuits = 6 // a worker
	tallySteps    = 60
	tallyReloads  = 40
)

// tally is a bridge in a storm, every byte of which is accounted for.
type tally struct {
	*testing.T
	b        *Bridge
	dir      string
	exchange string
	numbers  atomic.Int64 // of sessions and of visits
	circuits []*circuit
}

// Programs come, leave and are killed, sessions come, break and are displaced, the configuration is reloaded; and every byte is
// checked at both ends, each one that is missing has been counted as dropped, and nothing comes that had arrived before the
// program or the session that it comes to. TALLY_SEED repeats a run's choices.
func TestEveryByteIsAccountedFor(t *testing.T) {
	seed, err := strconv.ParseUint(os.Getenv("TALLY_SEED"), 10, 64)
	if err != nil {
		seed = rand.Uint64()
	}
	t.Logf("TALLY_SEED=%d", seed)
	goroutines, descriptors := goleak.IgnoreCurrent(), openDescriptors(t)
	w := &tally{T: t, dir: t.TempDir()}
	w.run(seed)
	goleak.VerifyNone(t, goroutines)
	if now := openDescriptors(t); now > descriptors {
		t.Errorf("%d descriptors, %d before", now, descriptors)
	}
	if left, err := os.ReadDir(w.dir); err != nil || len(left) > 0 {
		t.Errorf("links left: %v, %v", left, err)
	}
}

func (w *tally) run(seed uint64) {
	for i := range tallyWorkers*tallyCircuits + 1 {
		onDemand := i%3 == 2
		w.circuits = append(w.circuits, newCircuit(w, fmt.Sprint("m", i), onDemand, rand.New(rand.NewPCG(seed, uint64(i)))))
	}
	ctx, cancel := context.WithCancel(context.Background())
	ready := make(chan struct{})
	w.b = New(w.config(), Options{Ready: func() { close(ready) }})
	var daemon sync.WaitGroup
	daemon.Go(func() {
		if err := w.b.Run(ctx); err != nil {
			w.Errorf("bridge: %v", err)
		}
	})
	defer daemon.Wait()
	defer cancel()
	defer func() {
		for _, c := range w.circuits {
			c.close()
			for _, e := range c.seen {
				for _, fault := range e.complaints() {
					w.Errorf("modem %s: %s", c.config.Name, fault)
				}
			}
		}
	}()
	<-ready
	w.circuits[0].until("the exchange listens", func() bool {
		x := w.b.Status().Exchanges[0]
		w.exchange = x.Listen
		return x.Up
	})
	w.storm()
}

func (w *tally) config(more ...ModemConfig) Config {
	cfg := Config{Exchanges: []ExchangeConfig{{Name: "x", Listen: "127.0.0.1:0", Profile: relay.Profile{Kind: relay.IMEI}}}}
	for _, c := range w.circuits {
		cfg.Modems, cfg.Ports = append(cfg.Modems, c.config), append(cfg.Ports, c.portConfig())
	}
	for _, m := range more {
		cfg.Modems = append(cfg.Modems, m)
		p := w.circuits[0].portConfig()
		p.Name, p.Modem, p.Spec.Address = m.Name, m.Name, filepath.Join(w.dir, m.Name)
		cfg.Ports = append(cfg.Ports, p)
	}
	return cfg
}

// storm lets the workers loose, each on circuits of its own; the last circuit is the reloads'.
func (w *tally) storm() {
	var workers sync.WaitGroup
	defer workers.Wait()
	for i := range tallyWorkers {
		workers.Go(func() {
			mine := w.circuits[i*tallyCircuits:][:tallyCircuits]
			for range tallySteps * tallyCircuits / 3 {
				mine[mine[0].random.IntN(len(mine))].step()
			}
			for _, c := range mine {
				c.finish()
			}
		})
	}
	workers.Go(func() { w.reload(w.circuits[len(w.circuits)-1]) })
}

// reload adds and removes modems, and changes one whose program and far end then have to find each other again.
func (w *tally) reload(c *circuit) {
	c.open()
	for i := range tallyReloads {
		var more []ModemConfig
		if i%2 == 0 {
			more = append(more, ModemConfig{Name: fmt.Sprint("extra", i), Exchange: "x", ID: fmt.Sprintf("3569380399%05d", i)})
		}
		changed := i%4 == 3
		if changed {
			c.config.LeaseIdle = time.Duration(i) * time.Second
		}
		cfg := w.config(more...)
		if _, err := w.b.Reload(cfg); err != nil {
			w.Errorf("reload: %v", err)
		}
		if s := c.latest(); changed && s != nil {
			<-s.over // a changed modem's session has ended
		}
		c.talk()
	}
}

// step is one thing that happens.
func (c *circuit) step() {
	steps := []func(){
		c.talk, c.talk, c.burst, c.burst, c.push, c.push, c.lose, c.lose, c.displace, c.displace, c.open, c.leave, c.leave,
		c.kick, c.scan, c.unread, c.unread, c.outage, c.outage, c.child,
	}
	steps[c.random.IntN(len(steps))]()
}

// finish proves that the circuit has come through, and that its books are even.
func (c *circuit) finish() {
	c.talk()
	c.settled(c.latest())
	if b := c.balance(); !b.even() || b.delivered == 0 || b.sent == 0 {
		c.Errorf("modem %s: the books are not even: %+v", c.config.Name, b)
	}
}
