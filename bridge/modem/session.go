package modem

import (
	"context"
	"errors"
	"io"
	"os"
	"time"

	"meterline/bridge/status"
	"meterline/relay"
	"meterline/relay/usb"
)

const (
	// drainFor is how long an ended session is read for what the system had received before.
	drainFor = 5 * time.Millisecond
	// steady is how long a session that brings nothing must last for the next call's pause to start small again: a device
	// that answers and hangs up at once must not be called in a loop.
	steady = 30 * time.Second
)

// up serves the present session until it ends: this goroutine is the pump from the modem to whoever has it.
func (m *Modem) up(context.Context) stage {
	m.mu.Lock()
	s := m.session
	m.serving, m.got, m.sent = s, 0, 0
	m.due = time.Time{} // whatever another session was told
	m.rearm()
	m.mu.Unlock()
	if s == nil {
		return m.away
	}
	m.enter(Up)
	m.log.Info("session up", "peer", s.Peer())
	err := m.read(s)
	return func(context.Context) stage { return m.ending(s, err) }
}

// ending hands over what the session brought, ends it, and tells its story in one record.
func (m *Modem) ending(s *relay.Session, err error) stage {
	m.enter(Ending)
	if m.superseded(s) {
		_ = s.SetReadDeadline(time.Now().Add(drainFor))            // it may have ended already
		_ = s.Receive(func(b []byte) bool { return m.hand(s, b) }) // its end has a cause already
		s.End(relay.ErrDisplaced)
	}
	m.pass(m.endFrames())
	s.End(causeOf(err))
	cause := s.Cause()

	m.mu.Lock()
	if m.session == s {
		m.withdraw(m.receiver(), status.DropEnded) // written while the last bytes were being handed over
		m.session = nil
		m.dropBacklog(status.DropEnded)
		m.afterSession(s, cause)
	}
	if m.fallback != nil {
		m.fallback.Ended(Inside{m}, s)
	}
	m.dropped.Add(status.DropMisframed, int(s.Misframed()))
	m.serving = nil
	m.account.Ended(time.Now())
	m.calm()
	got, sent := m.got, m.sent
	m.goAway()
	m.settlePorts()
	m.mu.Unlock()

	m.log.Info("session ended", "peer", s.Peer(), "cause", cause, "from_modem", got, "to_modem", sent,
		"lasted", time.Since(s.Since()).Round(time.Millisecond))
	return m.away
}

// superseded reports whether a newer session has taken s's place.
func (m *Modem) superseded(s *relay.Session) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.session != s
}

// afterSession notes why s ended, and when the modem may be called again: at once if it was us who ended it for want of
// use. The caller holds mu.
func (m *Modem) afterSession(s *relay.Session, cause error) {
	m.lineEnded[s.Line()] = time.Now()
	unwanted := errors.Is(cause, relay.ErrLinger)
	if !unwanted {
		m.fail(cause)
	}
	if unwanted || m.got > 0 || time.Since(s.Since()) >= steady {
		m.retry.Reset()
	}
	if !unwanted {
		m.postpone()
	}
}

// ErrFarEnd is the cause of a session that the modem closed.
var ErrFarEnd = errors.New("the modem closed the connection")

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

// hand gives b to whoever has the modem; without a lease to the modem's own port, if a program has that open. It tells
// whether s is still to be read.
func (m *Modem) hand(s *relay.Session, b []byte) bool {
	now := time.Now()
	m.mu.Lock()
	m.moved = now
	m.got += int64(len(b))
	m.account.Received(now, len(b))
	if m.frames != nil {
		p := m.carry(m.frames.FromModem(b, now), now, m.push)
		m.handing = p.to
		m.frames.Delivering()
		m.mu.Unlock()
		m.pass(p)
		return !m.superseded(s)
	}
	to := m.receiver()
	m.handing = to
	m.mu.Unlock()
	m.deliver(to, b)
	m.handed()
	return !m.superseded(s)
}

// receiver is who gets what the modem sends, nil if nobody does. The caller holds mu.
func (m *Modem) receiver() *Access {
	if m.holder != nil {
		return m.holder
	}
	for _, p := range m.ports {
		if p.own && p.isOpen() {
			return p
		}
	}
	return nil
}

func labelOf(h *Access) string {
	if h == nil {
		return ""
	}
	return h.client.Name()
}
