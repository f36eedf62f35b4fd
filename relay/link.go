package relay

import (
	"cmp"
	"net"
	"time"

	"meterline/relay/codec"
	"meterline/vport/tcpopt"
)

// Defaults for cellular networks, whose address translation silently forgets an idle session after 30–300 s.
const (
	DefaultKeepaliveIdle     = 60 * time.Second
	DefaultKeepaliveInterval = 20 * time.Second
	DefaultKeepaliveCount    = 3
	DefaultSendBuffer        = 16 << 10
)

// Link says how a TCP connection with a modem is kept. The zero value has defaults for cellular networks.
type Link struct {
	KeepaliveIdle     time.Duration // silence before the first TCP keepalive; 0 means 60 s, negative: no keepalive
	KeepaliveInterval time.Duration // between unanswered keepalives, 0 means 20 s
	KeepaliveCount    int           // unanswered keepalives that end the session, 0 means 3
	SendBuffer        int           // bytes, SO_SNDBUF: bounds what is lost unnoticed when a link dies; 0 means 16384
	HeartbeatEvery    time.Duration // send Heartbeat after this much silence toward the modem, 0 if never
	Heartbeat         string        // the bytes to send
	Silence           time.Duration // end the session when the modem has sent nothing for so long, 0 if never
}

// DeadAfter returns how long it takes at most until a peer that has vanished is noticed. Keepalives notice it while the
// connection is idle, the user time-out (RFC 5482) while bytes are unacknowledged. Neither works in the other case, so both are
// set to the same limit. Without keepalives only the user time-out is left, with the default idle time. It can be set only on
// Linux, and on Windows in whole seconds; elsewhere the system decides how long it repeats what is not acknowledged.
func (l Link) DeadAfter() time.Duration {
	idle := cmp.Or(max(l.KeepaliveIdle, 0), DefaultKeepaliveIdle)
	interval := cmp.Or(l.KeepaliveInterval, DefaultKeepaliveInterval)
	return idle + interval*time.Duration(cmp.Or(l.KeepaliveCount, DefaultKeepaliveCount))
}

// apply sets the link's options. If the system refuses one because the connection has just died, the first read returns the
// error. TCP_NODELAY is set on every connection by package net.
func (l Link) apply(conn *net.TCPConn) {
	_ = conn.SetKeepAliveConfig(net.KeepAliveConfig{
		Enable:   l.KeepaliveIdle >= 0,
		Idle:     cmp.Or(max(l.KeepaliveIdle, 0), DefaultKeepaliveIdle),
		Interval: cmp.Or(l.KeepaliveInterval, DefaultKeepaliveInterval),
		Count:    cmp.Or(l.KeepaliveCount, DefaultKeepaliveCount),
	})
	_ = conn.SetWriteBuffer(cmp.Or(l.SendBuffer, DefaultSendBuffer))
	_ = tcpopt.SetUserTimeout(conn, l.DeadAfter())
}

// startTimers starts the timers that the link asks for, at the first Receive. A timer that fires is set again to the time that is left.
// So a byte costs a stored number and no timer.
func (s *Session) startTimers() {
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
	if a, ok := codec.As[codec.Asker](s.codec); ok {
		s.every(0, func() time.Duration { return s.ask(a) })
	}
}

// ask sends the codec's next question.
func (s *Session) ask(a codec.Asker) time.Duration {
	question, next := a.Ask()
	s.sendBeat(question)
	return next
}

// every calls check after first, and again each time after the duration that it returns, until that is 0 or the session ends.
// The caller holds s.mu.
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

// checkSilence ends a session whose modem has sent nothing for too long.
func (s *Session) checkSilence() time.Duration {
	left := s.link.Silence - time.Duration(s.now()-max(s.heard.Load(), 0))
	if left <= 0 {
		s.End(ErrSilence)
	}
	return left
}

// checkHeartbeat sends the heartbeat when nothing has been sent for long enough. While earlier bytes are unacknowledged the
// system repeats those, and a heartbeat would only queue after them.
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
