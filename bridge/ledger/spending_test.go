package ledger

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"meterline/relay/usb"
)

// What was spent today counts on after a restart, and is forgotten tomorrow.
func TestSpendingOverRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "state.json")
		l, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		l.USB("gsm").Add("m", Usage{1, time.Minute}, time.Now())
		l.USB("gsm").Add("n", Usage{2, 0}, time.Now())
		l.USB("other").Add("n", Usage{9, 0}, time.Now())
		if err := l.Save(); err != nil {
			t.Fatal(err)
		}
		again := func() *Ledger {
			t.Helper()
			l, err := Open(path)
			if err != nil {
				t.Fatal(err)
			}
			return l
		}
		if total, one := again().USB("gsm").Today("m", time.Now()); total != (Usage{3, time.Minute}) || one != (Usage{1, time.Minute}) {
			t.Errorf("after a restart: %+v, %+v", total, one)
		}
		time.Sleep(24 * time.Hour)
		if total, one := again().USB("gsm").Today("m", time.Now()); total != (Usage{}) || one != (Usage{}) {
			t.Errorf("tomorrow: %+v, %+v", total, one)
		}
	})
}

// midnight is when the time of a bubble begins.
var midnight = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

func inOwnTime(f func(*testing.T)) func(*testing.T) {
	return func(t *testing.T) { synctest.Test(t, f) }
}

func TestSpendingBadFiles(t *testing.T) {
	day := midnight.Local().Format(dayLayout)
	for _, c := range []struct {
		name, text string
		bad        bool
		calls      int
	}{
		{"of an earlier program", `{"version":1,"modems":{"m":{"sessions":3}}}`, false, 0},
		{"a null", `{"version":1,"usb":{"gsm":null},"pins":null}`, false, 0},
		{"below nothing", `{"version":1,"usb":{"gsm":{"day":"` + day + `","total":{"calls":-1000},"modems":{"m":{"talked_ns":-5}}}}}`, false, 0},
		{"no day", `{"version":1,"usb":{"gsm":{"total":{"calls":7}}}}`, false, 0},
		{"another kind", `{"version":1,"usb":{"gsm":[1]}}`, true, 0},
		{"a PIN's salt that is none", `{"version":1,"usb":{"gsm":{"day":"` + day + `","total":{"calls":7}}},"pins":{"salt":"x","tried":{"a":2}}}`, false, 7},
		{"sound", `{"version":1,"usb":{"gsm":{"day":"` + day + `","total":{"calls":7}}}}`, false, 7},
	} {
		t.Run(c.name, inOwnTime(func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "state.json")
			if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			l, err := Open(path)
			if (err != nil) != c.bad {
				t.Fatal(err)
			}
			if total, _ := l.USB("gsm").Today("m", time.Now()); total.Calls != c.calls || total.Talked != 0 {
				t.Errorf("%+v", total)
			}
			l.pins.note(PIN{Digits: "1234"}, usb.PINRefused, "")
			if err := l.Save(); err != nil {
				t.Error(err)
			}
			if l, err = Open(path); err != nil || l.pins.refused(PIN{Digits: "1234"}, "") == nil {
				t.Errorf("after saving anew: %v", err)
			}
		}))
	}
}

// A PIN that was refused is not tried again, whatever becomes of its table and of the daemon; another one is.
func TestRefusedPINIsRemembered(t *testing.T) {
	cfg := PIN{Modem: "gsm1", Device: usb.Selector{ID: "12d1:1001"}, Digits: "1234"}
	elsewhere, renamed, corrected, none := cfg, cfg, cfg, cfg
	elsewhere.Device.ID, renamed.Modem, corrected.Digits, none.Digits = "1234:5678", "gsm2", "4321", ""
	path := filepath.Join(t.TempDir(), "state.json")
	check := func(p *pins, want bool) {
		t.Helper()
		for i, c := range []PIN{cfg, elsewhere, renamed, corrected, none} {
			if got := p.refused(c, "") != nil; got != (want && i < 3) {
				t.Errorf("%d: refused: %t", i, got)
			}
		}
	}
	restart := func(steps ...usb.PINStep) *pins {
		t.Helper()
		l, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, step := range steps {
			l.pins.note(cfg, step, "")
		}
		if err := l.Save(); err != nil {
			t.Fatal(err)
		}
		if l, err = Open(path); err != nil {
			t.Fatal(err)
		}
		return l.pins
	}
	check(restart(), false)
	check(restart(usb.PINGiven, usb.PINTaken), false)
	check(restart(usb.PINGiven), false) // and died
	check(restart(usb.PINGiven), true)  // and again: the third time would lock the card
	check(restart(usb.PINTaken), false)
	check(restart(usb.PINGiven, usb.PINRefused), true)
	check(restart(), true)
	saved, err := os.ReadFile(path)
	if err != nil || !bytes.Contains(saved, []byte(`"salt"`)) || bytes.Contains(saved, []byte(`"1234"`)) {
		t.Errorf("%s, %v", saved, err)
	}
}

// A clock that goes back and forth does not give the day's limits anew; one that had been years ahead does not keep them for ever.
func TestClockGivesNothingAnew(t *testing.T) {
	now := time.Date(2026, 3, 29, 12, 0, 0, 0, time.Local)
	s := new(Spending)
	s.Add("m", Usage{Calls: 5}, now)
	for _, at := range []time.Time{time.Unix(0, 0), now.AddDate(0, 0, -1), now.AddDate(0, 0, -6), now} {
		if total, one := s.Today("m", at); total.Calls != 5 || one.Calls != 5 {
			t.Errorf("at %s: %+v, %+v", at, total, one)
		}
	}
	if total, _ := s.Today("m", now.AddDate(0, 0, 1)); total.Calls != 0 {
		t.Errorf("tomorrow: %+v", total)
	}
	s.Add("m", Usage{Calls: 5}, now.AddDate(12, 0, 0))
	s.Today("m", now)
	if total, _ := s.Today("m", now.AddDate(0, 0, 1)); total.Calls != 0 {
		t.Errorf("behind a clock that was years ahead: %+v", total)
	}
}
