package modem

import (
	"sync/atomic"
	"time"
)

// Outage counts the modems of one exchange, so that its own outage is not taken for theirs.
type Outage struct {
	modems, away atomic.Int64
	percent      atomic.Int64 // away, from which on it is an outage
	paused       atomic.Bool
}

// SetPercent sets how many of all modems must be away, so that it is an outage.
func (a *Outage) SetPercent(percent int) { a.percent.Store(int64(percent)) }

// Pause reports whether an outage forbids anything now, and when it does, whether that is new.
func (a *Outage) Pause() (out, first bool) {
	if a.Out() {
		return true, !a.paused.Swap(true)
	}
	if a != nil {
		a.paused.Store(false)
	}
	return false, false
}

// Counts are how many modems are away, and of how many.
func (a *Outage) Counts() (away, modems int64) { return a.away.Load(), a.modems.Load() }

// Out reports whether so many are away that the exchange itself must be the cause (at least five).
func (a *Outage) Out() bool {
	return a != nil && a.away.Load() >= max(5, (a.modems.Load()*a.percent.Load()+99)/100)
}

// Comes counts a modem whose life begins; a nil Outage counts nothing.
func (a *Outage) Comes() {
	if a != nil {
		a.modems.Add(1)
		a.away.Add(1)
	}
}

// Add counts so many modems more that are away.
func (a *Outage) Add(away int64) {
	if a != nil {
		a.away.Add(away)
	}
}

// leaves is the end of the modem's life.
func (m *Modem) leaves() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.session = nil
	m.goAway()
	if m.outage != nil {
		m.outage.modems.Add(-1)
		m.outage.away.Add(-1)
	}
}

// present notes that the modem has a session, and goAway that it has none. The caller holds mu.
func (m *Modem) present() {
	if !m.absent.IsZero() {
		m.absent = time.Time{}
		m.outage.Add(-1)
		m.returns++
	}
}

func (m *Modem) goAway() {
	if m.session == nil && m.absent.IsZero() {
		m.absent = time.Now()
		m.outage.Add(1)
	}
}

// SetOutage has the modem counted by a from its beginning, before it runs.
func (m *Modem) SetOutage(a *Outage) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.outage = a
}

// Outage counts the modems of the exchange where this one calls in, nil if there is none.
func (in Inside) Outage() *Outage { return in.m.outage }
