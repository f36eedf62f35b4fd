package relay

import (
	"errors"
	"os"
	"time"

	"meterline/relay/codec"
)

// receiving is the state of a Receive in progress. Only its goroutine uses it.
type receiving struct {
	rest []byte
	f    func([]byte) bool
	err  error // why the turn is over; nil: f returned false
}

// Receive passes what the modem sends to f, piece by piece and in order. f must not keep the buffer. Receive returns nil when f
// returns false, io.EOF when the modem has closed, and os.ErrDeadlineExceeded at the read deadline. Once the session has ended
// it returns net.ErrClosed together with the cause; otherwise it returns the system's error, such as ECONNRESET or ETIMEDOUT.
// After nil or a deadline it may be called again, and nothing is lost in between. Only one Receive may run at a time. The
// session's heartbeats and its limit of silence work only once Receive has been called.
func (s *Session) Receive(f func(p []byte) bool) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leave()
	s.startTimers()
	if s.interrupted() {
		return os.ErrDeadlineExceeded
	}
	if rest := s.in.rest; len(rest) > 0 {
		s.in.rest = nil
		if !s.deliver(rest, 0, f) {
			return nil
		}
	}
	s.in.f = f
	defer func() { s.in.f = nil }()
	for {
		err := s.readTurn()
		if s.over.Load() && err != nil {
			s.mu.Lock()
			defer s.mu.Unlock()
			return s.ended()
		}
		if !errors.Is(err, os.ErrDeadlineExceeded) || s.interrupted() {
			return err
		}
		if !s.releaseHeld(f) {
			return nil
		}
	}
}

// readTurn reads until f returns false, or nothing more is there.
func (s *Session) readTurn() error {
	if s.raw.usable() {
		return s.rawTurn()
	}
	buf := make([]byte, 4<<10)
	for {
		n, err := s.conn.Read(buf)
		if n > 0 && !s.received(buf[:n]) {
			return s.in.err
		}
		if err != nil {
			return err
		}
	}
}

// received passes on what has just been read. It returns false when the turn is over: f wants no more, or somebody else wants
// the session. A modem that never pauses must not keep Receive from seeing that.
func (s *Session) received(p []byte) bool {
	now := s.now()
	idle := time.Duration(now - s.heard.Swap(now))
	s.in.err = nil
	if !s.deliver(p, idle, s.in.f) {
		return false
	}
	switch {
	case s.over.Load():
		s.in.err = os.ErrClosed
	case s.interrupted():
		s.in.err = os.ErrDeadlineExceeded
	default:
		return true
	}
	return false
}

// deliver decodes p and passes the rest to f.
func (s *Session) deliver(p []byte, idle time.Duration, f func([]byte) bool) bool {
	if s.codec == nil {
		return f(p)
	}
	d := s.codec.Decode(p, idle)
	s.holdFor()
	return s.apply(d, f)
}

// apply does what the codec has decided.
func (s *Session) apply(d codec.Decoded, f func([]byte) bool) bool {
	s.lost.Add(int64(d.Dropped))
	s.sendBeat(d.Answer)
	if s.observer != nil && len(d.Facts)+len(d.Events) > 0 {
		s.observer(d.Facts, d.Events)
	}
	if s.passed != nil {
		for _, beat := range d.Passed {
			s.passed(beat)
		}
	}
	return len(d.Data) == 0 || f(d.Data)
}

// holdFor sets the read deadline to the time at which the codec must release the bytes that it holds, if any.
func (s *Session) holdFor() {
	h, ok := s.codec.(codec.Holder)
	if !ok {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	until := time.Time{}
	if d := h.Holding(); d == 0 {
		s.held = until
	} else {
		if s.held.IsZero() {
			s.held = time.Now()
		}
		until = s.held.Add(d) // the time counts from the first byte that is held
	}
	if until.Equal(s.hold) {
		return
	}
	s.hold = until
	if s.cause == nil {
		_ = s.conn.SetReadDeadline(s.earliest()) // fails only when closed: the next read returns the error
	}
}

// releaseHeld is called when bytes have been held for as long as the family allows, and not at a deadline that the user of the session has
// set. It hands them over.
func (s *Session) releaseHeld(f func([]byte) bool) bool {
	h, ok := s.codec.(codec.Holder)
	s.mu.Lock()
	due := ok && !s.hold.IsZero() && !time.Now().Before(s.hold)
	if due {
		s.held, s.hold = time.Time{}, time.Time{}
	}
	if s.cause == nil {
		_ = s.conn.SetReadDeadline(s.earliest()) // fails only when closed: the next read returns the error
	}
	s.mu.Unlock()
	if !due {
		return true
	}
	d := h.Release()
	s.holdFor() // what one codec releases, the next may hold
	return s.apply(d, f)
}

// earliest returns the deadline that the connection must have. The caller holds s.mu.
func (s *Session) earliest() time.Time {
	if s.hold.IsZero() || !s.outer.IsZero() && s.outer.Before(s.hold) {
		return s.outer
	}
	return s.hold
}

func (s *Session) interrupted() bool {
	t := s.until.Load()
	return t != 0 && s.now() >= t
}
