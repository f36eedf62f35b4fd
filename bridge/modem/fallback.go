package modem

import (
	"context"
	"time"

	"meterline/relay"
)

// Fallback reaches a modem when its own lines do not: by telephone. All methods but Attempt are called with the modem's mutex held,
// and are given the modem's inside.
type Fallback interface {
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

// SetFallback gives a modem that does not run yet its fallback.
func (m *Modem) SetFallback(f Fallback) { m.fallback = f }

// telephony is what there is to show of the fallback. The caller holds mu.
func (m *Modem) telephony(now time.Time) Telephony {
	if m.fallback == nil {
		return Telephony{}
	}
	return m.fallback.Describe(Inside{m}, now)
}
