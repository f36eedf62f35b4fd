package modem

import (
	"slices"
	"time"

	"meterline/bridge/status"
	"meterline/relay"
)

// OpenSettle is how long a program must have a port open before a modem is called for that alone: scans of all ports open
// and close at once. A byte that it writes counts at once.
const OpenSettle = 100 * time.Millisecond

// keep holds what a program wrote while the session it wants is being got. Only a session on demand has anything kept:
// under a permanent line a request written into an outage has long been given up by the program when the line is back. The
// mutex is held.
func (m *Modem) keep(p *Access, b []byte, now time.Time) {
	if !m.cfg.OnOpen {
		m.takeLost(p, now)
		m.abandon() // the next session may bring the answer to what was asked before
		m.refuse(p, b, status.DropNoSession)
		return
	}
	m.tellLost(p, now)
	if m.frames != nil {
		if n := m.frames.FinishLost(b, now); n > 0 {
			p.client.Dropped(status.DropEnded, n)
			m.tapLocked(status.Tapped{At: now, Port: p.client.Name(), Dir: status.ToModem, Data: b[:n], Drop: status.DropEnded})
			b = b[n:]
		}
	}
	m.tapLocked(status.Tapped{At: now, Port: p.client.Name(), Dir: status.ToModem, Data: b, Note: "kept until the session is up"})
	reason, dropped := p.kept.add(b, now)
	p.client.Dropped(reason, dropped)
	if reason == status.DropTooLong {
		m.lost(p, b, now)
	}
	m.pokeLife()
}

// sendKept sends what the holder's program wrote just before the session came. The caller holds mu.
func (m *Modem) sendKept() {
	p := m.holder
	if p == nil {
		return
	}
	now := time.Now()
	fit, old := p.kept.take(now)
	if len(old) > 0 {
		m.abandon() // likewise
		p.client.Dropped(status.DropTooOld, len(old))
		m.lost(p, old, now)
	}
	if len(fit) > 0 {
		m.moved = now
		m.tellLost(p, now)
		m.forward(p, fit, now, m.write)
	}
	if p.clearing && !m.sending(p) {
		m.cleared(p)
	}
}

// opened is told that a program has p open.
func (m *Modem) opened(p *Access) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.linger != nil {
		m.linger.Stop()
	}
	m.enterFrames(p)
	m.changed(p)
	if m.fallback != nil {
		m.fallback.Asked()
	}
	if m.cfg.OnOpen { // also while a session is there, which may end before the time is over
		p.wake = time.AfterFunc(OpenSettle, m.pokeLife)
	}
}

// left is told that the last program has closed p. The tail it wrote is still sent, for a bounded time; then the lease ends.
func (m *Modem) left(p *Access) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if p.wake != nil {
		p.wake.Stop()
	}
	switch {
	case m.holder != p:
	case m.sending(p), len(p.kept.data) > 0:
		m.leaveFrames(p) // what comes now is nobody's
		p.clearing = true
		p.tail = time.AfterFunc(deliverWithin, func() { m.cutTail(p) })
	default:
		m.release(p)
	}
	m.startLinger()
	m.changed(p)
}

// cutTail gives up what a program that left had written, its time being over.
func (m *Modem) cutTail(p *Access) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !p.clearing {
		return
	}
	m.withdraw(p, status.DropLeft)
	if m.out.busy() && m.out.owner == p {
		m.out.cut = true
		_ = m.out.s.SetWriteDeadline(time.Now()) // the drain counts what is lost, and clears
		return
	}
	fit, old := p.kept.take(time.Now())
	p.client.Dropped(status.DropLeft, len(fit)+len(old))
	m.cleared(p)
}

// cleared ends p's call: its tail is gone. If a new program has p open already, its first byte takes the lease anew. The
// mutex is held.
func (m *Modem) cleared(p *Access) {
	p.unclear()
	m.release(p)
	m.changed(p)
}

// unclear ends p's clearing, where it is: what is still on its way goes on. The caller holds the modem's mu.
func (p *Access) unclear() {
	if p.clearing {
		p.clearing = false
		p.tail.Stop()
	}
}

// startLinger begins the time after which a session that nobody wants is ended. The caller holds mu.
func (m *Modem) startLinger() {
	if !m.cfg.OnOpen || !m.dialled || m.session == nil || m.wanted() {
		return
	}
	s := m.session
	if m.linger != nil {
		m.linger.Stop()
	}
	m.linger = time.AfterFunc(m.cfg.Linger, func() { m.lingered(s) })
}

// lingered ends s if still nobody wants it.
func (m *Modem) lingered(s *relay.Session) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.session == s && !m.wanted() {
		s.End(relay.ErrLinger)
	}
}

// lostMax is how long a request whose front was refused may take to be finished.
const lostMax = time.Second

// lostFront is the front of a request that a program has begun while its bytes went nowhere. The rest, which it writes when
// they could go somewhere again, must not reach the meter: see frame.Line.Lost.
type lostFront struct {
	text []byte
	at   time.Time
}

// lost notes that b, written by p's program, went nowhere. The caller holds mu.
func (m *Modem) lost(p *Access, b []byte, now time.Time) {
	if m.frames == nil {
		return
	}
	if now.Sub(p.lost.at) >= lostMax {
		p.lost.text = nil
	}
	p.lost.text = slices.Clone(m.frames.Unfinished(append(p.lost.text, b...)))
	p.lost.at = now
}

// takeLost takes over what stands between knows of a request of p's program that was cut when the session ended. The caller holds mu.
func (m *Modem) takeLost(p *Access, now time.Time) {
	if m.frames == nil {
		return
	}
	if text := m.frames.TakeLost(now); len(text) > 0 {
		p.lost = lostFront{text, now}
	}
}

// tellLost tells what stands between, before p's program is heard again. The caller holds mu.
func (m *Modem) tellLost(p *Access, now time.Time) {
	if m.frames != nil && now.Sub(p.lost.at) < lostMax {
		m.frames.Lost(p.lost.text, now)
	}
	p.lost = lostFront{}
}

const (
	burstPause = 300 * time.Millisecond // a longer pause starts a new burst
	burstMax   = 2 << 10                // bytes
	burstAge   = 10 * time.Second       // from its first byte to the session
)

// burst is the last thing a program wrote while the session it wants is being called: one request, not a history of them.
type burst struct {
	data        []byte
	first, last time.Time
	overrun     bool // it was too long, and goes nowhere: half a request helps nobody
}

// add keeps p. It tells how many bytes were given up for that, and why.
func (b *burst) add(p []byte, now time.Time) (reason string, dropped int) {
	if !b.first.IsZero() && now.Sub(b.last) > burstPause {
		reason, dropped = status.DropNewer, len(b.data)
		*b = burst{data: b.data[:0]}
	}
	if b.first.IsZero() {
		b.first = now
	}
	b.last = now
	switch {
	case b.overrun:
		return status.DropTooLong, dropped + len(p)
	case len(b.data)+len(p) > burstMax:
		dropped += len(b.data) + len(p)
		b.data, b.overrun = nil, true
		return status.DropTooLong, dropped
	}
	b.data = append(b.data, p...)
	return reason, dropped
}

// take gives what is fit to be sent to a session that is up now, and what is not.
func (b *burst) take(now time.Time) (fit, old []byte) {
	data, first := b.data, b.first
	*b = burst{}
	if now.Sub(first) > burstAge {
		return nil, data
	}
	return data, nil
}
