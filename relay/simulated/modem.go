// Package simulated is the far end of a line as the verb sim and many tests need it. It has modems that call in, or are called,
// with their families' bytes, and modems to be plugged in, with the subscribers that they reach. The families' bytes are package
// profile's: a side.Line says and understands them, and this package has the sockets, the delays and the meters. It is no model of
// a network: package netem is.
//
// A simulated modem talks over loopback only, so that no invented reading is ever taken for a real one.
//
// Modem.Run calls by station.call or is called by station.serve, and station.talk runs one connection. session.receive gives
// side.Line.Take what the server sent and the meter what that yields; session.speak sends what the meter says, packed by
// side.Line.Put.
package simulated

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"meterline/relay/profile/side"
	"meterline/relay/simulated/meters"
	"meterline/relay/simulated/netem"
)

// Modem is a simulated cellular modem with a meter behind it. It calls an exchange, or is called, on loopback only, and returns
// after every loss. One of Call, Listen and Listener must be set; everything else may be zero. It has one goroutine where it
// calls and two where it is called, so that thousands fit into one process.
type Modem struct {
	Name string // for the log

	Call     string       // host:port that it calls
	Listen   string       // host:port where it is called; a newer caller displaces the older
	Listener net.Listener // instead of Listen; Run closes it

	// Side makes the modem's part of its family's protocol, anew for each connection. Without it, the modem only knows
	// Register, ExpectAnswer and Heartbeat. The server must accept the modem within 30 s.
	Side           func() *side.Line
	Register       []byte // sent as soon as it is connected
	RegisterPieces bool   // sent in random pieces
	ExpectAnswer   []byte // what must answer Register before anything reaches the meter

	Meter  meters.Meter // nil: an echo; it keeps its state from one session to the next
	Faults netem.Faults // what happens to bytes that the modem sends
	// Shuffle cuts what the modem sends into random writes, and merges parts of different ones: TCP knows no packets. The
	// silences that a side needs are kept.
	Shuffle bool
	Lose    time.Duration // mean time until a connection is lost, exponentially distributed, 0 if never
	FIN     bool          // a lost connection ends with FIN; else with RST

	Heartbeat      []byte
	HeartbeatEvery time.Duration // Heartbeat, or the side's, is sent after so long without a byte from the modem, or after the side's silence if that is longer, 0 if never

	RetryMin time.Duration // first pause before it calls again, 0 means 500 ms
	RetryMax time.Duration // longest pause, 0 means 30 s
	Seed     uint64        // of everything random; 0: a different one each time
	Log      *slog.Logger  // nil: none

	// Begun is called once, when the modem listens, or when its first call has been connected or has failed. It may be nil.
	Begun func()

	// Dial makes the connection to Call; nil: over TCP.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)

	count counters
	at    atomic.Value // the net.Addr where it listens, in an addrHolder
}

// ModemStats are counts since the modem's start.
type ModemStats struct {
	Dials    int64 // attempts to connect
	Sessions int64 // connections made
	Lost     int64 // those of them that were lost on purpose
	Received int64 // bytes
	Sent     int64 // bytes
	Up       bool  // registered, and answered where an answer is expected
}

type counters struct {
	dials, sessions, lost, received, sent atomic.Int64
	up                                    atomic.Bool
}

// Stats returns the counts so far. It may be called at any time.
func (m *Modem) Stats() ModemStats {
	c := &m.count
	return ModemStats{c.dials.Load(), c.sessions.Load(), c.lost.Load(), c.received.Load(), c.sent.Load(), c.up.Load()}
}

// Validate returns what is wrong with the modem, nil if nothing.
func (m *Modem) Validate() error {
	var errs []error
	switch {
	case m.Call == "" && m.Listen == "" && m.Listener == nil:
		errs = append(errs, errors.New("it neither calls nor listens: give one address"))
	case m.Call != "" && (m.Listen != "" || m.Listener != nil):
		errs = append(errs, errors.New("it both calls and listens: give one address"))
	case m.Call != "":
		errs = append(errs, loopbackAddress(m.Call))
	case m.Listener != nil:
		errs = append(errs, loopbackPeer(m.Listener.Addr()))
	default:
		errs = append(errs, loopbackAddress(m.Listen))
	}
	if m.Side != nil && len(m.Register)+len(m.ExpectAnswer)+len(m.Heartbeat) > 0 {
		errs = append(errs, errors.New("it has a side of its family, and registration bytes besides: give one"))
	}
	errs = append(errs, m.Faults.Validate())
	if min(m.Lose, m.HeartbeatEvery, m.RetryMin, m.RetryMax) < 0 {
		errs = append(errs, errors.New("times must not be negative"))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("simulated modem %s: %w", m.Name, err)
	}
	return nil
}

