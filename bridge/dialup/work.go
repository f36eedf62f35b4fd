package dialup

import (
	"context"
	"time"

	"meterline/bridge/modem"
	"meterline/bridge/status"
	"meterline/vport"
	"meterline/vport/hayes"
)

// work does what the emulated modem wants done. Only the port's own goroutine calls it.
func (p *Port) work(ctx context.Context) {
	for p.workOnce(ctx) {
	}
}

// workOnce does the first thing that the emulated modem wants done, and returns false if there is none.
func (p *Port) workOnce(ctx context.Context) bool {
	p.working.Lock()
	defer p.working.Unlock()
	p.mu.Lock()
	if len(p.wanted) == 0 {
		p.mu.Unlock()
		return false
	}
	next, c := p.wanted[0], p.call
	p.wanted = p.wanted[1:]
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
	return true
}

// say sends b to the meter.
func (p *Port) say(c *call, b []byte) {
	if c == nil {
		p.drop(status.DropEnded, len(b))
		return
	}
	c.access.Speak(b)
}

// signal is told what the program does to its port besides writing: DTR off hangs up as the modem is set, RTS is between the
// program and the emulated modem, and in a call the rest is for the far serial port.
func (p *Port) signal(s vport.Signal) {
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
	if s.Kind == vport.SignalSettings {
		s.Settings = throughModem(s.Settings)
	}
	if c != nil && s.Kind != vport.SignalDTR && s.Kind != vport.SignalRTS {
		c.access.Signal(s)
	}
}

// throughModem is what of a program's settings shows behind a pair of modems. Their line and the far port have a speed of their
// own, but the bits of a character arrive as they were sent: a far port that knows of parity must be set as the program is.
func throughModem(s vport.Settings) vport.Settings {
	s.Speed = 0
	return s
}

// Settings are what the program has set that is for the far serial port.
func (c *call) Settings() vport.Settings {
	c.p.mu.Lock()
	d := c.p.device
	c.p.mu.Unlock()
	if s, ok := d.(vport.Signaller); ok && !isLocal(d) {
		return throughModem(s.Settings())
	}
	return vport.Settings{}
}

// isLocal reports whether a port's settings are of no meaning behind it: the kernel tells a pseudo-terminal's, but not the parity.
func isLocal(d vport.Port) bool {
	_, local := d.(vport.Devicer)
	return local
}

// tap wakes the modem that a program has made a voice call to, where there is something to wake it with.
func (p *Port) tap(ctx context.Context, m *modem.Modem) {
	if m == nil {
		return
	}
	p.calls.Go(func() {
		err := p.wake(ctx, m)
		p.log.Info("tapped", "modem", m.Name(), "err", err)
	})
}

func nameOf(m *modem.Modem) string {
	if m == nil {
		return "-"
	}
	return m.Name()
}
