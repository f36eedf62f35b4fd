package bridge

import (
	"cmp"
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

// Woken is what has been done to wake a modem.
type Woken struct {
	By     Wake          `json:"by"`
	USB    string        `json:"usb"` // Name of the plugged-in modem
	Number string        `json:"number"`
	Wait   time.Duration `json:"wait_ns"` // how long its session is awaited by a fallback of its own
}

// Wake lets a modem be woken now, whatever the times of its fallback, for the operator's own trial: by its own way, or by a
// missed call if it has none. It returns when that has been done; the session comes later.
func (b *Bridge) Wake(ctx context.Context, name string) (Woken, error) {
	m, _, err := b.find(name)
	if err != nil {
		return Woken{}, err
	}
	return m.wakeNow(ctx)
}

// wakeNow is Wake for m.
func (m *modem) wakeNow(ctx context.Context) (Woken, error) {
	m.mu.Lock()
	d := m.desk
	m.mu.Unlock()
	if d == nil {
		return Woken{}, fmt.Errorf("modem %s has no fallback: write fallback and number in its table", m.cfg.Name)
	}
	by := cmp.Or(m.cfg.Fallback.Wake, WakeCall)
	if !d.cfg.MayWake(by) {
		return Woken{}, fmt.Errorf("usb modem %s may not do that: write %q into may of its table", d.cfg.Name, map[Wake]string{WakeCall: "wake", WakeSMS: "sms"}[by])
	}
	if err := d.acquire(ctx, m, true); err != nil {
		return Woken{}, err
	}
	err := d.wake(ctx, m.cfg, by)
	d.release(m, placed(err), 0)
	return Woken{By: by, USB: d.cfg.Name, Number: m.cfg.Numbers[0], Wait: m.cfg.Fallback.WakeWait}, err
}
