package modem

import (
	"time"

	"meterline/bridge/frame"
	"meterline/bridge/status"
	"meterline/relay/codec"
)

// framing applies the rules of the meter's protocol between a session and its client. It is guarded by the modem's mutex.
type framing struct {
	line    *frame.Line // nil: bytes pass as they come
	guarded bool        // answers are matched with requests
	due     time.Time   // the deadline that the session's reader has for line.Tick
}

func newFraming(c frame.Config) framing {
	f := framing{guarded: c.Guarded()}
	if !c.Plain() {
		f.line = frame.NewLine(c)
	}
	return f
}

// on reports whether the modem has a protocol, so that bytes do not just pass.
func (f *framing) on() bool { return f.line != nil }

// waits reports whether a request is being held: it is unfinished, or an earlier one has not been answered.
func (f *framing) waits() bool { return f.line != nil && f.line.Waiting() > 0 }

// parcel is what frames have decided to hand over, and to whom.
type parcel struct {
	to     *Access
	pieces [][]byte
	writes uint64 // how often the program had written at that time
}

// apply sends and counts what frames have decided. It returns what is to be handed over, which must happen without the mutex. The caller
// holds mu.
func (c *circuit) apply(out frame.Out, now time.Time, put putFunc) parcel {
	to, from := c.receiver(), c.lease.holder
	for _, d := range out.Drops {
		c.dropFramed(to, d, now)
	}
	for _, b := range out.ToModem {
		switch {
		case from == nil: // the program that wrote it has gone
			c.observer.dropped.Add(status.DropLeft, len(b))
		case c.lease.holder != from: // while the piece before waited for room
			from.client.Dropped(status.DropTakenOver, len(b))
		default:
			c.lease.moved = now
			put(from, b, now)
		}
	}
	c.clearedIfSent(c.lease.holder)
	c.rearm()
	return parcel{to, out.ToProgram, c.frames.line.Writes()}
}

// dropFramed counts what frames have dropped. The caller holds mu.
func (c *circuit) dropFramed(to *Access, d frame.Drop, now time.Time) {
	dir := status.FromModem
	if d.ToModem {
		dir = status.ToModem
	}
	c.observer.drop(to, dir, d.Bytes, d.Reason, now)
}

// rearm sets the session's read deadline to the time at which frames want their next Tick. The caller holds mu, as in displace: the
// deadline that takes an older session from its reader must never be replaced.
func (c *circuit) rearm() {
	if !c.frames.on() || c.session == nil || c.serving != c.session {
		return
	}
	if due := c.frames.line.Due(); !due.Equal(c.frames.due) {
		c.frames.due = due
		_ = c.session.SetReadDeadline(due) // fails only if the session has ended
	}
}

// withdraw gives up a request of h that waits. The caller holds mu.
func (c *circuit) withdraw(h *Access, reason string) {
	if !c.frames.on() {
		return
	}
	now := time.Now()
	for _, d := range c.frames.line.Withdraw(reason).Drops {
		c.dropFramed(h, d, now)
	}
	c.rearm()
}

// FrameEnd returns what measures the messages of the modem's meters, nil if their protocol does not say where they end.
func (m *Modem) FrameEnd() codec.FrameEnd {
	if !m.cfg.Frame.Bounded() {
		return nil
	}
	return func(b []byte) (n int, message bool) {
		m.mu.Lock() // the session's reader looks for heartbeats between messages before the bytes come here
		defer m.mu.Unlock()
		return m.circuit.frames.line.AnswerEnd(b)
	}
}
