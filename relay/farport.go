package relay

import (
	"errors"
	"time"

	"meterline/vport/rfc2217"
)

// ErrNoSerial means that a session's far end has no serial port that could be set.
var ErrNoSerial = errors.New("the far end has no serial port that could be set")

const (
	leftMost  = 3 * time.Second       // the longest that Set waits for bytes to leave the far port
	leftSpare = 20 * time.Millisecond // added to the computed time
	flowMost  = 10 * time.Second      // the longest that a far end may refuse data
	flowTick  = 20 * time.Millisecond
)

// Settable reports whether the far serial port can be set: the session speaks RFC 2217, and so does the far end.
func (s *Session) Settable() bool {
	t := s.far
	if t == nil {
		return false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.client.Available()
}

// Set sets the far serial port; zero values are left alone. It keeps its order with the bytes written before and after it. When
// the request is sent, the bytes before it have left the far port, as far as its speed tells; Set waits up to 3 s for that. It
// does not wait for the answer, which comes as a fact. Its error wraps ErrNoSerial where there is nothing to set.
func (s *Session) Set(want rfc2217.Settings) error {
	return s.command(true, func(t *telnet, dst []byte) []byte {
		t.wanted = want.Over(t.wanted)
		return t.client.AppendSettings(dst, want)
	})
}

// Purge drops what is in the far end's buffers: bytes received from the line and not yet sent to us, or bytes not yet sent to
// the line.
func (s *Session) Purge(received, toSend bool) error {
	what := 0
	if received {
		what |= rfc2217.PurgeReceived
	}
	if toSend {
		what |= rfc2217.PurgeToSend
	}
	return s.command(false, func(t *telnet, dst []byte) []byte { return t.client.AppendPurge(dst, what) })
}

// Break begins or ends a break at the far port, in order with the bytes.
func (s *Session) Break(on bool) error {
	what := rfc2217.BreakOff
	if on {
		what = rfc2217.BreakOn
	}
	return s.command(true, func(t *telnet, dst []byte) []byte { return t.client.AppendBreak(dst, what) })
}

// ShortBreak sends one break of the usual length.
func (s *Session) ShortBreak() error {
	return s.command(true, func(t *telnet, dst []byte) []byte { return t.client.AppendBreak(dst, rfc2217.BreakShort) })
}

// SetDTR switches the far port's DTR.
func (s *Session) SetDTR(on bool) error {
	return s.command(false, func(t *telnet, dst []byte) []byte { return t.client.AppendDTR(dst, on) })
}

// SetRTS switches the far port's RTS.
func (s *Session) SetRTS(on bool) error {
	return s.command(false, func(t *telnet, dst []byte) []byte { return t.client.AppendRTS(dst, on) })
}

// command sends what f appends, between two writes. With behind, it first waits until the bytes sent before have left the far
// port.
func (s *Session) command(behind bool, f func(*telnet, []byte) []byte) error {
	t := s.far
	if t == nil {
		return ErrNoSerial
	}
	s.wmu.Lock()
	defer s.flushBeats()
	defer s.wmu.Unlock()
	if behind {
		s.awaitLeft(t)
	}
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leave()
	t.mu.Lock()
	available := t.client.Available()
	wire := f(t, nil)
	t.mu.Unlock()
	if len(wire) == 0 && !available {
		return ErrNoSerial
	}
	if len(s.cut) > 0 {
		n, err := s.send(s.cut, true)
		if s.cut = s.cut[n:]; len(s.cut) > 0 {
			return s.explain(err)
		}
	}
	n, err := s.send(wire, true)
	if n > 0 && n < len(wire) {
		s.cut = append([]byte(nil), wire[n:]...)
	}
	s.wrote.Store(s.now())
	return s.explain(err)
}

// awaitLeft waits until the bytes sent so far have left the far port. The caller holds s.wmu.
func (s *Session) awaitLeft(t *telnet) {
	t.mu.Lock()
	left := time.Until(t.free)
	t.mu.Unlock()
	if left > 0 {
		s.pause(min(left+leftSpare, leftMost), func() bool { return true })
	}
}

// awaitFlow waits while the far end wants no data. The caller holds s.wmu.
func (s *Session) awaitFlow() {
	t := s.far
	if t == nil {
		return
	}
	s.pause(flowMost, func() bool {
		t.mu.Lock()
		defer t.mu.Unlock()
		return t.paused
	})
}

// pause waits until more returns false. It waits for most at the longest, and not beyond the session's end or the write deadline.
func (s *Session) pause(most time.Duration, more func() bool) {
	for end := time.Now().Add(most); more() && !s.over.Load(); {
		s.mu.Lock()
		if !s.deadline.IsZero() && s.deadline.Before(end) {
			end = s.deadline
		}
		s.mu.Unlock()
		left := time.Until(end)
		if left <= 0 {
			return
		}
		time.Sleep(min(left, flowTick))
	}
}

// plain returns p, bytes of ours such as a heartbeat, in the form in which the session sends data.
func (s *Session) plain(p []byte) []byte {
	if t := s.far; t != nil {
		return t.wire(p)
	}
	return p
}
