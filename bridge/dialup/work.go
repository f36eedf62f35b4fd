package dialup

import (
	"context"
	"time"

	"meterline/bridge/modem"
	"meterline/bridge/status"
	"meterline/vport"
	"meterline/vport/hayes"
)

// work does everything in pending. Only the port's goroutine calls it.
func (p *Port) work(ctx context.Context) {
	for p.workOnce(ctx) {
	}
}

// workOnce does the first thing in pending, and returns false if there is none.
func (p *Port) workOnce(ctx context.Context) bool {
	p.working.Lock()
	defer p.working.Unlock()
	p.mu.Lock()
	if len(p.pending) == 0 {
		p.mu.Unlock()
		return false
	}
	next, c := p.pending[0], p.call
	p.pending = p.pending[1:]
	if _, ends := next.(hayes.HangUp); ends && c != nil {
		c.ended = true // at once: what comes from now on must not be taken for bytes of the next call
		p.changed.Broadcast()
	}
	p.mu.Unlock()
	switch next := next.(type) {
	case []byte:
		p.toMeter(c, next)
	case hayes.Dial:
		p.dial(ctx, next)
	case hayes.Answer:
		p.answer(ctx)
	case hayes.HangUp:
		p.hangUp(c, next.Why)
		p.refuseRing()
	}
	return true
}

// toMeter sends b to the meter of call c, which may be nil.
func (p *Port) toMeter(c *call, b []byte) {
	if c == nil {
		p.drop(status.DropEnded, len(b))
		return
	}
	c.access.Speak(b)
}

// signal is called for what the program does to the port besides writing. DTR off hangs up as &D says. RTS is between the program and the
// emulated modem. In a call, everything else is for the far serial port.
func (p *Port) signal(s vport.Signal) {
	p.mu.Lock()
	c := p.call
	if s.Kind == vport.SignalDTR {
		if !s.On {
			p.applyAndWake(p.hayes.Dropped(time.Now(), true))
		} else {
			p.applyAndWake(p.hayes.Opened(time.Now()))
		}
	}
	p.mu.Unlock()
	if s.Kind == vport.SignalSettings {
		s.Settings = acrossModems(s.Settings)
	}
	if c != nil && s.Kind != vport.SignalDTR && s.Kind != vport.SignalRTS {
		c.access.Signal(s)
	}
}

// acrossModems returns what of a program's settings matters behind a pair of real modems. The line between these, and the far port, have
// speeds of their own. But the bits of a character arrive as they were sent, so a far port that checks parity must be set like the
// program.
func acrossModems(s vport.Settings) vport.Settings {
	s.Speed = 0
	return s
}

// Settings returns the program's settings that are for the far serial port.
func (c *call) Settings() vport.Settings {
	c.p.mu.Lock()
	d := c.p.device
	c.p.mu.Unlock()
	if s, ok := d.(vport.Signaller); ok && !isLocal(d) {
		return acrossModems(s.Settings())
	}
	return vport.Settings{}
}

// isLocal reports whether a port's settings have no meaning at the far end. Those of a pseudo-terminal do not: the kernel does not tell
// its parity.
func isLocal(d vport.Port) bool {
	_, local := d.(vport.Devicer)
	return local
}

// wakeByVoiceCall wakes a modem that the program has made a voice call to, if it can be woken.
func (p *Port) wakeByVoiceCall(ctx context.Context, m *modem.Modem) {
	if m == nil {
		return
	}
	p.calls.Go(func() {
		err := p.wake(ctx, m)
		p.log.Info("woken by a voice call", "modem", m.Name(), "err", err)
	})
}

func nameOf(m *modem.Modem) string {
	if m == nil {
		return "-"
	}
	return m.Name()
}
