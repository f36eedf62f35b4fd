package bridge

import (
	"sync/atomic"
	"time"
)

// attendance counts the modems of one exchange, so that its own outage is not taken for theirs.
type attendance struct {
	modems, away atomic.Int64
	percent      atomic.Int64 // away, from which on it is an outage
	paused       atomic.Bool
}

// setPercent sets how many of all modems must be away, so that it is an outage.
func (a *attendance) setPercent(percent int) { a.percent.Store(int64(percent)) }

// pause reports whether an outage forbids anything now, and when it does, whether that is new.
func (a *attendance) pause() (out, first bool) {
	if a.outage() {
		return true, !a.paused.Swap(true)
	}
	if a != nil {
		a.paused.Store(false)
	}
	return false, false
}

// counts are how many modems are away, and of how many.
func (a *attendance) counts() (away, modems int64) { return a.away.Load(), a.modems.Load() }

// outage tells whether so many are away that the exchange itself must be the cause (at least five).
func (a *attendance) outage() bool {
	return a != nil && a.away.Load() >= max(5, (a.modems.Load()*a.percent.Load()+99)/100)
}

// comes counts a modem whose life begins; the nil attendance counts nothing.
func (a *attendance) comes() {
	if a != nil {
		a.modems.Add(1)
		a.away.Add(1)
	}
}

func (a *attendance) add(away int64) {
	if a != nil {
		a.away.Add(away)
	}
}

// leaves is the end of the modem's life.
func (m *modem) leaves() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.session = nil
	m.goAway()
	if m.attendance != nil {
		m.attendance.modems.Add(-1)
		m.attendance.away.Add(-1)
	}
}

// present notes that the modem has a session, and goAway that it has none. The mutex is held.
func (m *modem) present() {
	if !m.absent.IsZero() {
		m.absent = time.Time{}
		m.attendance.add(-1)
		m.returns++
	}
}

func (m *modem) goAway() {
	if m.session == nil && m.absent.IsZero() {
		m.absent = time.Now()
		m.attendance.add(1)
	}
}

// SetOutage has the modem counted by a from its beginning, before it runs.
func (m *modem) SetOutage(a *attendance) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.attendance = a
}

// Outage counts the modems of the exchange where this one calls in, nil if there is none.
func (in Inside) Outage() *attendance { return in.m.attendance }
