package bridge

import (
	"cmp"
	"context"
	"sync"

	"meterline/bridge/fallback"
	"meterline/bridge/modem"
)

// tap wakes a modem that a program has made a voice call to, where there is something to wake it with.
func (b *Bridge) tap(ctx context.Context, m *modem.Modem) error {
	if r := b.reaches.of(m); r != nil {
		return r.Tap(ctx)
	}
	return fallback.NoFallback(m)
}

// plugIn starts the plugged-in modems that are new, and counts for each exchange.
func (b *Bridge) plugIn(ctx context.Context, wg *sync.WaitGroup, wanted members, c *changeLog) {
	for name, uc := range wanted.usb {
		if b.usb[name] == nil && b.opt.Stick != nil {
			d := fallback.New(uc, b.log, b.ledger, b.opt.Stick)
			b.usb[name] = start(ctx, wg, d, d.Run)
			c.started("usb modem " + name)
		}
	}
	for name, key := range wanted.exchanges {
		a := b.outages[name]
		if a == nil {
			a = new(modem.Outage)
			b.outages[name] = a
		}
		a.SetPercent(cmp.Or(key.cfg.Outage, 20))
	}
}

// giveQueues tells each modem which plugged-in modem reaches it.
func (b *Bridge) giveQueues() {
	for _, m := range b.modems {
		var d *fallback.Queue
		cfg := m.it.Config()
		if mem := b.usb[cfg.Fallback.USB]; mem != nil && len(cfg.Numbers) > 0 {
			d = mem.it
		}
		b.reaches.of(m.it).Use(d)
	}
}

// reaches has the fallback of each modem. It has a lock of its own: who asks may be waited for by who holds the bridge's.
type reaches struct{ m sync.Map }

func (r *reaches) add(m *modem.Modem) { r.m.Store(m, fallback.NewReach(m)) }

func (r *reaches) remove(m *modem.Modem) { r.m.Delete(m) }

// of is the fallback of m, nil if it has none: a modem that is there for one call.
func (r *reaches) of(m *modem.Modem) *fallback.Reach {
	found, _ := r.m.Load(m)
	reach, _ := found.(*fallback.Reach)
	return reach
}
