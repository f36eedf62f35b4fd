package modem

import (
	"bytes"
	"errors"
	"os"
	"time"

	"meterline/bridge/frame"
	"meterline/bridge/status"
	"meterline/relay"
)

// newFrames is what stands between a modem and its programs, nil where bytes pass as they come.
func newFrames(c frame.Config) *frame.Line {
	if c.Plain() {
		return nil
	}
	return frame.NewLine(c)
}

// Inherit takes over what old, whose life is over, knows of answers that may still come. It is called before m's life begins.
func (m *Modem) Inherit(old *Modem) {
	old.mu.Lock()
	defer old.mu.Unlock()
	if m.frames != nil && old.frames != nil {
		m.frames.Inherit(old.frames, time.Now())
	}
}

// read reads s until it ends or is superseded. In between it does what time brings: this goroutine alone hands bytes to
// programs, so that they stay in order.
func (m *Modem) read(s *relay.Session) error {
	for {
		err := s.Receive(func(b []byte) bool { return m.hand(s, b) })
		if m.frames == nil || !errors.Is(err, os.ErrDeadlineExceeded) || m.superseded(s) {
			return err
		}
		m.pass(m.ripe())
	}
}

// ripe is what time alone has brought about.
func (m *Modem) ripe() parcel {
	m.mu.Lock()
	from := m.holder
	m.mu.Unlock()
	if from != nil && m.guarded { // on a busy machine the program may have finished long ago what is about to be given up
		m.catchUp(from)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	p := m.carry(m.frames.Tick(now), now, m.push)
	m.handing = p.to
	m.frames.Delivering()
	return p
}

// parcel is what the modem's goroutine has to hand over, and to whom.
type parcel struct {
	to     *Access
	pieces [][]byte
	writes uint64 // how often the program had written when that was decided
}

// forward sends b, written by h, to the present session through what stands between. The caller holds mu.
func (m *Modem) forward(h *Access, b []byte, now time.Time, write func(*Access, []byte, time.Time)) {
	if m.frames == nil {
		write(h, b, now)
		return
	}
	m.carry(m.frames.FromProgram(b, now), now, write)
}

// carry does what frames came to, but for handing over, which must not be done under the mutex. The caller holds mu.
func (m *Modem) carry(out frame.Out, now time.Time, send func(*Access, []byte, time.Time)) parcel {
	to, from := m.receiver(), m.holder
	for _, d := range out.Drops {
		m.lose(to, d, now)
	}
	for _, p := range out.ToModem {
		switch {
		case from == nil: // whoever wrote it has gone
			m.dropped.Add(status.DropLeft, len(p))
		case m.holder != from: // while the piece before waited for room
			from.client.Dropped(status.DropTakenOver, len(p))
		default:
			m.moved = now
			send(from, p, now)
		}
	}
	if p := m.holder; p != nil && p.clearing && !m.sending(p) {
		m.cleared(p)
	}
	m.rearm()
	return parcel{to, out.ToProgram, m.frames.Writes()}
}

// lose counts what frames dropped. The caller holds mu.
func (m *Modem) lose(to *Access, d frame.Drop, now time.Time) {
	dir := status.FromModem
	if d.ToModem {
		dir = status.ToModem
	}
	if to != nil {
		to.client.Dropped(d.Reason, len(d.Bytes))
	} else {
		m.dropped.Add(d.Reason, len(d.Bytes))
	}
	m.tapLocked(status.Tapped{At: now, Port: labelOf(to), Dir: dir, Data: d.Bytes, Drop: d.Reason})
}

// rearm wakes the reading goroutine when frames want to be looked at. The caller holds mu, as in displace, so that the
// deadline which takes an older session from its reader is never taken back.
func (m *Modem) rearm() {
	if m.frames == nil || m.session == nil || m.serving != m.session {
		return
	}
	if due := m.frames.Due(); !due.Equal(m.due) {
		m.due = due
		_ = m.session.SetReadDeadline(due) // fails only when it has ended, and then nothing waits
	}
}

// pass hands over what frames let go of.
func (m *Modem) pass(p parcel) {
	if len(p.pieces) > 0 && m.first(p) {
		for _, piece := range p.pieces[1:] {
			m.deliver(p.to, piece)
		}
	}
	m.handed()
}

// deliver hands b to whoever has the modem; to is nil where that is nobody.
func (m *Modem) deliver(to *Access, b []byte) {
	n, reason := 0, status.DropNobody
	if to != nil {
		n, reason = to.client.Deliver(b)
	}
	m.delivered(to, b, n, reason)
}

// delivered notes what has become of b.
func (m *Modem) delivered(to *Access, b []byte, n int, reason string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if to == nil {
		m.dropped.Add(status.DropNobody, len(b))
	}
	now := time.Now()
	m.tapLocked(status.Tapped{At: now, Port: labelOf(to), Dir: status.FromModem, Data: b[:n]})
	m.tapLocked(status.Tapped{At: now, Port: labelOf(to), Dir: status.FromModem, Data: b[n:], Drop: reason})
}

// sending reports whether bytes of h's program are still on their way. The caller holds mu.
func (m *Modem) sending(h *Access) bool {
	return m.out.busy() && m.out.owner == h || m.holder == h && m.frames != nil && m.frames.Waiting() > 0
}

// withdraw gives up a request that waits. The caller holds mu.
func (m *Modem) withdraw(h *Access, reason string) {
	if m.frames == nil {
		return
	}
	now := time.Now()
	for _, d := range m.frames.Withdraw().Drops {
		d.Reason = reason
		m.lose(h, d, now)
	}
	m.rearm()
}

// endFrames lets go of everything, at the end of a session.
func (m *Modem) endFrames() parcel {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.due = time.Time{}
	if m.frames == nil {
		return parcel{}
	}
	now := time.Now()
	out := m.frames.End(now)
	for i := range out.ToProgram {
		out.ToProgram[i] = bytes.Clone(out.ToProgram[i])
	}
	p := m.carry(out, now, m.push)
	m.handing = p.to
	return p
}
