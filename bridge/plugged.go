package bridge

import (
	"cmp"
	"context"
	"sync"

	"meterline/bridge/fallback"
	"meterline/bridge/modem"
)

// wakeByVoiceCall wakes a modem that a program has made a voice call to, if it has a fallback.
func (b *Bridge) wakeByVoiceCall(ctx context.Context, m *modem.Modem) error {
	if r := b.reaches.of(m); r != nil {
		return r.StartWake(ctx)
	}
	return fallback.NoFallback(m)
}

// plugIn starts the plugged-in modems that are new, and the counts of each exchange's absent modems.
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

// giveQueues tells each modem's fallback which plugged-in modem to use.
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

// reaches holds the fallback of each modem. It does not use the bridge's lock, because its caller may be waited for by who holds that.
type reaches struct{ m sync.Map }

func (r *reaches) add(m *modem.Modem) { r.m.Store(m, fallback.NewReach(m)) }

func (r *reaches) remove(m *modem.Modem) { r.m.Delete(m) }

// of returns the fallback of m. It is nil for a modem that exists for one call only; see Bridge.stranger.
func (r *reaches) of(m *modem.Modem) *fallback.Reach {
	found, _ := r.m.Load(m)
	reach, _ := found.(*fallback.Reach)
	return reach
}
