package modem

import (
	"slices"
	"strings"
	"time"

	"meterline/relay"
	"meterline/vport"
)

// asidesMost bounds what waits to be done to a session; whoever wants more waits, as with bytes.
const asidesMost = 64

// aside is something to be done to a session in order with the bytes: behind so many of those that wait now.
type aside struct {
	behind int
	do     func(*relay.Session) error
	want   vport.Settings // what it sets the far port to, where it comes from settleLine
}

// enqueue lets do happen when all that has been written before has been sent. It may wait: the outlet's own goroutine does it. The
// mutex is held.
func (m *Modem) enqueue(o *outlet, do func(*relay.Session) error) {
	o.asides = append(o.asides, aside{behind: len(o.backlog), do: do})
	if !o.draining {
		o.draining = true
		m.wg.Go(func() { m.drain(o) })
	}
}

// nextChunk is what may be written before the next aside, and the one that is due instead of that. The caller holds mu.
func (o *outlet) nextChunk() (chunk []byte, due func(*relay.Session) error) {
	if len(o.asides) == 0 {
		chunk, o.backlog = o.backlog, nil
		return chunk, nil
	}
	n := o.asides[0].behind
	if n == 0 {
		due = o.asides[0].do
		o.asides = o.asides[1:]
		return nil, due
	}
	chunk, o.backlog = o.backlog[:n:n], o.backlog[n:]
	for i := range o.asides {
		o.asides[i].behind -= n
	}
	return chunk, nil
}

// giveUp drops the bytes that wait, and tells how many. What is to happen in between still does, since whoever has the modem next
// relies on it. The caller holds mu.
func (o *outlet) giveUp() int {
	n := len(o.backlog)
	o.backlog = nil
	for i := range o.asides {
		o.asides[i].behind = 0
	}
	return n
}

// perform does what is due. Where that cannot be sent, nobody knows any more how the far port is set. The caller holds mu but for the
// doing.
func (m *Modem) perform(o *outlet, due func(*relay.Session) error) {
	m.mu.Unlock()
	err := due(o.s)
	m.mu.Lock()
	if err != nil && m.out == o {
		m.lineSet = vport.Settings{}
	}
	o.signal()
}

// flushFrames sends what is held of h's unfinished request.
func (m *Modem) flushFrames(h *Access) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.frames != nil && m.holder == h && m.session != nil {
		now := time.Now()
		m.carry(m.frames.Flush(now), now, m.write)
	}
}

// signalled passes what h's program does to its port on to a far serial port that can be set. Whoever does not have the modem
// changes nothing.
func (m *Modem) signalled(h *Access, s vport.Signal) {
	m.mu.Lock()
	defer m.mu.Unlock()
	do := farSignal(s)
	if do == nil {
		return
	}
	for m.heeds(h) {
		if o := m.out; len(o.asides) < asidesMost {
			m.lineSet = s.Settings.Over(m.lineSet)
			m.enqueue(o, do)
			o.signal() // another port's program may wait, too
			return
		} else if m.waitRoom(h, o) != "" {
			return
		}
	}
}

// heeds reports whether the present session's far port does what h's program wants. The caller holds mu.
func (m *Modem) heeds(h *Access) bool {
	return m.session != nil && (m.holder == nil || m.holder == h) && m.session.Settable()
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

// mayBeSet reports whether the far serial port could be one that can be set.
func (m *Modem) mayBeSet() bool {
	return slices.ContainsFunc(m.cfg.Dial, func(a string) bool { return strings.HasPrefix(a, "rfc2217://") })
}

// settleLine sets the far port for whoever has the modem, or else has it open: as its program has set its own, and for the rest as
// the configuration says. The program before may have set it otherwise. The caller holds mu.
func (m *Modem) settleLine() {
	if m.session == nil || !m.session.Settable() {
		return
	}
	want := m.programSettings().Over(m.cfg.Serial)
	if next := want.Over(m.lineSet); next != m.lineSet {
		m.lineSet = next
		m.enqueueSettings(m.out, want)
	}
}

// enqueueSettings has the far port set to want. What the port was to be set to just before is not sent first: programs may come and
// go, each with settings of its own, for as long as the far end takes nothing. The caller holds mu.
func (m *Modem) enqueueSettings(o *outlet, want vport.Settings) {
	if last := len(o.asides) - 1; last >= 0 && o.asides[last].want != (vport.Settings{}) && o.asides[last].behind == len(o.backlog) {
		want = want.Over(o.asides[last].want)
		o.asides = o.asides[:last]
	}
	m.enqueue(o, func(f *relay.Session) error { return f.Set(want) }) // what is refused shows in the session's facts
	o.asides[len(o.asides)-1].want = want
}

// programSettings are what the holder's program has set, or where nobody has the modem, the first that has a port open. The mutex is
// held.
func (m *Modem) programSettings() vport.Settings {
	if m.holder != nil {
		return m.holder.settings()
	}
	for _, p := range m.ports {
		if s := p.settings(); s != (vport.Settings{}) {
			return s
		}
	}
	return vport.Settings{}
}
