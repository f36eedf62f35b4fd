package simulated

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"sync"
	"time"

	"meterline/relay/simulated/meters"
	"meterline/relay/simulated/netem"
)

// station is a running Modem: what it keeps from one session to the next.
type station struct {
	*Modem
	begun  func()
	meter  meters.Meter
	random *rand.Rand // of the one session at a time
	log    *slog.Logger
}

// call keeps a session with the address to be called. The pause between attempts doubles up to its limit. It starts anew after
// a session that has lasted longer than the pause.
func (s *station) call(ctx context.Context) {
	pause, level := s.retryMin(), slog.LevelWarn
	for ctx.Err() == nil {
		lived, err := s.callOnce(ctx)
		if err != nil && ctx.Err() == nil {
			s.log.Log(ctx, level, "simulated modem could not call", "address", s.Call, "err", err)
			level = slog.LevelDebug // one warning for failures in a row is enough
		}
		if lived > pause {
			pause, level = s.retryMin(), slog.LevelWarn
		}
		jittered := pause/2 + time.Duration(s.random.Int64N(int64(pause)))
		if netem.SleepUntil(ctx, time.Now().Add(jittered)) != nil {
			return
		}
		pause = min(2*pause, s.retryMax())
	}
}

// callOnce returns how long the session has lasted.
func (s *station) callOnce(ctx context.Context) (time.Duration, error) {
	dial := s.Dial
	if dial == nil {
		dial = dialLoopback
	}
	s.count.dials.Add(1)
	conn, err := dial(ctx, "tcp", s.Call)
	s.begun()
	if err != nil {
		return 0, err
	}
	began := time.Now()
	s.talk(ctx, conn)
	return time.Since(began), nil
}

// serve takes calls. It talks to the newest caller: the one before may be dead without anybody having noticed.
func (s *station) serve(ctx context.Context) error {
	listener := s.Listener
	if listener == nil {
		var config net.ListenConfig
		var err error
		if listener, err = config.Listen(ctx, "tcp", s.Listen); err != nil {
			return fmt.Errorf("simulated modem %s: %w", s.Name, err)
		}
	}
	s.at.Store(addrHolder{listener.Addr()})
	s.begun()
	stop := context.AfterFunc(ctx, func() { _ = listener.Close() }) // ends Accept
	defer stop()
	defer func() { _ = listener.Close() }() // closes it again where ctx has ended

	var current oneCall
	defer current.end(nil)
	for {
		conn, err := listener.Accept()
		switch {
		case ctx.Err() != nil:
			if err == nil {
				_ = conn.Close() // it came too late
			}
			return nil
		case errors.Is(err, net.ErrClosed):
			return fmt.Errorf("simulated modem %s: %w", s.Name, err)
		case err != nil: // out of descriptors, or the caller has gone already
			s.log.Warn("simulated modem cannot take a call", "err", err)
			_ = netem.SleepUntil(ctx, time.Now().Add(100*time.Millisecond)) // ctx is looked at above
			continue
		}
		current.end(errDisplaced)
		current.begin(ctx, func(ctx context.Context) { s.talk(ctx, conn) })
	}
}

var errDisplaced = errors.New("displaced by a newer caller")

// oneCall holds the one call that there is at a time. The zero value holds none.
type oneCall struct {
	cancel context.CancelCauseFunc
	group  sync.WaitGroup
}

func (c *oneCall) begin(ctx context.Context, talk func(context.Context)) {
	ctx, c.cancel = context.WithCancelCause(ctx)
	c.group.Go(func() { talk(ctx) })
}

// end ends the call, and returns when it has ended.
func (c *oneCall) end(cause error) {
	if c.cancel != nil {
		c.cancel(cause)
	}
	c.group.Wait()
}

type addrHolder struct{ addr net.Addr }

// Addr returns the address it listens at, nil before it listens and if it calls.
func (m *Modem) Addr() net.Addr {
	h, _ := m.at.Load().(addrHolder)
	return h.addr
}
