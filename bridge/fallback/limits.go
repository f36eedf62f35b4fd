package fallback

import (
	"errors"
	"fmt"
	"time"

	"meterline/bridge/modem"
	"meterline/relay/usb"
	"meterline/relay/usb/at"
)

// ErrSpent reports that a limit of the day is reached.
var ErrSpent = errors.New("the day's limit is reached")

// allowed returns why no call or wake-up for a modem may be begun now, nil if it may.
func (d *Queue) allowed(name string, now time.Time) error {
	total, one := d.spent.Today(name, now)
	switch {
	case d.cfg.DayCalls > 0 && total.Calls >= d.cfg.DayCalls:
		return fmt.Errorf("usb modem %s: %w: %d calls", d.cfg.Name, ErrSpent, total.Calls)
	case d.cfg.ModemCalls > 0 && one.Calls >= d.cfg.ModemCalls:
		return fmt.Errorf("usb modem %s: %w for modem %s: %d calls", d.cfg.Name, ErrSpent, name, one.Calls)
	}
	return d.mayTalk(name, now)
}

// mayTalk returns why a call with a modem must not go on, nil if it may.
func (d *Queue) mayTalk(name string, now time.Time) error {
	if !d.cfg.open(now) {
		return fmt.Errorf("usb modem %s is not to be used at this hour", d.cfg.Name)
	}
	total, one := d.spent.Today(name, now)
	switch {
	case d.cfg.DayTime > 0 && total.Talked >= d.cfg.DayTime:
		return fmt.Errorf("usb modem %s: %w: %s of calls", d.cfg.Name, ErrSpent, total.Talked.Round(time.Second))
	case d.cfg.ModemDayTime > 0 && one.Talked >= d.cfg.ModemDayTime:
		return fmt.Errorf("usb modem %s: %w for modem %s: %s of calls", d.cfg.Name, ErrSpent, name, one.Talked.Round(time.Second))
	}
	return nil
}

// attempts returns 1 for an attempt that counts, with its error. It returns 0 if the plugged-in modem could not even begin: it is absent,
// or in use, or has no network.
func attempts(err error) int {
	for _, idle := range []error{
		usb.ErrAbsent, usb.ErrFailed, usb.ErrBusy, at.ErrNotRegistered, at.ErrDenied, at.ErrWeakSignal, at.ErrNoDialTone,
		at.ErrNoSIM,
	} {
		if errors.Is(err, idle) {
			return 0
		}
	}
	return 1
}

// MayWake reports whether the plugged-in modem may wake far modems in that way.
func (c Config) MayWake(by modem.Wake) bool {
	switch by {
	case modem.WakeCall:
		return c.Wakes
	case modem.WakeSMS:
		return c.SMS
	}
	return false
}

// open reports whether the plugged-in modem may be used at that time of the day.
func (c Config) open(now time.Time) bool {
	if c.From == c.To {
		return true
	}
	h, m, s := now.Clock()
	at := time.Duration(h)*time.Hour + time.Duration(m)*time.Minute + time.Duration(s)*time.Second
	if c.From < c.To {
		return at >= c.From && at < c.To
	}
	return at >= c.From || at < c.To
}
