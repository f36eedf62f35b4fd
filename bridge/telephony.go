package bridge

import (
	"context"
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

// Wake lets a modem be woken now, whatever the times of its fallback, for the operator's own trial: by its own way, or by a
// missed call if it has none. It returns when that has been done; the session comes later.
func (b *Bridge) Wake(ctx context.Context, name string) error {
	m, _, err := b.find(name)
	if err != nil {
		return err
	}
	m.mu.Lock()
	d := m.desk
	m.mu.Unlock()
	switch {
	case d == nil:
		return fmt.Errorf("modem %s has no fallback: write fallback and number in its table", name)
	case !d.cfg.Wakes:
		return fmt.Errorf("usb modem %s may not wake: write may = [\"wake\"] in its table", d.cfg.Name)
	}
	if err := d.acquire(ctx, m, true); err != nil {
		return err
	}
	err = d.wake(ctx, m.cfg)
	d.release(m, 1, 0)
	return err
}
