package modem

import (
	"time"

	"meterline/bridge/frame"
	"meterline/bridge/status"
)

// framing is what stands between a session and its client: frame's rules, or nothing. It is guarded by the modem's mutex.
type framing struct {
	line    *frame.Line // nil: bytes pass as they come
	guarded bool        // answers are matched with requests
	due     time.Time   // when line wants to be looked at, as the session's reader knows
}

func newFraming(c frame.Config) framing {
	f := framing{guarded: c.Guarded()}
	if !c.Plain() {
		f.line = frame.NewLine(c)
	}
	return f
}

// on reports whether anything stands between.
func (f *framing) on() bool { return f.line != nil }

// waits reports whether a request waits to be whole, or for the answer to the one before.
func (f *framing) waits() bool { return f.line != nil && f.line.Waiting() > 0 }

// parcel is what is to be handed over, and to whom.
type parcel struct {
	to     *Access
	pieces [][]byte
	writes uint64 // how often the program had written when that was decided
}

// apply does what frames have decided, but for handing over, which must not be done under the mutex. The caller holds mu.
func (c *circuit) apply(out frame.Out, now time.Time, put putFunc) parcel {
	to, from := c.receiver(), c.lease.holder
	for _, d := range out.Drops {
		c.dropFramed(to, d, now)
	}
	for _, b := range out.ToModem {
		switch {
		case from == nil: // whoever wrote it has gone
			c.dropped.Add(status.DropLeft, len(b))
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
	c.drop(to, dir, d.Bytes, d.Reason, now)
}

// rearm wakes the session's reader when frames want to be looked at. The caller holds mu, as in displace, so that the deadline which
// takes an older session from its reader is never taken back.
func (c *circuit) rearm() {
	if !c.frames.on() || c.session == nil || c.serving != c.session {
		return
	}
	if due := c.frames.line.Due(); !due.Equal(c.frames.due) {
		c.frames.due = due
		_ = c.session.SetReadDeadline(due) // fails only when it has ended, and then nothing waits
	}
}

// withdraw gives up a request of h that waits. The caller holds mu.
func (c *circuit) withdraw(h *Access, reason string) {
	if !c.frames.on() {
		return
	}
	now := time.Now()
	for _, d := range c.frames.line.Withdraw().Drops {
		d.Reason = reason
		c.dropFramed(h, d, now)
	}
	c.rearm()
}
