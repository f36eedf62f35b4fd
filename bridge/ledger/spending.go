package ledger

import (
	"maps"
	"sync"
	"time"
)

// Spending is what a plugged-in modem has cost today. It outlives restarts, and reloads that change the modem's limits.
type Spending struct {
	mu     sync.Mutex
	day    string // the day that is counted
	total  Usage
	modems map[string]Usage
}

// Usage is what has been spent in a day.
type Usage struct {
	Calls  int           `json:"calls"`
	Talked time.Duration `json:"talked_ns"`
}

// spendingState is Spending in the state file.
type spendingState struct {
	Day    string           `json:"day"`
	Total  Usage            `json:"total"`
	Modems map[string]Usage `json:"modems,omitempty"`
}

// restored returns the counts that a state file holds. A negative count is taken as zero, so that it cannot raise a limit.
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
	s.startDay(now)
	return spendingState{s.day, s.total, maps.Clone(s.modems)}
}

// Add counts what was spent on one far modem.
func (s *Spending) Add(modem string, u Usage, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.startDay(now)
	s.modems[modem] = s.modems[modem].plus(u)
	s.total = s.total.plus(u)
}

func (u Usage) plus(more Usage) Usage { return Usage{u.Calls + more.Calls, u.Talked + more.Talked} }

// Today returns what was spent today in total, and on one far modem.
func (s *Spending) Today(modem string, now time.Time) (total, one Usage) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.startDay(now)
	return s.total, s.modems[modem]
}

// clockErrs is how far the clock may be behind the counted day. If it is further behind, the counted day itself is taken to be wrong: a
// machine without a battery-backed clock starts in the past after each boot.
const clockErrs = 7 * 24 * time.Hour

// startDay resets the counts if a new day has begun. A clock that is set back does not reset them, and neither does its going forward
// again. The caller holds mu.
func (s *Spending) startDay(now time.Time) {
	switch day := now.Format(dayLayout); {
	case day > s.day || s.modems == nil:
		s.day, s.total, s.modems = day, Usage{}, make(map[string]Usage)
	case s.day > now.Add(clockErrs).Format(dayLayout) && day > unset:
		s.day = day // the clock was wrong when that day was begun
	}
}

// unset is a day before that of any clock that has been set.
const unset = "2025-01-01"
