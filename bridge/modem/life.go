package modem

import (
	"context"
	"sync"
	"time"

	"meterline/bridge/monitor"
)

// State is where a modem stands in its life:
//
//	     session arrives (it calls in, or its call is answered)
//	  ┌────────────────────────────────────────────┐
//	  │                                            ▼
//	away ──── wanted, and it has a line ───► calling ──► up ──► ending
//	  ▲ ▲                                       │                 │
//	  │ └──────────── call failed ──────────────┘                 │
//	  └───────────────────────────────────────────────────────────┘
//
// A session that displaces another goes from ending through away to up at once. Only enter changes the state.
type State string

// The states.
const (
	Away    State = "away"    // no session
	Calling State = "calling" // a line of ours is calling it
	Up      State = "up"      // a session is there
	Ending  State = "ending"  // the session has ended, what it brought is being handed over
)

// life is where a modem stands. It is guarded by the modem's mutex, but for the channels.
type life struct {
	state State
	since time.Time
	ended chan struct{}  // closed when no more sessions are taken
	woken chan struct{}  // capacity 1: something changed that away should look at
	tasks sync.WaitGroup // goroutines that Run waits for
}

func newLife(now time.Time) life {
	return life{state: Away, since: now, ended: make(chan struct{}), woken: make(chan struct{}, 1)}
}

// wake has away look at what has changed.
func (l *life) wake() {
	select {
	case l.woken <- struct{}{}:
	default: // it has been woken already
	}
}

// enter is the one place where the state changes.
func (l *life) enter(mu *monitor.Monitor, s State) {
	mu.Lock()
	defer mu.Unlock()
	if l.state != s {
		l.state, l.since = s, time.Now()
	}
}

// wait waits until woken, for the context's end, and for what is due next.
func (l *life) wait(ctx context.Context, o outlook) {
	var timeout <-chan time.Time
	if due, any := o.next(); any {
		t := time.NewTimer(due)
		defer t.Stop()
		timeout = t.C
	}
	select {
	case <-l.woken:
	case <-ctx.Done():
	case <-timeout:
	}
}

// outlook is what there is to do, and in how long.
type outlook struct {
	session    bool // one waits to be read
	call       bool // over the modem's line
	callIn     time.Duration
	fallback   bool // by telephone
	fallbackIn time.Duration
}

func (o outlook) next() (due time.Duration, any bool) {
	switch {
	case o.call && o.fallback:
		return min(o.callIn, o.fallbackIn), true
	case o.fallback:
		return o.fallbackIn, true
	}
	return o.callIn, o.call
}

// Run lives the modem's life until ctx ends; the session then ends with ctx's cause. It only drives: what is to be done next is decided by
// outlook, and no step but an attempt to call waits for anything.
func (m *Modem) Run(ctx context.Context) {
	stop := context.AfterFunc(ctx, func() { m.shut(context.Cause(ctx)) })
	defer stop()
	m.absence.outage.Comes()
	for m.next(ctx) {
	}
	m.shut(context.Cause(ctx))
	for m.next(ctx) { // a session may have come at the last moment
	}
	m.life.tasks.Wait()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.circuit.session = nil
	m.absence.leave()
}

// next does what is to be done next, or waits for that. It returns false when ctx has ended and no session is left to be served.
func (m *Modem) next(ctx context.Context) bool {
	switch o := m.outlook(); {
	case o.session:
		if s := m.begin(); s != nil {
			m.ending(s, m.circuit.toProgram.read(s))
		}
	case ctx.Err() != nil:
		return false
	case o.call && o.callIn <= 0:
		m.calling(ctx)
	case o.fallback && o.fallbackIn <= 0:
		m.fallingBack(ctx)
	default:
		m.life.wait(ctx, o)
	}
	return true
}

// shut takes no more sessions and ends the present one.
func (m *Modem) shut(cause error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.circuit.closed != nil {
		return
	}
	close(m.life.ended)
	m.demand.stopLinger()
	m.circuit.close(cause)
	m.life.wake()
}

// outlook looks at what there is to do.
func (m *Modem) outlook() outlook {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	o := outlook{session: m.circuit.session != nil, callIn: m.ways.next.Sub(now)}
	o.call = m.ways.line != nil && m.circuit.closed == nil && m.demand.isWanted()
	if m.fallback != nil {
		o.fallbackIn, o.fallback = m.fallback.Due(Inside{m}, now)
	}
	return o
}

// calling makes one attempt over the modem's line.
func (m *Modem) calling(ctx context.Context) {
	m.attempt(ctx, func(ctx context.Context) {
		s, err := m.ways.line.Call(ctx)
		switch {
		case err == nil:
			if err := m.Join(s); err != nil {
				s.End(err)
			}
		case ctx.Err() == nil:
			m.mu.Lock()
			pause, level := m.ways.callFailed(err)
			m.mu.Unlock()
			m.log.Log(ctx, level, "call failed", "line", m.ways.line.String(), "err", err, "again_in", pause.Round(time.Millisecond))
		}
	})
}

// fallingBack makes one attempt to reach the modem by its fallback.
func (m *Modem) fallingBack(life context.Context) {
	m.attempt(life, func(ctx context.Context) { m.fallback.Attempt(ctx, life) })
}

// attempt lets try look for a session, with a context that ends when one arrives by itself.
func (m *Modem) attempt(ctx context.Context, try func(context.Context)) {
	m.life.enter(&m.mu, Calling)
	defer m.life.enter(&m.mu, Away)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	m.mu.Lock()
	if m.circuit.session != nil { // it called in at this very moment
		m.mu.Unlock()
		return
	}
	m.ways.cancel = cancel
	m.mu.Unlock()
	try(ctx)
	m.mu.Lock()
	m.ways.cancel = nil
	m.mu.Unlock()
}

// noteDemand notes that somebody wants a session. The caller holds mu.
func (m *Modem) noteDemand(now time.Time) {
	before := m.demand.asked
	m.demand.asked = now
	if m.fallback != nil && m.circuit.session == nil && now.Sub(before) > time.Second {
		m.life.wake() // the telephone may be due
	}
}
