// Package relay is the remote end: it gets sessions with modems, by being called and by calling. It knows nothing of local
// ports, which package bridge joins to sessions. What families of modems say is package profile's, and the modem plugged
// into this machine is package usb's.
//
// A modem calls in:
//
//  1. Exchange.accept takes the connection. Exchange.admit asks the gate, by gate.admit, whether it may register.
//  2. registrar.register reads what it says first. The parser of its family decides, and registrar.read keeps the time.
//  3. registrar.handOver finds its Subscriber, sends the answer and makes a session by NewSession.
//  4. Subscriber.Answer takes the session, or refuses it.
//
// We call a modem:
//
//  1. Dial.Call tries one address after the other, by Dial.call.
//  2. Behind an rfc2217 address, telnet.greet sets the far serial port.
//  3. NewSession makes the session.
//
// A byte from the modem: Session.readTurn reads it, Session.take notes when it came, Session.deliver has the codec take out
// what the modem adds, and Session.apply hands the rest to Receive's function.
//
// A byte to the modem: Session.Write or Session.TryWrite takes it, Session.sendEncoded packs it as the modem wants it, and
// Session.send hands it to the system.
package relay

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"meterline/relay/profile"
)

// Line is a way to get a session with one modem by calling it.
type Line interface {
	String() string
	// Call tries once, over all addresses of the line in order, and returns a session that is up.
	Call(ctx context.Context) (*Session, error)
}

// Session is one connected call with a modem, from registration to its end. It yields meter bytes only.
//
//	Up ── End(cause) ──► Ended        the first cause stays
//
// A session has no goroutine of its own: it lives in its callers' Receive and Write, and in timers where its link asks for
// heartbeats or a limit of silence, which run from the first Receive on. Whoever got the session must End it, also after
// Receive has told that the modem is gone: only that gives the descriptor back.
type Session struct {
	conn     net.Conn
	raw      rawConn
	link     Link
	codec    profile.Codec    // nil: the modem adds nothing
	enc      profile.Encoder  // the codec, where it encodes
	far      *telnet          // the codec, where the far end has a serial port that can be set; else nil
	observer profile.Observer // may be nil
	peer     string
	since    time.Time
	line     string // by which it was had

	heard atomic.Int64 // when the modem last sent anything, as nanoseconds after since
	wrote atomic.Int64 // when anything was last sent to it, likewise
	until atomic.Int64 // the read deadline likewise, 0: none; Receive looks at it while bytes keep coming
	over  atomic.Bool  // cause is set
	lost  atomic.Int64 // bytes that the codec found no place for

	mu     sync.Mutex // guards what follows; never held while waiting
	cause  error
	users  int       // calls under way; the last one to leave an ended session closes the connection
	abort  bool      // close with a reset
	unsent int       // what the system still had to send at the end
	outer  time.Time // read deadline set from outside
	hold   time.Time // when held bytes must be let go, zero: nothing is held
	timers []*time.Timer
	armed  bool
	beats  [][]byte // heartbeats and their answers that wait for the line to be free

	in receiving
	out
}

// NewSession makes a session of a connection. rest is what the modem has sent behind its registration: the first bytes
// that Receive decodes. codec may be nil. The session owns the connection from then on.
func NewSession(conn net.Conn, link Link, rest []byte, codec profile.Codec) *Session {
	s := &Session{conn: conn, link: link, codec: codec, since: time.Now()}
	s.enc, _ = profile.As[profile.Encoder](codec)
	s.in.rest = rest
	s.heard.Store(int64(-profile.StandsAlone)) // nothing came before: the first bytes stand behind a pause
	if a := conn.RemoteAddr(); a != nil {
		s.peer = a.String()
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		link.apply(tcp)
		s.raw = newRawConn(tcp)
	}
	return s
}

// Peer is the far address with its port.
func (s *Session) Peer() string { return s.peer }

// Line names the way by which the session was had, such as "dial 10.8.0.12:4001".
func (s *Session) Line() string { return s.line }

// SetLine says what Line tells. It is for who has made the session, before anybody else gets it.
func (s *Session) SetLine(line string) { s.line = line }

// Since is when the session came up.
func (s *Session) Since() time.Time { return s.since }

// Heard is when the modem last sent anything, heartbeats included; Since if it never did.
func (s *Session) Heard() time.Time { return s.since.Add(time.Duration(max(s.heard.Load(), 0))) }

// SetObserver says who is told what the modem says of itself and reports. It is called before the first Receive.
func (s *Session) SetObserver(o profile.Observer) { s.observer = o }