// Run keeps the modem on line until ctx ends, and then returns nil. It is an error if the modem cannot start at all. Only one
// Run may run at a time.
func (m *Modem) Run(ctx context.Context) error {
	if err := m.Validate(); err != nil {
		return err
	}
	begun := sync.OnceFunc(func() {
		if m.Begun != nil {
			m.Begun()
		}
	})
	seed := m.Seed
	if seed == 0 {
		seed = rand.Uint64()
	}
	s := &station{
		Modem:  m,
		begun:  begun,
		meter:  m.Meter,
		random: rand.New(rand.NewPCG(seed, seed)),
		log:    m.Log,
	}
	if s.meter == nil {
		s.meter = meters.NewEcho()
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	s.log = s.log.With("modem", m.Name, "simulated", true)
	if m.Call != "" {
		s.call(ctx)
		return nil
	}
	return s.serve(ctx)
}

// newSide returns the side for one connection.
func (m *Modem) newSide() *side.Line {
	if m.Side != nil {
		return m.Side()
	}
	raw := &rawSide{register: m.Register, expect: m.ExpectAnswer, beat: m.Heartbeat}
	return side.NewLine(raw, len(m.Register) > 0)
}

func (m *Modem) retryMin() time.Duration { return cmp.Or(m.RetryMin, 500*time.Millisecond) }
func (m *Modem) retryMax() time.Duration {
	return max(cmp.Or(m.RetryMax, 30*time.Second), m.retryMin())
}

// loopbackAddress refuses an address that is not written as one of this machine's loopback.
func loopbackAddress(address string) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("address %q: %w: write host:port", address, err)
	}
	if host == "localhost" {
		return nil
	}
	if ip, err := netip.ParseAddr(host); err != nil || !ip.Unmap().IsLoopback() {
		return fmt.Errorf("address %s is not on loopback: write 127.0.0.1, [::1] or localhost; simulated readings stay in this machine", address)
	}
	return nil
}

// loopbackPeer refuses an IP address that is not loopback. Other networks, such as pipes in memory, are always local.
func loopbackPeer(addr net.Addr) error {
	if tcp, ok := addr.(*net.TCPAddr); ok && !tcp.IP.IsLoopback() {
		return fmt.Errorf("address %s is not on loopback; simulated readings stay in this machine", addr)
	}
	return nil
}

// dialLoopback also refuses a localhost that the system resolves to something else.
func dialLoopback(ctx context.Context, network, address string) (net.Conn, error) {
	dialer := net.Dialer{
		Timeout: 10 * time.Second,
		Control: func(_, resolved string, _ syscall.RawConn) error { return loopbackAddress(resolved) },
	}
	return dialer.DialContext(ctx, network, address)
}

// rawSide is a family without a protocol of its own. It sends some bytes first and expects a known answer; after that what the
// meter says is sent unchanged.
type rawSide struct {
	register []byte
	expect   []byte // the part of the answer that is still to come
	beat     []byte
}

func (r *rawSide) Connect(time.Time) []byte { return r.register }

func (r *rawSide) Take(p []byte, _ time.Time) (data, reply []byte, err error) {
	n := min(len(r.expect), len(p))
	if !bytes.Equal(r.expect[:n], p[:n]) {
		return nil, nil, fmt.Errorf("registration answered with %q instead of %q", p[:n], r.expect[:n])
	}
	r.expect = r.expect[n:]
	return p[n:], nil, nil
}

func (r *rawSide) Put(p []byte) []byte { return p }
func (r *rawSide) Beat() []byte        { return r.beat }
func (r *rawSide) Online() bool        { return len(r.expect) == 0 }
