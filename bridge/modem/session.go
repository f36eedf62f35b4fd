package modem

import (
	"errors"
	"io"
	"os"
	"time"

	"meterline/bridge/status"
	"meterline/relay"
	"meterline/relay/usb"
)

const (
	// deliverWithin is for what had been received when a session ended, and for the tail a program left.
	deliverWithin = 2 * time.Second
	// drainFor is how long an ended session is read for what the system had received before.
	drainFor = 5 * time.Millisecond
)

// ErrFarEnd is the cause of a session that the modem closed.
var ErrFarEnd = errors.New("the modem closed the connection")

// Answer takes a session that the modem began. It displaces the present one if the policy says so; else it is refused.
func (m *Modem) Answer(s *relay.Session, policy Takeover) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := &m.circuit
	if c.closed != nil {
		return c.closed
	}
	if old := c.session; old != nil {
		if m.fallback != nil && m.fallback.Offer(Inside{m}, s) {
			return nil
		}
		if err := policy.check(old.Peer(), s.Peer()); err != nil {
			m.ways.note(err)
			return err
		}
		m.displace(old, s)
	}
	m.ways.giveUp(ErrNotWanted)
	c.dialled = false
	m.seat(s)
	return nil
}

// Join makes s, which was had by calling the modem, its session, unless it has another one.
func (m *Modem) Join(s *relay.Session) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := &m.circuit
	switch {
	case c.closed != nil:
		return c.closed
	case c.session != nil:
		return errors.New("it has called in itself")
	}
	c.dialled = true
	m.seat(s)
	return nil
}

// seat makes s the present session. The caller holds mu.
func (m *Modem) seat(s *relay.Session) {
	c := &m.circuit
	c.begin(s)
	m.absence.end()
	s.SetObserver(m.Observe)
	s.SetPassed(m.passed.note)
	m.Account().Session(time.Now())
	m.ways.failed = ""
	m.ringing.due = !c.dialled && c.isFree()
	m.ringing.start()
	c.setFarPort()
	c.toModem.sendKept()
	m.demand.startLinger() // whoever wanted it may have left
	c.changedAll()
	m.life.wake()
}

// displace gives up old in favour of a newer session. What old has brought already is still handed over, for a bounded time; what is
// written from now on goes to the new one. The caller holds mu.
func (m *Modem) displace(old, next *relay.Session) {
	now := time.Now()
	if m.contest.displaced(now, old.Peer(), next.Peer()) {
		problem := "the modem calls in again and again without closing its connection"
		if addresses := m.contest.contenders(now); len(addresses) > 0 {
			problem = "identity contested: more than one modem registers with it"
		}
		m.mu.Defer(func() {
			m.log.Warn(problem, "displacements", crowdedAfter+1, "displaced", old.Peer(), "peer", next.Peer())
		})
	}
	m.circuit.toModem.dropQueue(status.DropEnded)
	if m.circuit.serving != old { // it never came to be read
		old.End(relay.ErrDisplaced)
		return
	}
	_ = old.SetReadDeadline(now) // it may have ended meanwhile
	m.circuit.toProgram.limitDelivery(now.Add(deliverWithin))
}

// begin makes the present session the one that is read, and returns it. It returns nil if there is none any more.
func (m *Modem) begin() *relay.Session {
	m.mu.Lock()
	s := m.circuit.session
	m.circuit.serve(s)
	m.mu.Unlock()
	if s == nil {
		return nil
	}
	m.life.enter(&m.mu, Up)
	m.log.Info("session up", "peer", s.Peer())
	return s
}

// ending hands over what the session brought, ends it, and tells its story in one record.
func (m *Modem) ending(s *relay.Session, err error) {
	m.life.enter(&m.mu, Ending)
	c := &m.circuit
	if !c.isCurrent(s) {
		_ = s.SetReadDeadline(time.Now().Add(drainFor))                         // it may have ended already
		_ = s.Receive(func(b []byte) bool { return c.toProgram.receive(s, b) }) // its end has a cause already
		s.End(relay.ErrDisplaced)
	}
	c.toProgram.handOver(c.toProgram.endFrames())
	s.End(causeOf(err))
	cause := s.Cause()

	m.mu.Lock()
	if c.session == s {
		c.withdraw(c.receiver(), status.DropEnded) // written while the last bytes were being handed over
		c.session = nil
		c.toModem.dropQueue(status.DropEnded)
		m.ways.sessionEnded(s, cause, c.observer.got > 0)
		m.ringing.stop(nil)
	}
	if m.fallback != nil {
		m.fallback.Ended(Inside{m}, s)
	}
	c.observer.dropped.Add(status.DropMisframed, int(s.Misframed()))
	c.serving = nil
	m.Account().Ended(time.Now())
	c.toProgram.unlimit()
	got, sent := c.observer.got, c.observer.sent
	if c.session == nil {
		c.ended++
		m.absence.begin()
	}
	c.changedAll()
	m.mu.Unlock()

	m.log.Info("session ended", "peer", s.Peer(), "cause", cause, "from_modem", got, "to_modem", sent,
		"lasted", time.Since(s.Since()).Round(time.Millisecond))
	m.life.enter(&m.mu, Away)
}

// causeOf puts a Receive's end in the operator's words.
func causeOf(err error) error {
	switch {
	case errors.Is(err, usb.ErrUnplugged):
		return usb.ErrUnplugged // for whatever the system says behind it
	case err == nil, errors.Is(err, io.EOF):
		return ErrFarEnd
	case errors.Is(err, os.ErrDeadlineExceeded):
		return relay.ErrDisplaced
	}
	return err
}

// Kick ends the present session. What its program has written is still sent, for two seconds at the longest.
func (m *Modem) Kick() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.circuit.kick(relay.ErrKicked) {
		return errors.New("modem " + m.cfg.Name + " has no session to end")
	}
	return nil
}