// Misframed is the number of bytes from the modem that its family's protocol has no place for, and that were dropped.
func (s *Session) Misframed() int64 { return s.lost.Load() }

// Cause tells why the session ended, nil while it has not.
func (s *Session) Cause() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cause
}

// Unsent is the number of bytes that the modem has not acknowledged yet; at the end of the session the number that were
// lost or left to the system to deliver. It is 0 where the system does not tell.
func (s *Session) Unsent() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cause != nil {
		return s.unsent
	}
	return s.raw.unsent()
}

// SetReadDeadline interrupts a Receive at t, now if t is past; the zero time means never.
func (s *Session) SetReadDeadline(t time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cause != nil {
		return s.ended()
	}
	s.outer = t
	s.until.Store(s.stamp(t))
	return s.conn.SetReadDeadline(s.earliest())
}

// SetWriteDeadline interrupts a Write at t, now if t is past; the zero time means never.
func (s *Session) SetWriteDeadline(t time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cause != nil {
		return s.ended()
	}
	s.deadline = t
	return s.conn.SetWriteDeadline(t)
}

// End ends the session; the first cause stays, nil means ErrHungUp. Receive and Write return, and the connection is closed
// as soon as they have. A displaced or refused session is reset: what it had still to send must not reach anybody, and
// the far end shall know at once. Any other is closed in order, so that the tail already written is delivered.
// End does not wait, and may be called from anywhere, also from Receive's function.
func (s *Session) End(cause error) {
	if cause == nil {
		cause = ErrHungUp
	}
	s.end(cause, errors.Is(cause, ErrDisplaced) || errors.Is(cause, ErrRefused))
}

func (s *Session) end(cause error, abort bool) {
	s.mu.Lock()
	if s.cause != nil {
		s.mu.Unlock()
		return
	}
	s.unsent = s.raw.unsent()
	s.cause, s.abort = cause, abort
	s.over.Store(true)
	for _, t := range s.timers {
		t.Stop()
	}
	free := s.users == 0
	s.mu.Unlock()
	if free {
		s.close()
		return
	}
	// Close would wait for the calls under way, and one of them may be the caller. They are woken instead.
	if half, ok := s.conn.(halfCloser); ok && !abort {
		_ = half.CloseWrite() // the modem hears of it even if Receive's function is slow; a dead connection needs none
	}
	_ = s.conn.SetDeadline(time.Unix(1, 0)) // fails only on a connection that is closed already
}

// enter and leave stand around every use of the connection.
func (s *Session) enter() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cause != nil {
		return s.ended()
	}
	s.users++
	return nil
}

func (s *Session) leave() {
	s.mu.Lock()
	s.users--
	last := s.users == 0 && s.cause != nil
	s.mu.Unlock()
	if last {
		s.close()
	}
}

// close is reached once: by End when nobody uses the connection, else by the last who did.
func (s *Session) close() {
	if s.abort {
		reset(s.conn)
		return
	}
	s.raw.discard() // unread bytes would turn the close into a reset, and the tail be lost
	_ = s.conn.Close()
}

// halfCloser is a connection that can end one direction.
type halfCloser interface{ CloseWrite() error }

// reset closes with RST where there is such a thing.
func reset(conn net.Conn) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close() // the connection is of no further interest
}

// ended is what every call answers once the session has a cause: net.ErrClosed and the cause in one. The caller holds s.mu.
func (s *Session) ended() error { return fmt.Errorf("%w (%w)", s.cause, net.ErrClosed) }

// stamp is t as nanoseconds after since, 0 for the zero time.
func (s *Session) stamp(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	d := int64(t.Sub(s.since))
	if d == 0 {
		return -1
	}
	return d
}

func (s *Session) now() int64 { return int64(time.Since(s.since)) }

// Causes of a session's end. What the network itself says (io.EOF, ECONNRESET, ETIMEDOUT) is passed on as it is.
var (
	ErrHungUp    = errors.New("the modem hung up")
	ErrDisplaced = errors.New("displaced by a newer session of the same modem")
	ErrRefused   = errors.New("the session was refused")
	ErrKicked    = errors.New("ended by the operator")
	ErrShutdown  = errors.New("meterline is shutting down")
	ErrRemoved   = errors.New("the modem was changed or taken out of the configuration")
	ErrLinger    = errors.New("no program has needed the modem for the linger time")
	ErrSilence   = errors.New("the modem was silent for longer than its limit")
)
