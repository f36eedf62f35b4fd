package bridge

import (
	"maps"
	"sync"
	"time"
)

// spending is what a plugged-in modem has cost today: beyond a restart, and beyond a reload that gives it other limits.
type spending struct {
	mu     sync.Mutex
	day    string // that the counts are of
	total  usage
	modems map[string]usage
}

// usage is what has been spent in a day.
type usage struct {
	Calls  int           `json:"calls"`
	Talked time.Duration `json:"talked_ns"`
}

// spendingState is what the ledger keeps of it.
type spendingState struct {
	Day    string           `json:"day"`
	Total  usage            `json:"total"`
	Modems map[string]usage `json:"modems,omitempty"`
}

// restored takes counts from a file. What cannot be is none: nobody gets more of a limit by it.
func (s *spendingState) restored() *spending {
	sound := func(u usage) usage { return usage{max(u.Calls, 0), max(u.Talked, 0)} }
	r := &spending{day: s.Day, total: sound(s.Total), modems: make(map[string]usage)}
	for name, u := range s.Modems {
		r.modems[name] = sound(u)
	}
	return r
}

func (s *spending) snapshot(now time.Time) spendingState {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.turn(now)
	return spendingState{s.day, s.total, maps.Clone(s.modems)}
}

// add counts what was spent for a modem.
func (s *spending) add(modem string, u usage, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.turn(now)
	s.modems[modem] = s.modems[modem].plus(u)
	s.total = s.total.plus(u)
}

func (u usage) plus(more usage) usage { return usage{u.Calls + more.Calls, u.Talked + more.Talked} }

// today is what was spent in all, and for one modem.
func (s *spending) today(modem string, now time.Time) (total, one usage) {
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
func (s *spending) turn(now time.Time) {
	switch day := now.Format(dayLayout); {
	case day > s.day || s.modems == nil:
		s.day, s.total, s.modems = day, usage{}, make(map[string]usage)
	case s.day > now.Add(clockErrs).Format(dayLayout) && day > unset:
		s.day = day // the clock erred when they were begun
	}
}

// unset is before the day of any clock that has been set.
const unset = "2025-01-01"
