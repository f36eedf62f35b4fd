package ledger

import (
	"maps"
	"sync"
	"time"
)

// Spending is what a plugged-in modem has cost today: beyond a restart, and beyond a reload that gives it other limits.
type Spending struct {
	mu     sync.Mutex
	day    string // that the counts are of
	total  Usage
	modems map[string]Usage
}

// Usage is what has been spent in a day.
type Usage struct {
	Calls  int           `json:"calls"`
	Talked time.Duration `json:"talked_ns"`
}

// spendingState is what the ledger keeps of it.
type spendingState struct {
	Day    string           `json:"day"`
	Total  Usage            `json:"total"`
	Modems map[string]Usage `json:"modems,omitempty"`
}

// restored takes counts from a file. What cannot be is none: nobody gets more of a limit by it.
func (s *spendingState) restored() *Spending {
	sound := func(u Usage) Usage { return Usage{max(u.Calls, 0), max(u.Talked, 0)} }
	r := &Spending{day: s.Day, total: sound(s.Total), modems: make(map[string]Usage)}
	for name, u := range s.Modems {
		r.modems[name] = sound(u)
	}
	return r
}

func (s *Spending) snapshot(now time.Time) spendingState {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.turn(now)
	return spendingState{s.day, s.total, maps.Clone(s.modems)}
}

// Add counts what was spent for a modem.
func (s *Spending) Add(modem string, u Usage, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.turn(now)
	s.modems[modem] = s.modems[modem].plus(u)
	s.total = s.total.plus(u)
}

func (u Usage) plus(more Usage) Usage { return Usage{u.Calls + more.Calls, u.Talked + more.Talked} }

// Today is what was spent in all, and for one modem.
func (s *Spending) Today(modem string, now time.Time) (total, one Usage) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.turn(now)
	return s.total, s.modems[modem]
}

// clockErrs is how far a clock may stand behind the counts before they are believed to be of a day that never was: a machine
// without a clock of its own begins in the past after each start.
const clockErrs = 7 * 24 * time.Hour

// turn begins new counts with a new day. A clock that goes back does not give the day's limits anew: nor does it when it goes
// forward again.
func (s *Spending) turn(now time.Time) {
	switch day := now.Format(dayLayout); {
	case day > s.day || s.modems == nil:
		s.day, s.total, s.modems = day, Usage{}, make(map[string]Usage)
	case s.day > now.Add(clockErrs).Format(dayLayout) && day > unset:
		s.day = day // the clock erred when they were begun
	}
}

// unset is before the day of any clock that has been set.
const unset = "2025-01-01"
