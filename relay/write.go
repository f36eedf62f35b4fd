package relay

import (
	"sync"
	"sync/atomic"
	"time"
)

// out is the sending half of a session.
type out struct {
	wmu sync.Mutex // held by the goroutine that sends
	cut []byte     // the rest of a heartbeat or packet that did not fit; it is sent before anything else
	pkt []byte     // the packet being encoded; a reused buffer
	mid bool       // TryWrite took a part, and its caller is about to send the rest
	rawOut
	waiting  atomic.Int32 // the length of Session.beats
	deadline time.Time    // write deadline set from outside; guarded by Session.mu
}

// courtesy is how long heartbeats wait for the rest of a message of which TryWrite took a part. It also bounds the sending of a
// heartbeat on connections that only have writes that wait.
const courtesy = time.Second

// maxBeats bounds the heartbeats that wait for a write to end.
const maxBeats = 4

// TryWrite sends what the system takes at once, and never waits. It returns n < len(p) without an error if that was not all;
// then the caller calls Write with the rest. It returns 0 where the connection has no such write, where the modem wants
// packets, and while a Write is in progress.
func (s *Session) TryWrite(p []byte) (int, error) {
	if s.enc != nil || !s.raw.usable() || !s.wmu.TryLock() {
		return 0, nil
	}
	n, err := s.locked(p, false)
	s.mid = n < len(p) && (n > 0 || s.mid)
	s.wmu.Unlock()
	s.flushBeats()
	return n, err
}

// Write sends p, and waits while the modem does not take it. It returns the number of bytes taken. Its error is
// os.ErrDeadlineExceeded at the write deadline, net.ErrClosed together with the cause once the session has ended, or the
// system's.
func (s *Session) Write(p []byte) (int, error) {
	s.wmu.Lock()
	s.awaitFlow()
	n, err := s.locked(p, true)
	s.mid = false
	s.wmu.Unlock()
	s.flushBeats()
	return n, err
}

// locked sends p after the cut. The caller holds s.wmu.
func (s *Session) locked(p []byte, wait bool) (int, error) {
	if err := s.enter(); err != nil {
		return 0, err
	}
	defer s.leave()
	if len(s.cut) > 0 {
		n, err := s.send(s.cut, wait)
		if s.cut = s.cut[n:]; len(s.cut) > 0 {
			return 0, s.explain(err)
		}
	}
	n, err := s.sendEncoded(p, wait)
	s.wrote.Store(s.now())
	return n, s.explain(err)
}

// sendEncoded sends p as the modem wants it. A packet that was sent in part counts as sent: its rest is sent before anything
// else, or the modem would lose its place. The caller holds s.wmu.
func (s *Session) sendEncoded(p []byte, wait bool) (sent int, err error) {
	if s.enc == nil {
		return s.send(p, wait)
	}
	for sent < len(p) && err == nil {
		var n, out int
		s.pkt, n = s.enc.Encode(s.pkt[:0], p[sent:])
		if out, err = s.send(s.pkt, wait); out == 0 && err != nil {
			break
		}
		if out < len(s.pkt) {
			s.cut = append([]byte(nil), s.pkt[out:]...)
		}
		sent += n
	}
	return sent, err
}

// send makes one write to the connection. The caller holds s.wmu.
func (s *Session) send(p []byte, wait bool) (int, error) {
	if s.raw.usable() {
		return s.rawSend(p, wait)
	}
	return s.conn.Write(p)
}

// explain returns the session's end, if it has ended, instead of what the end did to a call in progress.
func (s *Session) explain(err error) error {
	if err == nil || !s.over.Load() {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ended()
}

// sendBeat sends a heartbeat or the answer to one: at once if the line is free, otherwise after the write in progress, never
// inside it. p is copied.
func (s *Session) sendBeat(p []byte) {
	if len(p) == 0 {
		return
	}
	s.mu.Lock()
	if s.cause == nil && len(s.beats) < maxBeats {
		s.beats = append(s.beats, append([]byte(nil), p...))
		s.waiting.Store(int32(len(s.beats)))
	}
	s.mu.Unlock()
	s.flushBeats()
}

// flushBeats sends the waiting heartbeats. Everybody who has held the line calls it afterwards, so that none is forgotten.
func (s *Session) flushBeats() {
	for s.waiting.Load() > 0 && s.wmu.TryLock() {
		more := s.nextBeat()
		s.wmu.Unlock()
		if !more {
			return
		}
	}
}

// nextBeat sends one heartbeat; false means that it must wait. The caller holds s.wmu.
func (s *Session) nextBeat() bool {
	if s.mid && time.Duration(s.now()-s.wrote.Load()) < courtesy || s.enter() != nil {
		return false
	}
	defer s.leave()
	if len(s.cut) > 0 {
		n, _ := s.sendSoon(s.cut) // the caller's next write returns the error
		if s.cut = s.cut[n:]; len(s.cut) > 0 {
			return false
		}
	}
	s.mu.Lock()
	if len(s.beats) == 0 {
		s.mu.Unlock()
		return false
	}
	beat := s.beats[0]
	s.beats = s.beats[1:]
	s.waiting.Store(int32(len(s.beats)))
	s.mu.Unlock()
	n, err := s.sendSoon(beat)
	if n > 0 || err == nil {
		s.cut = beat[n:]
	}
	s.wrote.Store(s.now())
	return true
}

// sendSoon sends without waiting, or with a short deadline of its own where the connection cannot do that.
func (s *Session) sendSoon(p []byte) (int, error) {
	if s.raw.usable() {
		return s.rawSend(p, false)
	}
	s.mu.Lock()
	soon := time.Now().Add(courtesy)
	if s.deadline.IsZero() || soon.Before(s.deadline) {
		if s.cause == nil {
			_ = s.conn.SetWriteDeadline(soon) // fails only when closed: the write returns the error
		}
	}
	s.mu.Unlock()
	n, err := s.conn.Write(p)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cause == nil {
		_ = s.conn.SetWriteDeadline(s.deadline) // fails only when closed
	}
	return n, err
}

// SetWriteDeadline interrupts a Write at t, at once if t is past; the zero time means never.
func (s *Session) SetWriteDeadline(t time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cause != nil {
		return s.ended()
	}
	s.deadline = t
	return s.conn.SetWriteDeadline(t)
}
