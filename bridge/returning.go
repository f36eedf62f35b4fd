package bridge

import (
	"context"
	"time"

	"meterline/bridge/ledger"
	"meterline/bridge/status"
	"meterline/relay"
)

// telephoneCall is a session that was had by telephone.
type telephoneCall struct {
	s      *relay.Session
	desk   *desk
	number string
	billed time.Time      // up to which it has been counted
	better *relay.Session // a TCP session that waits to take its place
	look   *time.Timer
}

// attachCall makes a telephone call the modem's session, unless it has got another one meanwhile.
func (m *modem) attachCall(life context.Context, c *telephoneCall) error {
	c.s.SetLine(byTelephone + c.desk.cfg.Name)
	if err := m.attach(c.s, nil); err != nil {
		c.s.End(err)
		m.hungUp(c)
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.session != c.s { // replaced at once
		m.hungUp(c)
		return nil
	}
	m.phone = c
	m.log.Info("joined by telephone", "usb", c.desk.cfg.Name, "number", c.number)
	c.look = time.AfterFunc(returnLook, func() { m.lookBack(c) })
	if m.line != nil {
		m.wg.Go(func() { m.callBack(life, c) })
	}
	return nil
}

// lookBack lets a telephone call end that nobody needs, or give way to a TCP session between two requests.
func (m *modem) lookBack(c *telephoneCall) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.phone != c || m.session != c.s {
		return
	}
	c.desk.spent.Add(m.cfg.Name, c.talked(), time.Now()) // noted with what else is, so that little is lost in a crash
	if err := c.desk.mayTalk(m.cfg.Name, time.Now()); err != nil {
		c.s.End(err)
		return
	}
	quiet := time.Since(c.s.Since())
	if m.moved.After(c.s.Since()) {
		quiet = time.Since(m.moved)
	}
	switch {
	case c.better != nil && (quiet >= returnQuiet || m.holder == nil || m.betweenRequests()):
		m.goBack(c)
		return
	case quiet >= m.cfg.Fallback.Idle || !m.awaited() && quiet >= returnQuiet:
		c.s.End(relay.ErrLinger)
		return
	}
	c.look.Reset(returnLook)
}

// betweenRequests tells whether the meter's protocol says that nothing is under way. The mutex is held.
func (m *modem) betweenRequests() bool {
	return m.frames != nil && !m.out.busy() && m.frames.Quiet()
}

// offer keeps a TCP session that has come during a telephone call until that may end. It tells whether there is one. The mutex
// is held.
func (m *modem) offer(s *relay.Session) bool {
	c := m.phone
	if c == nil || m.session != c.s {
		return false
	}
	if c.better != nil {
		c.better.End(relay.ErrDisplaced)
	}
	c.better = s
	m.log.Info("TCP session is back, the telephone call ends between two requests", "peer", s.Peer())
	return true
}

// goBack puts the TCP session in the telephone call's place. The mutex is held.
func (m *modem) goBack(c *telephoneCall) {
	next := c.better
	c.better = nil
	m.dropBacklog(status.DropEnded)
	_ = c.s.SetReadDeadline(time.Now()) // it may have ended meanwhile
	m.dialled = false
	m.seat(next)
	m.log.Info("back to TCP", "peer", next.Peer())
}

// callBack tries to have a TCP session with a modem that we call, while a telephone call stands.
func (m *modem) callBack(life context.Context, c *telephoneCall) {
	for m.waitsForTCP(c) {
		m.mu.Lock()
		pause := m.postpone()
		m.mu.Unlock()
		if !m.sleeps(c, pause) {
			return
		}
		s, err := m.line.Call(life)
		if err != nil {
			continue
		}
		m.mu.Lock()
		kept := m.closed == nil && m.offer(s)
		m.mu.Unlock()
		if !kept {
			s.End(errNotWanted)
		}
		return
	}
}

// waitsForTCP tells whether the telephone call still stands without a TCP session beside it.
func (m *modem) waitsForTCP(c *telephoneCall) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.phone == c && m.session == c.s && c.better == nil && m.closed == nil
}

// sleeps waits, and tells whether the telephone call still stands then.
func (m *modem) sleeps(c *telephoneCall, pause time.Duration) bool {
	for end := time.Now().Add(pause); time.Now().Before(end); {
		select {
		case <-time.After(min(time.Second, time.Until(end))):
		case <-m.ended:
			return false
		}
		if !m.waitsForTCP(c) {
			return false
		}
	}
	return true
}

// hungUp counts a call, and gives the plugged-in modem to the next one.
func (m *modem) hungUp(c *telephoneCall) {
	c.desk.spend(m, c.talked())
	c.desk.release(m)
}

// talked is what of the call has not been counted yet.
func (c *telephoneCall) talked() ledger.Usage {
	now := time.Now()
	long := now.Sub(c.billed)
	c.billed = now
	return ledger.Usage{Talked: long}
}

// callOver gives the plugged-in modem back, and lets the TCP session have its turn that has come meanwhile. The mutex is held.
func (m *modem) callOver(s *relay.Session) {
	c := m.phone
	if c == nil || c.s != s {
		return
	}
	m.phone = nil
	c.look.Stop()
	m.hungUp(c)
	switch {
	case c.better == nil:
	case m.session == nil && m.closed == nil:
		m.seat(c.better)
	default:
		c.better.End(relay.ErrDisplaced)
	}
}
