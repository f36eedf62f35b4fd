package modem

import (
	"bytes"
	"errors"
	"os"
	"time"

	"meterline/bridge/status"
	"meterline/relay"
)

// BacklogMax bounds what was read from the program and not yet taken by the system for the modem.
const BacklogMax = 64 << 10

// outlet is the way into one session. What the system does not take at once waits in its backlog, so that the program's
// port is read promptly even while the modem is slow: what a program drains and then flushes would be lost otherwise. All
// of it is guarded by the modem's mutex.
type outlet struct {
	s        *relay.Session
	backlog  []byte
	asides   []aside       // what is to happen in between
	owner    *Access       // whose bytes they are
	flying   int           // bytes that the draining goroutine is writing
	draining bool          // a goroutine is writing them
	cut      bool          // the session has a write deadline, because the time of a program that left is over
	room     chan struct{} // capacity 1: some of the backlog has gone, or the outlet has ended
	left     time.Time     // since when a program that waits for room is known to have gone; zero: it is there
}

func newOutlet(s *relay.Session) *outlet { return &outlet{s: s, room: make(chan struct{}, 1)} }

// busy reports whether bytes are still on their way.
func (o *outlet) busy() bool { return o != nil && (o.draining || len(o.backlog) > 0) }

func (o *outlet) signal() {
	select {
	case o.room <- struct{}{}:
	default: // one signal is enough
	}
}

// send takes b from p's program: to the session, by way of write, to what is kept for one, or nowhere.
func (m *Modem) send(p *Access, b []byte, write func(*Access, []byte, time.Time)) {
	now := time.Now()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.wish(now)
	if p.clearing { // the program that left has told so behind its last byte: these are the next one's
		p.unclear()
		m.settleLine()
	}
	switch {
	case m.closed != nil:
		m.refuse(p, b, status.DropGone)
	case !m.lease(p, now):
		m.refuse(p, b, status.DropHeld)
	case m.session == nil:
		m.keep(p, b, now)
	default:
		m.moved = now
		m.tellLost(p, now)
		m.forward(p, b, now, write)
	}
	m.changed(p)
}

// refuse drops b, written by p's program. The caller holds mu.
func (m *Modem) refuse(p *Access, b []byte, reason string) {
	p.client.Dropped(reason, len(b))
	m.lost(p, b, time.Now())
	m.tapLocked(status.Tapped{At: time.Now(), Port: p.client.Name(), Dir: status.ToModem, Data: b, Drop: reason})
}

// write puts b of p on its way to the present session, and waits while the backlog is full. The caller holds mu, but for
// that wait.
func (m *Modem) write(p *Access, b []byte, now time.Time) {
	o := m.out
	for b = m.try(p, b, now); len(b) > 0; {
		n := min(BacklogMax-len(o.backlog)-o.flying, len(b))
		if n > 0 {
			m.queue(o, p, b[:n])
			b = b[n:]
			continue
		}
		b = bytes.Clone(b) // whose it is may be used again while the mutex is not held
		if reason := m.waitRoom(p, o); reason != "" {
			p.client.Dropped(reason, len(b))
			return
		}
		if m.holder != p { // another one's bytes may be on their way by now
			p.client.Dropped(status.DropTakenOver, len(b))
			return
		}
	}
}

// push is write for the modem's own goroutine, which must not wait: it has a single request at most. The caller holds mu.
func (m *Modem) push(p *Access, b []byte, now time.Time) {
	if b = m.try(p, b, now); len(b) > 0 {
		m.queue(m.out, p, b)
	}
}

// try gives the system what it takes at once, and returns the rest. The caller holds mu.
func (m *Modem) try(p *Access, b []byte, now time.Time) []byte {
	m.tapLocked(status.Tapped{At: now, Port: p.client.Name(), Dir: status.ToModem, Data: b})
	if m.out.busy() {
		return b
	}
	n, err := m.out.s.TryWrite(b)
	m.written(now, n)
	if err != nil { // run learns of the end from reading
		p.client.Dropped(status.DropEnded, len(b)-n)
		return nil
	}
	return b[n:]
}

// queue puts b of p behind what waits. The caller holds mu.
func (m *Modem) queue(o *outlet, p *Access, b []byte) {
	o.backlog, o.owner = append(o.backlog, b...), p
	if !o.draining {
		o.draining = true
		m.wg.Go(func() { m.drain(o) })
	}
}

// written counts what went to the modem. The caller holds mu.
func (m *Modem) written(now time.Time, n int) {
	if n > 0 {
		m.sent += int64(n)
		m.account.Sent(now, n)
	}
}

// waitRoom waits until o has room, and says why there will be none, if so. The caller holds mu but for the wait.
func (m *Modem) waitRoom(p *Access, o *outlet) (reason string) {
	m.stalled.Add(1)
	defer m.stalled.Add(-1)
	m.mu.Unlock()
	defer m.mu.Lock()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for !m.outOfTime(p, o) {
		select {
		case <-o.room:
			if m.outletGone(o) {
				return status.DropEnded
			}
			return ""
		case <-tick.C:
		}
	}
	return status.DropLeft
}

// outOfTime reports whether p's program has left so long ago that the rest of its bytes is given up. The time counts from its leaving
// and not anew for each piece.
func (m *Modem) outOfTime(p *Access, o *outlet) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case p.client.Present():
		o.left = time.Time{}
	case o.left.IsZero():
		o.left = time.Now()
	}
	return !o.left.IsZero() && time.Since(o.left) >= deliverWithin
}

func (m *Modem) outletGone(o *outlet) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.out != o || m.closed != nil
}

// drain writes o's backlog until it is empty or the session ends.
func (m *Modem) drain(o *outlet) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for len(o.backlog) > 0 || len(o.asides) > 0 {
		chunk, due := o.nextChunk()
		if due != nil {
			m.perform(o, due)
			continue
		}
		o.flying = len(chunk)
		m.mu.Unlock()
		n, err := o.s.Write(chunk)
		m.mu.Lock()
		o.flying = 0
		m.written(time.Now(), n)
		o.signal()
		if err == nil {
			continue
		}
		reason := status.DropEnded
		if errors.Is(err, os.ErrDeadlineExceeded) { // the time of a program that left is over
			reason = status.DropLeft
		}
		o.owner.client.Dropped(reason, len(chunk)-n+o.giveUp())
	}
	o.draining = false
	if o.cut { // perhaps too late to have been noticed
		o.cut = false
		_ = o.s.SetWriteDeadline(time.Time{}) // it may have ended meanwhile
	}
	if p := o.owner; p != nil && p.clearing && !m.sending(p) {
		m.cleared(p)
	}
	if m.kicked != nil && m.out == o {
		o.s.End(m.kicked)
	}
}

// dropBacklog gives up what has not been taken by the system for the present session. The caller holds mu.
func (m *Modem) dropBacklog(reason string) {
	if m.out == nil {
		return
	}
	if n := m.out.giveUp(); n > 0 {
		m.out.owner.client.Dropped(reason, n)
	}
	m.out.signal()
}

// speak sends b of h, which has the lease, to the session, by way of write.
func (m *Modem) speak(h *Access, b []byte, write func(*Access, []byte, time.Time)) {
	now := time.Now()
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed != nil || m.holder != h || m.session == nil {
		h.client.Dropped(status.DropEnded, len(b))
		return
	}
	m.moved = now
	m.forward(h, b, now, write)
}
