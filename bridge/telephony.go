package bridge

import (
	"fmt"
	"strconv"
	"time"
)

// telephony is by whom the present session was had, and what is to be said while there is none. The mutex is held.
func (m *modem) telephony(now time.Time) (by, fallback string) {
	switch {
	case m.phone != nil && m.session == m.phone.s:
		return m.phone.desk.cfg.Name, ""
	case m.desk == nil:
		return "", ""
	case m.session != nil:
		return "", ""
	}
	due, wanted := m.fallbackDue(now)
	place := m.desk.place(m)
	switch {
	case place > 0:
		return "", fmt.Sprintf("waits in the queue of %s, %s", m.desk.cfg.Name, ordinal(place))
	case m.reaching != nil:
		return "", m.reaching.words(now)
	case !wanted:
		return "", "waits for a program to write"
	case m.attendance.outage():
		return "", "paused: the whole exchange is out"
	case due > 0:
		return "", fmt.Sprintf("in %s", due.Round(time.Second))
	}
	return "", "under way"
}

// reaching is what is being done to reach a modem by telephone.
type reaching struct {
	doing string // "calls +79180001122"; "woken by sms" where its session is awaited
	since time.Time
	until time.Time // of the awaiting, else zero
}

func (r *reaching) words(now time.Time) string {
	since := now.Sub(r.since).Round(time.Second)
	if r.until.IsZero() {
		return fmt.Sprintf("%s for %s", r.doing, since)
	}
	return fmt.Sprintf("%s %s ago, its session is awaited for %s more", r.doing, since, max(0, r.until.Sub(now)).Round(time.Second))
}

// reach notes what is being done, until over is called.
func (m *modem) reach(doing string, until time.Time) (over func()) {
	r := &reaching{doing, time.Now(), until}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.reaching = r
	return func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		if m.reaching == r { // and not what an operator has begun meanwhile
			m.reaching = nil
		}
	}
}

// ordinal is 1st, 2nd, 3rd.
func ordinal(n int) string {
	suffix := "th"
	if n/10%10 != 1 {
		switch n % 10 {
		case 1:
			suffix = "st"
		case 2:
			suffix = "nd"
		case 3:
			suffix = "rd"
		}
	}
	return strconv.Itoa(n) + suffix
}
