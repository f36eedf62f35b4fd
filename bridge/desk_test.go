package bridge

import (
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"meterline/bridge/ledger"
	"meterline/bridge/modem"
)

func TestDeskLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, n := modem.New(modem.Config{Name: "m"}, nil, discard(), nil), modem.New(modem.Config{Name: "n"}, nil, discard(), nil)
		d := newDesk(USBConfig{Name: "gsm", DayCalls: 3, ModemCalls: 2, From: 22 * time.Hour, To: 6 * time.Hour}, slog.New(slog.DiscardHandler), new(ledger.Spending))
		use := func(m *modem.Modem) error {
			if err := d.acquire(t.Context(), m, false, time.Now()); err != nil {
				return err
			}
			d.spend(m, ledger.Usage{Calls: 1, Talked: time.Minute})
			d.release(m)
			return nil
		}
		want := func(m *modem.Modem, want error) {
			t.Helper()
			if err := use(m); !errors.Is(err, want) {
				t.Errorf("modem %s: %v, want %v", m.Name(), err, want)
			}
		}
		now := time.Now()
		time.Sleep(time.Until(time.Date(now.Year(), now.Month(), now.Day()+1, 22, 0, 0, 0, now.Location()))) // 22:00 of tomorrow
		want(m, nil)
		want(m, nil)
		want(m, ErrSpent)
		want(n, nil)
		want(n, ErrSpent)
		time.Sleep(2 * time.Hour) // another day
		want(n, nil)
		time.Sleep(6 * time.Hour)
		if err := use(n); err == nil {
			t.Error("used at an hour that is not allowed")
		}
	})
}
