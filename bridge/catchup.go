package bridge

import (
	"errors"
	"time"

	"meterline/bridge/status"
	"meterline/vport"
)

const (
	// catchUpEvery and catchUpWithin are how often and for how long the goroutine is waited for that is just handing over
	// what the program has written.
	catchUpEvery  = 50 * time.Microsecond
	catchUpWithin = time.Second
)

// first hands over the first piece of p, unless the program has written since that was decided: then all of it answers what the
// program asked before, and is dropped. What the program has written counts, and not what of it this process has noticed: it is
// read at once. A repeat of the very request that is answered does not count.
func (m *modem) first(p parcel) bool {
	if !m.guarded || p.to == nil {
		m.deliver(p.to, p.pieces[0])
		return true
	}
	m.decided = p.writes
	if to, ok := p.to.(careful); ok {
		for w := (catching{}); ; {
			n, reason, err := to.deliverUnread(m, p.pieces[0])
			switch {
			case err == nil:
				m.delivered(p.to, p.pieces[0], n, reason)
				return true
			case m.overtaken(p):
				return false
			}
			if !errors.Is(err, vport.ErrUnread) || !w.again(m) {
				break
			}
		}
	} else if m.overtaken(p) {
		return false
	}
	m.gotIt()
	m.deliver(p.to, p.pieces[0])
	return true
}

// careful is a holder that may be able to hand bytes over only if its program has written nothing that nobody knows of.
type careful interface {
	// deliverUnread is deliver, unless it answers vport.ErrUnread, or vport.ErrUnsupported: then nothing has been handed over.
	deliverUnread(m *modem, b []byte) (n int, reason string, err error)
}

// fresh reports whether the program has written nothing since what is being handed over was decided.
func (m *modem) fresh() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.frames.Writes() == m.decided
}

// gotIt notes that the program may have what was to be handed over.
func (m *modem) gotIt() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.frames.Delivered()
}

// overtaken reports whether the program has written since p was decided, which is dropped then.
func (m *modem) overtaken(p parcel) bool {
	p.to.catchUp(m)
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.frames.Writes() == p.writes {
		return false
	}
	m.frames.Delivered()
	now := time.Now()
	for _, piece := range p.pieces {
		m.lose(p.to, m.frames.Recall(piece), now)
	}
	return true
}

func (p *port) deliverUnread(m *modem, b []byte) (n int, reason string, err error) {
	p.mu.Lock()
	d, ok := p.device.(vport.UnreadWriter)
	p.mu.Unlock()
	if !ok {
		return 0, "", vport.ErrUnsupported
	}
	n, err = d.WriteUnread(b, m.isFresh, m.isWritten)
	if errors.Is(err, vport.ErrUnread) {
		return 0, "", err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.to += int64(n)
	reason = status.NotDelivered(err)
	p.dropped.Add(reason, len(b)-n)
	return n, reason, nil
}

func (p *port) catchUp(m *modem) {
	p.mu.Lock()
	d, ok := p.device.(vport.CatchUpper)
	p.mu.Unlock()
	if !ok || p.modem.Load() != m {
		return
	}
	for w := (catching{}); !d.CatchUp(p.hearAside) && w.wait(m); {
	}
}

// aside is take for the modem's goroutine, which must not wait.
func (p *port) aside(b []byte) bool {
	p.wrote(len(b))
	m := p.modem.Load()
	m.send(p, b, m.push)
	return true
}

// catching is the time for which another goroutine is waited for that is just handing bytes over.
type catching struct{ end time.Time }

// again is wait, but for the first time.
func (w *catching) again(m *modem) bool {
	if w.end.IsZero() {
		w.end = time.Now().Add(catchUpWithin)
		return true
	}
	return w.wait(m)
}

// wait waits a little, and returns false when that makes no sense: the other goroutine waits itself for the session to take the
// bytes, as it may for ever, or it has been waited for long enough.
func (w *catching) wait(m *modem) bool {
	now := time.Now()
	switch {
	case w.end.IsZero():
		w.end = now.Add(catchUpWithin)
	case m.stalled.Load() > 0 || now.After(w.end):
		return false
	}
	time.Sleep(catchUpEvery)
	return true
}

// enterFrames tells what stands between that a program has opened p. The mutex is held.
func (m *modem) enterFrames(p *port) {
	if m.frames == nil || m.holder != nil && m.holder != holder(p) || !p.cfg.Own && m.asker != holder(p) {
		return
	}
	if m.asker != holder(p) {
		m.frames.Abandon()
	}
	m.frames.Open(time.Now())
	m.rearm()
}

// leaveFrames tells what stands between that h's program has left, unless h is a port that the next program has open already.
// Where another program listens at the modem's own port, what was asked is nobody's at once. The mutex is held.
func (m *modem) leaveFrames(h holder) {
	if m.frames == nil {
		return
	}
	if p, ok := h.(*port); ok && p.isOpen() {
		return
	}
	if m.listened(h) {
		m.frames.Abandon()
	} else {
		m.frames.Leave(time.Now())
	}
	m.rearm()
}

// listened reports whether a program other than h's has the modem's own port open. The mutex is held.
func (m *modem) listened(h holder) bool {
	for _, p := range m.ports {
		if p.cfg.Own && holder(p) != h && p.isOpen() {
			return true
		}
	}
	return false
}
