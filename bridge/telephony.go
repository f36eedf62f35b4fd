package bridge

import (
	"fmt"
	"time"
)

// telephony is by whom the present session was had, and what is to be said while there is none. The mutex is held.
func (m *modem) telephony(now time.Time) (by, fallback string) {
	switch {
	case m.desk == nil:
		return "", ""
	case m.phone != nil && m.session == m.phone.s:
		return m.desk.cfg.Name, ""
	case m.session != nil:
		return "", ""
	}
	due, wanted := m.fallbackDue(now)
	switch {
	case !wanted:
		return "", "waits for a program to write"
	case m.attendance.outage():
		return "", "paused: the whole exchange is out"
	case due > 0:
		return "", fmt.Sprintf("in %s", due.Round(time.Second))
	}
	return "", "under way"
}
