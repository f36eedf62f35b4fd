package modem

import (
	"sync/atomic"
	"time"
)

// Outage counts how many modems of an exchange are away. If most are, the exchange itself is out, and telephone calls would be wasted.
type Outage struct {
	modems, away atomic.Int64
	percent      atomic.Int64 // of the modems that must be away for an outage
	paused       atomic.Bool
}

// SetPercent sets how many percent of the modems must be away for an outage.
func (a *Outage) SetPercent(percent int) { a.percent.Store(int64(percent)) }

// Pause reports whether there is an outage, and whether this is the first call that says so.
func (a *Outage) Pause() (out, first bool) {
	if a.Out() {
		return true, !a.paused.Swap(true)
	}
	if a != nil {
		a.paused.Store(false)
	}
	return false, false
}

// Counts returns how many modems are away, and of how many.
func (a *Outage) Counts() (away, modems int64) { return a.away.Load(), a.modems.Load() }

// Out reports whether there is an outage. At least five modems must be away.
func (a *Outage) Out() bool {
	return a != nil && a.away.Load() >= max(5, (a.modems.Load()*a.percent.Load()+99)/100)
}

// Comes counts a modem that begins to run, and is away. A nil Outage counts nothing.
func (a *Outage) Comes() {
	if a != nil {
		a.modems.Add(1)
		a.away.Add(1)
	}
}

// Add changes how many modems are away.
func (a *Outage) Add(away int64) {
	if a != nil {
		a.away.Add(away)
	}
}

// absence is since when a modem has had no session. It is guarded by the modem's mutex.
type absence struct {
	since   time.Time // zero while it has one
	returns int       // how often a session came while there was none
	outage  *Outage   // of its exchange, nil: it has none
}

// end notes that the modem has a session.
func (a *absence) end() {
	if !a.since.IsZero() {
		a.since = time.Time{}
		a.outage.Add(-1)
		a.returns++
	}
}

// begin notes that the modem has no session.
func (a *absence) begin() {
	if a.since.IsZero() {
		a.since = time.Now()
		a.outage.Add(1)
	}
}

// leave takes the modem out of the count.
func (a *absence) leave() {
	a.begin()
	if a.outage != nil {
		a.outage.modems.Add(-1)
		a.outage.away.Add(-1)
	}
}
