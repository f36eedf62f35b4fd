package bridge

import (
	"context"
	"slices"
	"sync"
	"time"

	"meterline/bridge/status"
	"meterline/relay"
)

// fallbackWay reaches a modem when its own lines do not: by telephone. All methods but Attempt are called with the modem's mutex held,
// and are given the modem's inside.
type fallbackWay interface {
	// Due reports whether the modem is to be reached, and in how long.
	Due(in Inside, now time.Time) (due time.Duration, wanted bool)
	// Attempt tries once to reach the modem. ctx ends when a session comes, life with the modem.
	Attempt(ctx, life context.Context)
	// Offer reports whether a session that has come during one of the fallback's own is kept until that may end.
	Offer(in Inside, s *relay.Session) bool
	// Ended tells that the session s has ended, or was displaced.
	Ended(in Inside, s *relay.Session)
	// Asked tells that a program has opened a port of the modem.
	Asked()
	// Describe says what there is to show.
	Describe(in Inside, now time.Time) Telephony
}

// Telephony is what there is to show of a fallback.
type Telephony struct {
	USB     string // the plugged-in modem that reaches the modem; empty: none does
	Problem string // why nobody can be reached by that
	By      string // by which the present session was had, empty if it was not
	While   string // what is to be said while there is no session
	Back    string // line of a session that waits for the end of a telephone call
}

// Inside is a modem whose mutex is held.
type Inside struct{ m *modem }

// Inside calls f with the mutex held. f must not call the modem but by what it is given.
func (m *modem) Inside(f func(in Inside)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f(Inside{m})
}

// Config is the modem's configuration.
func (in Inside) Config() ModemConfig { return in.m.cfg }

// Session is the present session, nil if there is none.
func (in Inside) Session() *relay.Session { return in.m.session }

// Closed says why no more sessions are taken; nil: they are.
func (in Inside) Closed() error { return in.m.closed }

// Asked is when somebody wanted a session last.
func (in Inside) Asked() time.Time { return in.m.asked }

// Absent is since when there has been no session; zero while there is one.
func (in Inside) Absent() time.Time { return in.m.absent }

// Returns is how often the modem has come back from having no session.
func (in Inside) Returns() int { return in.m.returns }

// Moved is when a byte passed last.
func (in Inside) Moved() time.Time { return in.m.moved }

// Leased reports whether anybody has the modem.
func (in Inside) Leased() bool { return in.m.holder != nil }

// Awaited reports whether a program is at one of the modem's ports.
func (in Inside) Awaited() bool { return in.m.awaited() }

// BetweenRequests reports whether the meter's protocol says that nothing is under way.
func (in Inside) BetweenRequests() bool {
	return in.m.frames != nil && !in.m.out.busy() && in.m.frames.Quiet()
}

// HasLine reports whether the modem is called over lines of its own.
func (in Inside) HasLine() bool { return in.m.line != nil }

// Postpone puts the next call over the modem's line off, and returns for how long.
func (in Inside) Postpone() time.Duration { return in.m.postpone() }

// Fail notes what went wrong last.
func (in Inside) Fail(err error) { in.m.fail(err) }

// Seat makes s the present session, where there is none.
func (in Inside) Seat(s *relay.Session) { in.m.seat(s) }

// Replace puts next in the place of the present session, whose bytes that have not been sent are dropped.
func (in Inside) Replace(next *relay.Session) {
	m := in.m
	m.dropBacklog(status.DropEnded)
	_ = m.session.SetReadDeadline(time.Now()) // it may have ended meanwhile
	m.dialled = false
	m.seat(next)
}

// Go runs f on a goroutine that the modem's life waits for at its end.
func (in Inside) Go(f func()) { in.m.wg.Go(f) }

// SetFallback gives a modem that does not run yet its fallback.
func (m *modem) SetFallback(f fallbackWay) { m.fallback = f }

// Join makes s, which was had by calling the modem, its session, unless it has another one.
func (m *modem) Join(s *relay.Session) error { return m.attach(s, nil) }

// CallLine calls the modem over its line.
func (m *modem) CallLine(ctx context.Context) (*relay.Session, error) { return m.line.Call(ctx) }

// Done is closed when no more sessions are taken.
func (m *modem) Done() <-chan struct{} { return m.ended }

// HasSession reports whether there is a session.
func (m *modem) HasSession() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.session != nil
}

// Lives ends ctx with the modem, too: one that a reload has changed opens its session for another.
func (m *modem) Lives(ctx context.Context) (_ context.Context, end func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	var watch sync.WaitGroup
	watch.Go(func() {
		select {
		case <-m.ended:
			m.mu.Lock()
			cause := m.closed
			m.mu.Unlock()
			cancel(cause)
		case <-ctx.Done():
		}
	})
	return ctx, func() {
		cancel(nil)
		watch.Wait()
	}
}

// fallbackDue tells in how long the modem is to be reached by its fallback, if it is. The mutex is held.
func (m *modem) fallbackDue(now time.Time) (due time.Duration, wanted bool) {
	if m.fallback == nil {
		return 0, false
	}
	return m.fallback.Due(Inside{m}, now)
}

// telephony is what there is to show of the fallback. The mutex is held.
func (m *modem) telephony(now time.Time) Telephony {
	if m.fallback == nil {
		return Telephony{}
	}
	return m.fallback.Describe(Inside{m}, now)
}

// wish notes that somebody wants a session. The mutex is held.
func (m *modem) wish(now time.Time) {
	before := m.asked
	m.asked = now
	if m.fallback != nil && m.session == nil && now.Sub(before) > time.Second {
		m.pokeLife() // the telephone may be due
	}
}

// fallingBack makes one attempt to reach the modem by its fallback.
func (m *modem) fallingBack(life context.Context) stage {
	m.enter(calling)
	m.attempt(life, func(ctx context.Context) { m.fallback.Attempt(ctx, life) })
	return m.away
}

// awaited tells whether a program is at one of the modem's ports. The mutex is held.
func (m *modem) awaited() bool {
	return m.holder != nil || slices.ContainsFunc(m.ports, (*Access).isOpen)
}
