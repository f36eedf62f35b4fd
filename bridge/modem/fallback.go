package modem

import (
	"context"
	"time"

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
