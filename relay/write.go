package relay

import (
	"sync"
	"sync/atomic"
	"time"
)

// out is the sending half of a session.
type out struct {
	wmu sync.Mutex // held by whoever is sending
	cut []byte     // the part of a heartbeat or packet that did not fit; it goes before anything else
	pkt []byte     // the packet being encoded, kept for its room
	mid bool       // TryWrite took a part: its caller is about to send the rest
	rawOut
	waiting  atomic.Int32 // length of Session.beats
	deadline time.Time    // write deadline set from outside; guarded by Session.mu
}

// courtesy is how long heartbeats wait for the rest of a message that TryWrite took in part, and how long sending one
// may take where the connection knows only writes that wait.
const courtesy = time.Second

// maxBeats bounds the heartbeats that wait behind a write.
const maxBeats = 4

// TryWrite sends what the system takes at once, and never waits. It answers n < len(p) without an error when that was not
// all; 0 means "use Write", as always where the connection has no such thing, where the modem wants packets, or while another
// Write is under way.
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

// Write sends p and waits while the modem does not take it. It answers with the number of bytes taken and an error that
// is os.ErrDeadlineExceeded at the write deadline, net.ErrClosed together with the cause once the session has ended, or what
// the system says.
func (s *Session) Write(p []byte) (int, error) {
	s.wmu.Lock()
	s.awaitFlow()
	n, err := s.locked(p, true)
	s.mid = false
	s.wmu.Unlock()
	s.flushBeats()
	return n, err
}

// locked sends p behind what was cut. The caller holds s.wmu.
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

// sendEncoded sends p as the modem wants it. A packet of which a part has gone counts as sent: its rest goes before
// anything else, or the modem would lose its place. The caller holds s.wmu.
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

// send is one write to the connection. The caller holds s.wmu.
func (s *Session) send(p []byte, wait bool) (int, error) {
	if s.raw.usable() {
		return s.rawSend(p, wait)
	}
	return s.conn.Write(p)
}

// explain gives the session's end precedence over what it did to a call under way.
func (s *Session) explain(err error) error {
	if err == nil || !s.over.Load() {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ended()
}

// sendBeat sends a heartbeat or the answer to one: at once if the line is free, else behind the write that is under way,
// never inside it. p is copied.
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

// flushBeats sends what waits. Whoever holds the line looks here after letting go of it, so nothing is forgotten.
func (s *Session) flushBeats() {
	for s.waiting.Load() > 0 && s.wmu.TryLock() {
		more := s.nextBeat()
		s.wmu.Unlock()
		if !more {
			return
		}
	}
}

// nextBeat sends one heartbeat; false means that it has to wait. The caller holds s.wmu.
func (s *Session) nextBeat() bool {
	if s.mid && time.Duration(s.now()-s.wrote.Load()) < courtesy || s.enter() != nil {
		return false
	}
	defer s.leave()
	if len(s.cut) > 0 {
		n, _ := s.sendSoon(s.cut) // an error shows at the caller's next write
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

// sendSoon sends without waiting, or where the connection cannot do that, with a short deadline of its own.
func (s *Session) sendSoon(p []byte) (int, error) {
	if s.raw.usable() {
		return s.rawSend(p, false)
	}
	s.mu.Lock()
	soon := time.Now().Add(courtesy)
	if s.deadline.IsZero() || soon.Before(s.deadline) {
		if s.cause == nil {
			_ = s.conn.SetWriteDeadline(soon) // fails only when closed: the write says so
		}
	}
	s.mu.Unlock()
	n, err := s.conn.Write(p)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cause == nil {
		_ = s.conn.SetWriteDeadline(s.deadline) // likewise
	}
	return n, err
}
