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
	for name, uc := range wanted.desks {
		if b.desks[name] == nil && b.opt.Telephone != nil {
			d := fallback.New(uc, b.log, b.ledger, b.opt.Telephone)
			b.desks[name] = start(ctx, wg, d, d.Run)
			c.started("usb modem " + name)
		}
	}
	for name, key := range wanted.exchanges {
		a := b.attending[name]
		if a == nil {
			a = new(modem.Outage)
			b.attending[name] = a
		}
		a.SetPercent(cmp.Or(key.cfg.Outage, 20))
	}
}

// giveDesks tells each modem which plugged-in modem reaches it.
func (b *Bridge) giveDesks() {
	for _, m := range b.modems {
		var d *fallback.Queue
		cfg := m.it.Config()
		if mem := b.desks[cfg.Fallback.USB]; mem != nil && len(cfg.Numbers) > 0 {
			d = mem.it
		}
		b.reaches.of(m.it).Use(d)
	}
}
