package modem

import (
	"context"
	"time"

	"meterline/bridge/status"
	"meterline/relay"
)

// Fallback reaches a modem by telephone when its own lines fail. Its methods with an Inside are called with the modem's mutex held: they
// decide, and never wait or log. Attempt and Asked are called without it.
type Fallback interface {
	// Due reports whether the modem is to be reached by the fallback, and in how long.
	Due(in Inside, now time.Time) (due time.Duration, wanted bool)
	// Attempt tries once to reach the modem. ctx ends when a session comes, life with the modem.
	Attempt(ctx, life context.Context)
	// Offer reports whether the fallback keeps s, which has come while the present session is one of the fallback's own. It then
	// puts s in that one's place between two requests.
	Offer(in Inside, s *relay.Session) bool
	// Ended is called when the session s has ended or was displaced.
	Ended(in Inside, s *relay.Session)
	// Asked is called when a program has opened a port of the modem.
	Asked()
	// Describe returns what status shows of the fallback.
	Describe(in Inside, now time.Time) Telephony
}

// Telephony is what status shows of a fallback.
type Telephony struct {
	USB     string // the plugged-in modem that reaches the modem; empty: none does
	Problem string // why USB cannot be used, empty if it can
	By      string // the plugged-in modem that made the present session, empty: it was not made by telephone
	While   string // what the fallback is doing while there is no session
	Back    string // line of a session that waits for the telephone call to end, empty: there is none
}

// Fallback is how the modem is reached when its own lines fail, nil if it is not.
func (m *Modem) Fallback() Fallback { return m.fallback }

// telephonyOf returns what status shows of m's fallback. The caller holds mu.
func telephonyOf(m *Modem, now time.Time) Telephony {
	if m.fallback == nil {
		return Telephony{}
	}
	return m.fallback.Describe(Inside{m}, now)
}

// Inside is access to a modem while its mutex is held.
type Inside struct{ m *Modem }

// Inside calls f with the mutex held. f must reach the modem through its argument only.
func (m *Modem) Inside(f func(in Inside)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f(Inside{m})
}

// Config is the modem's configuration.
func (in Inside) Config() Config { return in.m.cfg }

// Session is the present session, nil if there is none.
func (in Inside) Session() *relay.Session { return in.m.circuit.session }

// Closed says why no more sessions are taken; nil: they are.
func (in Inside) Closed() error { return in.m.circuit.closed }

// Asked is when somebody wanted a session last.
func (in Inside) Asked() time.Time { return in.m.demand.asked }

// Absent is since when there has been no session; zero while there is one.
func (in Inside) Absent() time.Time { return in.m.absence.since }

// Returns is how often the modem has come back from having no session.
func (in Inside) Returns() int { return in.m.absence.returns }

// Moved is when the last byte passed, in either direction.
func (in Inside) Moved() time.Time { return in.m.circuit.lease.moved }

// Leased reports whether anybody has the modem.
func (in Inside) Leased() bool { return in.m.circuit.lease.holder != nil }

// Awaited reports whether a program is at one of the modem's ports.
func (in Inside) Awaited() bool { return in.m.circuit.isAwaited() }

// BetweenRequests reports whether the modem has a protocol, and by that no request is unanswered.
func (in Inside) BetweenRequests() bool {
	c := &in.m.circuit
	return c.frames.on() && !c.toModem.queue.busy() && c.frames.line.Quiet()
}

// HasLine reports whether the modem is called over lines of its own.
func (in Inside) HasLine() bool { return in.m.ways.line != nil }

// Postpone delays the next attempt to connect to the modem over TCP, and returns for how long.
func (in Inside) Postpone() time.Duration { return in.m.ways.postpone() }

// Fail notes what went wrong last.
func (in Inside) Fail(err error) { in.m.ways.note(err) }

// Seat makes s the present session, where there is none.
func (in Inside) Seat(s *relay.Session) { in.m.seat(s) }

// Replace makes next the present session. What has not been sent to the one before is dropped.
func (in Inside) Replace(next *relay.Session) {
	m := in.m
	m.circuit.toModem.dropQueue(status.DropEnded)
	_ = m.circuit.session.SetReadDeadline(time.Now()) // it may have ended meanwhile
	m.circuit.dialled = false
	m.seat(next)
}

// Outage counts the modems of the exchange where this one calls in, nil if there is none.
func (in Inside) Outage() *Outage { return in.m.absence.outage }

// Wake has the modem look anew at what there is to do: whether its fallback is due may have changed.
func (in Inside) Wake() { in.m.life.wake() }

// Defer has f run after the mutex is released. It is for logging, and for whatever may take long.
func (in Inside) Defer(f func()) { in.m.mu.Defer(f) }

// Go runs f on a goroutine that the modem's life waits for at its end.
func (in Inside) Go(f func()) { in.m.life.tasks.Go(f) }

// CallLine calls the modem over its line.
func (m *Modem) CallLine(ctx context.Context) (*relay.Session, error) { return m.ways.line.Call(ctx) }
