// Package simulated is the far end of a line as the verb sim and many tests need it: modems that call in, or are called,
// with their families' bytes, and modems to be plugged in with their subscribers. A family's side is written anew from its
// maker's description. It shares no codec with package profile, so that each of the two checks the other.
//
// A simulated modem talks over loopback only, so that no invented reading is ever taken for a real one.
package simulated

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"meterline/relay/simulated/meters"
	"meterline/relay/simulated/netem"
)

// Modem is a simulated cellular modem with a meter behind it. It calls an exchange, or is called, on loopback only, and
// comes back after every loss. Set Call, or Listen, or Listener; the rest may stay zero. It is one goroutine where it
// calls and two where it is called, so that thousands fit into one process.
type Modem struct {
	Name string // for the log

	Call     string       // host:port that it calls
	Listen   string       // host:port where it is called; a newer caller displaces the one before
	Listener net.Listener // instead of Listen; Run closes it

	// Side makes the modem's part of its family's protocol, for each connection anew. Nil: Register, ExpectAnswer and Heartbeat
	// are all there is to it. The server must accept the modem within 30 s.
	Side           func() Side
	Register       []byte // sent as soon as it is connected
	RegisterPieces bool   // sent in random pieces
	ExpectAnswer   []byte // what must come back for Register before anything reaches the meter

	Meter  meters.Meter // nil: an echo; it keeps its state from one session to the next
	Faults netem.Faults // what happens to bytes that the modem sends
	// Shuffle cuts what the modem sends into writes at random, and merges what belongs into different ones: TCP knows no packets.
	// The silences that a side needs are kept.
	Shuffle bool
	Lose    time.Duration // mean time until a connection is lost, exponentially distributed; 0: never
	FIN     bool          // a lost connection ends with FIN; else with RST

	Heartbeat      []byte
	HeartbeatEvery time.Duration // Heartbeat, or the side's, is sent after so long without a byte from the modem, or longer if it needs that; 0: never

	RetryMin time.Duration // first pause before it calls again, 0 means 500 ms
	RetryMax time.Duration // longest pause, 0 means 30 s
	Seed     uint64        // of everything random; 0: another one each time
	Log      *slog.Logger  // nil: none

	// Begun is called once, when the modem listens, or its first call has been connected or has failed; nil: nobody waits.
	Begun func()

	// Dial makes the connection to Call; nil: over TCP.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)

	count counters
	at    atomic.Value // net.Addr where it listens, in a holder
}

// ModemStats are counts since the modem's start.
type ModemStats struct {
	Dials    int64 // attempts to connect
	Sessions int64 // connections made
	Lost     int64 // of these lost on purpose
	Received int64 // bytes
	Sent     int64 // bytes
	Up       bool  // registered, and answered where an answer is expected
}

type counters struct {
	dials, sessions, lost, received, sent atomic.Int64
	up                                    atomic.Bool
}

// Stats may be called at any time.
func (m *Modem) Stats() ModemStats {
	c := &m.count
	return ModemStats{c.dials.Load(), c.sessions.Load(), c.lost.Load(), c.received.Load(), c.sent.Load(), c.up.Load()}
}

// Validate says what is wrong with the modem, nil if nothing.
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

// Run keeps the modem on line until ctx ends, and then returns nil; an error says that it cannot start at all. Run it
// once at a time.
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

// newSide is for one connection.
func (m *Modem) newSide() Side {
	if m.Side != nil {
		return m.Side()
	}
	return &rawSide{register: m.Register, expect: m.ExpectAnswer, beat: m.Heartbeat}
}

func (m *Modem) retryMin() time.Duration { return cmp.Or(m.RetryMin, 500*time.Millisecond) }
func (m *Modem) retryMax() time.Duration {
	return max(cmp.Or(m.RetryMax, 30*time.Second), m.retryMin())
}
