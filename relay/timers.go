package relay

import (
	"time"

	"meterline/relay/profile"
)

// arm starts the timers that the link asks for, at the first Receive. They are set again when they fire, by what is left:
// a byte costs a stored number, not a timer.
func (s *Session) arm() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.armed || s.cause != nil {
		return
	}
	s.armed = true
	if s.link.Silence > 0 {
		s.every(s.link.Silence, s.checkSilence)
	}
	if s.link.HeartbeatEvery > 0 && s.link.Heartbeat != "" {
		s.every(s.link.HeartbeatEvery, s.checkHeartbeat)
	}
	if a, ok := profile.As[profile.Asker](s.codec); ok {
		s.every(0, func() time.Duration { return s.ask(a) })
	}
}

// ask sends what the codec has to ask.
func (s *Session) ask(a profile.Asker) time.Duration {
	question, next := a.Ask()
	s.sendBeat(question)
	return next
}

// every calls check after first, and then each time after what it answers, until that is 0 or the session ends. s.mu is
// held.
func (s *Session) every(first time.Duration, check func() time.Duration) {
	var t *time.Timer
	t = time.AfterFunc(first, func() {
		next := check()
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.cause == nil && next > 0 {
			t.Reset(next)
		}
	})
	s.timers = append(s.timers, t)
}

// checkSilence ends a session whose modem has said nothing for too long.
func (s *Session) checkSilence() time.Duration {
	left := s.link.Silence - time.Duration(s.now()-max(s.heard.Load(), 0))
	if left <= 0 {
		s.End(ErrSilence)
	}
	return left
}

// checkHeartbeat sends the heartbeat when nothing has been sent for its time. While earlier bytes are unacknowledged the
// system is repeating those, and one more would only wait behind them.
func (s *Session) checkHeartbeat() time.Duration {
	left := s.link.HeartbeatEvery - time.Duration(s.now()-s.wrote.Load())
	if left > 0 {
		return left
	}
	if s.Unsent() == 0 {
		s.sendBeat(s.plain([]byte(s.link.Heartbeat)))
	}
	return s.link.HeartbeatEvery
}
