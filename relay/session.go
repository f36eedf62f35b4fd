// Package relay is the remote end: it gets sessions with modems, by being called and by calling. It knows nothing of local
// ports, which package bridge joins to sessions. What families of modems say is package profile's, and the modem plugged
// into this machine is package usb's.
//
// A modem calls in:
//
//  1. Exchange.accept takes the connection. Exchange.admit asks the gate, by gate.admit, whether it may register.
//  2. registrar.register reads what it says first. The parser of its family decides, and registrar.read keeps the time.
//  3. registrar.handOver finds its Subscriber, sends the answer and makes a session by NewSession.
//  4. Subscriber.Answer takes the session, or refuses it. Any refusal ends at registrar.refuse, which fills the UnknownList.
//
// We call a modem:
//
//  1. Dial.Call tries one address after the other, by Dial.call.
//  2. For an rfc2217 address, telnet.greet sets the far serial port.
//  3. NewSession makes the session.
//
// A byte from the modem:
//
//  1. Session.readTurn reads it, and Session.received records when it came.
//  2. Session.deliver has the codec take out what the modem adds.
//  3. Session.apply passes the rest to Receive's function.
//
// A byte to the modem:
//
//  1. Session.Write or Session.TryWrite takes it.
//  2. Session.sendEncoded packs it as the modem wants it.
//  3. Session.send passes it to the system.
package relay

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"meterline/relay/codec"
	"meterline/relay/wire"
)

// Line is a way to get a session with one modem by calling it.
type Line interface {
	String() string
	// Call tries each address of the line in order once, and returns a session that is up.
	Call(ctx context.Context) (*Session, error)
}

// Session is one connected call with a modem, from registration to its end. It yields the meter's bytes only.
//
//	Up ── End(cause) ──► Ended        the first cause stays
//
// A session has no goroutine of its own. It runs in its callers' Receive and Write, and in timers where its link asks for
// heartbeats or a limit of silence; these run from the first Receive on. Whoever got the session must End it, also after
// Receive has reported that the modem is gone: only that releases the descriptor.
type Session struct {
	conn     net.Conn
	raw      rawConn
	link     Link
	codec    codec.Codec   // nil: the modem adds nothing
	enc      codec.Encoder // the codec, if it encodes
	far      *telnet       // the codec, if the far end has a serial port that can be set; else nil
	observer wire.Observer // may be nil
	passed   func([]byte)  // may be nil
	peer     string
	since    time.Time
	line     string // the way by which the session was made

	heard atomic.Int64 // when the modem last sent anything, in nanoseconds after since
	wrote atomic.Int64 // when anything was last sent to it, in nanoseconds after since
	until atomic.Int64 // the read deadline in nanoseconds after since, 0 if there is none; Receive checks it while bytes keep coming
	over  atomic.Bool  // cause is set
	lost  atomic.Int64 // bytes that have no place in the family's protocol

	mu     sync.Mutex // guards what follows; never held while waiting
	cause  error
	users  int       // calls in progress; the last one to leave an ended session closes the connection
	abort  bool      // close with a reset
	unsent int       // what the system still had to send at the end
	outer  time.Time // read deadline set from outside
	held   time.Time // since when bytes have been held; zero: nothing is held
	hold   time.Time // when they must be released
	timers []*time.Timer
	armed  bool
	beats  [][]byte // heartbeats, and answers to heartbeats, that wait until the line is free

	in receiving
	out
}

// NewSession makes a session of a connection. rest is what the modem sent after its registration: the first bytes that Receive
// decodes. c may be nil. From then on the session owns the connection.
func NewSession(conn net.Conn, link Link, rest []byte, c codec.Codec) *Session {
	s := &Session{conn: conn, link: link, codec: c, since: time.Now()}
	s.enc, _ = codec.As[codec.Encoder](c)
	s.in.rest = rest
	s.heard.Store(int64(-codec.StandsAlone)) // the first bytes count as coming after a pause
	if a := conn.RemoteAddr(); a != nil {
		s.peer = a.String()
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		link.apply(tcp)
		s.raw = newRawConn(tcp)
	}
	return s
}

// Peer returns the far address with its port.
func (s *Session) Peer() string { return s.peer }

// Line names the way by which the session was made, such as "dial 10.8.0.12:4001".
func (s *Session) Line() string { return s.line }

// SetLine sets what Line returns. Whoever made the session calls it before anybody else gets the session.
func (s *Session) SetLine(line string) { s.line = line }

// Since returns when the session came up.
func (s *Session) Since() time.Time { return s.since }

// Heard returns when the modem last sent anything, heartbeats included; Since if it never did.
func (s *Session) Heard() time.Time { return s.since.Add(time.Duration(max(s.heard.Load(), 0))) }

// SetObserver sets who gets what the modem says of itself and reports. It is called before the first Receive.
func (s *Session) SetObserver(o wire.Observer) { s.observer = o }

// SetPassed sets who is told of each heartbeat that Receive has handed over as data, as far as that can be told. f must not block. It is
// called before the first Receive.
func (s *Session) SetPassed(f func(beat []byte)) { s.passed = f }

// Misframed returns how many bytes from the modem were dropped because they have no place in its family's protocol.
func (s *Session) Misframed() int64 { return s.lost.Load() }

// Cause returns why the session ended, nil while it has not.
func (s *Session) Cause() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cause
}

// Unsent returns how many bytes the modem has not acknowledged yet. After the session's end it is how many were lost or left to
// the system to deliver. It is 0 where the system does not say.
func (s *Session) Unsent() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cause != nil {
		return s.unsent
	}
	return s.raw.unsent()
}

// SetReadDeadline interrupts a Receive at t, at once if t is past; the zero time means never.
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

// End ends the session. The first cause stays; nil means ErrHungUp. Receive and Write return, and the connection is closed once
// they have. A displaced or refused session is reset: what it still had to send must not reach anybody, and the far end shall
// know at once. Any other session is closed in order, so that the bytes already written are delivered. End does not wait. It
// may be called from anywhere, also from Receive's function.
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
	// Close would wait for the calls in progress, and one of them may be the caller. They are woken instead.
	if half, ok := s.conn.(halfCloser); ok && !abort {
		_ = half.CloseWrite() // the modem gets the end even if Receive's function is slow; a dead connection needs none
	}
	_ = s.conn.SetDeadline(time.Unix(1, 0)) // fails only on a connection that is closed already
}

// enter and leave surround every use of the connection.
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

// close runs once: in End when nobody uses the connection, or else in the last call to leave.
func (s *Session) close() {
	if s.abort {
		reset(s.conn)
		return
	}
	s.raw.discard() // unread bytes would turn the close into a reset, and the last bytes written would be lost
	_ = s.conn.Close()
}

// halfCloser is a connection that can end one direction.
type halfCloser interface{ CloseWrite() error }

// reset closes with RST where that is possible.
func reset(conn net.Conn) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close() // the connection is of no further use
}

// ended returns the error of every call once the session has a cause: net.ErrClosed and the cause. The caller holds s.mu.
func (s *Session) ended() error { return fmt.Errorf("%w (%w)", s.cause, net.ErrClosed) }

// stamp returns t in nanoseconds after since, 0 for the zero time.
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

// Causes of a session's end. Errors of the network itself (io.EOF, ECONNRESET, ETIMEDOUT) are passed on unchanged.
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
