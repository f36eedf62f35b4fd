package bridge

import (
	"context"
	"time"

	"meterline/vport"
	"meterline/vport/hayes"
)

// work does what the emulated modem wants done. Only the phone's own goroutine calls it.
func (p *phone) work(ctx context.Context) {
	for {
		p.mu.Lock()
		if len(p.todo) == 0 {
			p.mu.Unlock()
			return
		}
		next, c := p.todo[0], p.call
		p.todo = p.todo[1:]
		if _, ends := next.(hayes.HangUp); ends && c != nil {
			c.ended = true // at once: what comes from now on must not be taken for the next call's
			p.changed.Broadcast()
		}
		p.mu.Unlock()
		switch next := next.(type) {
		case []byte:
			p.say(c, next)
		case hayes.Dial:
			p.dial(ctx, next)
		case hayes.Answer:
			p.answer(ctx)
		case hayes.HangUp:
			p.hangUp(c, next.Why)
			p.noRing()
		}
	}
}

// say sends b to the meter.
func (p *phone) say(c *call, b []byte) {
	if c == nil {
		p.drop(dropEnded, len(b))
		return
	}
	c.m.speak(c, b)
}

// speak sends b of h, which has the lease, to the session.
func (m *modem) speak(h holder, b []byte) {
	now := time.Now()
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed != nil || m.holder != h || m.session == nil {
		h.drop(dropEnded, len(b))
		return
	}
	m.moved = now
	m.forward(h, b, now)
}

// signal is told what the program does to its port besides writing: DTR off hangs up as the modem is set, and in a call the rest
// is for the far serial port.
func (p *phone) signal(s vport.Signal) {
	p.mu.Lock()
	c := p.call
	if s.Kind == vport.SignalDTR {
		if !s.On {
			p.heard(p.hayes.Dropped(time.Now(), true))
		} else {
			p.heard(p.hayes.Opened(time.Now()))
		}
	}
	p.mu.Unlock()
	if c != nil && s.Kind != vport.SignalDTR {
		c.m.signalled(c, s)
	}
}

// tap wakes the modem that a program has made a voice call to, where there is something to wake it with.
func (p *phone) tap(ctx context.Context, m *modem) {
	if m == nil {
		return
	}
	p.calls.Go(func() {
		w, err := m.wakeNow(ctx)
		if w != nil {
			w.over()
		}
		p.log.Info("tapped", "modem", m.cfg.Name, "err", err)
	})
}

func nameOf(m *modem) string {
	if m == nil {
		return "-"
	}
	return m.cfg.Name
}
