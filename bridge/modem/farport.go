package modem

import (
	"slices"
	"strings"

	"meterline/relay"
	"meterline/vport"
)

// farPort is the serial port at a session's far end, where that can be set. It is guarded by the modem's mutex.
type farPort struct {
	serial vport.Settings // as the configuration has it
	set    vport.Settings // as it was last asked to be set
}

// begin is called for a new session. Its far port is set as the configuration says.
func (f *farPort) begin() { f.set = f.serial }

// forget is called where settings could not be sent: nobody knows any more how the far port is set.
func (f *farPort) forget() { f.set = vport.Settings{} }

// follow sets the far port as a program has set its own, and for the rest as the configuration says. The program before may have set
// it otherwise.
func (f *farPort) follow(q *sendQueue, program vport.Settings) {
	want := program.Over(f.serial)
	if next := want.Over(f.set); next != f.set {
		f.set = next
		f.queueSettings(q, want)
	}
}

// queueSettings has the far port set to want. What it was to be set to just before is not sent first: programs may come and go, each
// with settings of its own, for as long as the far end takes nothing.
func (f *farPort) queueSettings(q *sendQueue, want vport.Settings) {
	if last := len(q.between) - 1; last >= 0 && q.between[last].want != (vport.Settings{}) && q.between[last].behind == len(q.backlog) {
		want = want.Over(q.between[last].want)
		q.between = q.between[:last]
	}
	set := func(s *relay.Session) error { return s.Set(want) } // what is refused shows in the session's facts
	q.perform(betweenBytes{do: set, failed: f.forget, want: want})
}

// signal passes on what a program has done to its port. It returns false while the queue is full.
func (f *farPort) signal(q *sendQueue, s vport.Signal, do func(*relay.Session) error) bool {
	if len(q.between) >= betweenMax {
		return false
	}
	f.set = s.Settings.Over(f.set)
	q.perform(betweenBytes{do: do, failed: f.forget})
	q.signal() // another port's program may wait, too
	return true
}

// farSignal is what s means for a far serial port, nil if nothing. What the far port refuses shows in the session's facts.
func farSignal(s vport.Signal) func(*relay.Session) error {
	switch s.Kind {
	case vport.SignalSettings:
		if s.Settings == (vport.Settings{}) {
			return nil
		}
		return func(f *relay.Session) error { return f.Set(s.Settings) }
	case vport.SignalPurge:
		return func(f *relay.Session) error { return f.Purge(s.Received, false) } // what is to be sent is the request, mostly
	case vport.SignalBreak:
		return func(f *relay.Session) error { return f.Break(s.On) }
	case vport.SignalBreakShort:
		return func(f *relay.Session) error { return f.ShortBreak() }
	case vport.SignalDTR:
		return func(f *relay.Session) error { return f.SetDTR(s.On) }
	case vport.SignalRTS:
		return func(f *relay.Session) error { return f.SetRTS(s.On) }
	}
	return nil
}

// MayBeSet reports whether a modem that is called at these addresses could have a far serial port that can be set.
func MayBeSet(dial []string) bool {
	return slices.ContainsFunc(dial, func(a string) bool { return strings.HasPrefix(a, "rfc2217://") })
}

// signalled passes what h's program does to its port on to a far serial port that can be set. Whoever does not have the modem changes
// nothing.
func (c *circuit) signalled(h *Access, s vport.Signal) {
	do := farSignal(s)
	if do == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.heeds(h) && !c.far.signal(c.toModem.queue, s, do) {
		if c.toModem.queue.waitRoom(h) != "" {
			return
		}
	}
}

// heeds reports whether the present session's far port does what h's program wants. The caller holds mu.
func (c *circuit) heeds(h *Access) bool {
	return c.session != nil && (c.lease.holder == nil || c.lease.holder == h) && c.session.Settable()
}

// setFarPort sets the far port for whoever has the modem, or else for the first that has it open. The caller holds mu.
func (c *circuit) setFarPort() {
	if c.session != nil && c.session.Settable() {
		c.far.follow(c.toModem.queue, c.programSettings())
	}
}

// programSettings are what the holder's program has set, or where nobody has the modem, the first that has a port open. The caller
// holds mu.
func (c *circuit) programSettings() vport.Settings {
	if h := c.lease.holder; h != nil {
		return h.settings()
	}
	for _, p := range c.ports {
		if s := p.settings(); s != (vport.Settings{}) {
			return s
		}
	}
	return vport.Settings{}
}
