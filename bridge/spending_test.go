package bridge

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"meterline/relay/usb"
	"meterline/relay/usb/at"
)

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

// What was spent today counts on after a restart, and is forgotten tomorrow.
func TestSpendingOverRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "state.json")
		l, err := openLedger(path)
		if err != nil {
			t.Fatal(err)
		}
		l.usb("gsm").add("m", usage{1, time.Minute}, time.Now())
		l.usb("gsm").add("n", usage{2, 0}, time.Now())
		l.usb("other").add("n", usage{9, 0}, time.Now())
		if err := l.save(); err != nil {
			t.Fatal(err)
		}
		again := func() *ledger {
			t.Helper()
			l, err := openLedger(path)
			if err != nil {
				t.Fatal(err)
			}
			return l
		}
		if total, one := again().usb("gsm").today("m", time.Now()); total != (usage{3, time.Minute}) || one != (usage{1, time.Minute}) {
			t.Errorf("after a restart: %+v, %+v", total, one)
		}
		time.Sleep(24 * time.Hour)
		if total, one := again().usb("gsm").today("m", time.Now()); total != (usage{}) || one != (usage{}) {
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
			l, err := openLedger(path)
			if (err != nil) != c.bad {
				t.Fatal(err)
			}
			if total, _ := l.usb("gsm").today("m", time.Now()); total.Calls != c.calls || total.Talked != 0 {
				t.Errorf("%+v", total)
			}
			l.pins.note(USBConfig{AT: at.Config{PIN: "1234"}}, usb.PINRefused, "")
			if err := l.save(); err != nil {
				t.Error(err)
			}
			if l, err = openLedger(path); err != nil || l.pins.refused(USBConfig{AT: at.Config{PIN: "1234"}}, "") == nil {
				t.Errorf("after saving anew: %v", err)
			}
		}))
	}
}

// A reload that changes the plugged-in modem's table changes nothing of what was spent, nor does a restart.
func TestLimitsOutliveReloadAndRestart(t *testing.T) {
	c := plugged(Fallback{Wake: WakeCall, WakeWait: time.Second})
	c.USB[0].DayCalls = 2
	path := filepath.Join(t.TempDir(), "state.json")
	wake := func(r *rig, want string) {
		r.t.Helper()
		_, err := r.Wake(r.t.Context(), "m")
		if err == nil && want != "" || err != nil && (want == "" || !strings.Contains(err.Error(), want)) {
			r.t.Errorf("got %v, want %s", err, want)
		}
	}
	start := func(f func(r *rig)) {
		c.Exchanges = nil
		inBubbleWith(t, c, func(o *Options) {
			o.Ledger = path
			o.Telephone = func(USBConfig) Telephone { return &fakePhone{lasts: time.Second, since: time.Now()} }
		}, f)
	}
	start(func(r *rig) {
		wake(r, "")
		synctest.Wait()
		if saved, err := os.ReadFile(path); err != nil || !strings.Contains(string(saved), `"calls": 1`) {
			t.Errorf("not saved at once: %s, %v", saved, err)
		}
		c.USB = []USBConfig{c.USB[0]}
		c.USB[0].RTSCTS = true
		changes, err := r.Reload(c)
		if err != nil || len(changes.Changed) != 1 {
			t.Errorf("%+v, %v", changes, err)
		}
		wake(r, "")
		wake(r, ErrSpent.Error())
		c.USB = []USBConfig{c.USB[0]}
		c.USB[0].DayCalls = 3
		if _, err := r.Reload(c); err != nil {
			t.Error(err)
		}
		wake(r, "")
	})
	start(func(r *rig) { // at the same moment of the bubble's day
		if u := r.Status().USB[0]; u.Calls != 3 {
			t.Errorf("%+v", u)
		}
		wake(r, ErrSpent.Error())
	})
}

// A PIN that was refused is not tried again, whatever becomes of its table and of the daemon; another one is.
func TestRefusedPINIsRemembered(t *testing.T) {
	cfg := USBConfig{Name: "gsm1", Select: usb.Selector{ID: "12d1:1001"}, AT: at.Config{PIN: "1234"}}
	elsewhere, renamed, corrected, none := cfg, cfg, cfg, cfg
	elsewhere.Select.ID, renamed.Name, corrected.AT.PIN, none.AT.PIN = "1234:5678", "gsm2", "4321", ""
	path := filepath.Join(t.TempDir(), "state.json")
	check := func(p *pins, want bool) {
		t.Helper()
		for i, c := range []USBConfig{cfg, elsewhere, renamed, corrected, none} {
			if got := p.refused(c, "") != nil; got != (want && i < 3) {
				t.Errorf("%d: refused: %t", i, got)
			}
		}
	}
	restart := func(steps ...usb.PINStep) *pins {
		t.Helper()
		l, err := openLedger(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, step := range steps {
			l.pins.note(cfg, step, "")
		}
		if err := l.save(); err != nil {
			t.Fatal(err)
		}
		if l, err = openLedger(path); err != nil {
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

// The one that sets up the plugged-in modem is told of a PIN that was refused, and what comes of a PIN is saved before it is given.
func TestPINIsSavedFirst(t *testing.T) {
	c := plugged(Fallback{Call: true})
	c.USB[0].AT.PIN = "1234"
	path := filepath.Join(t.TempDir(), "state.json")
	var used []bool
	start := func(f func(p *fakePhone)) {
		c.Exchanges = nil
		p := &fakePhone{}
		inBubbleWith(t, c, func(o *Options) {
			o.Ledger = path
			o.Telephone = func(cfg USBConfig) Telephone { used = append(used, cfg.AT.PINUsed("") != nil); return p }
		}, func(r *rig) {
			f(p)
			if changes, err := r.Reload(c); err != nil || len(changes.Changed) != 0 {
				t.Errorf("a reload of the same: %+v, %v", changes, err)
			}
		})
	}
	start(func(p *fakePhone) {
		if err := p.reports.PIN(usb.PINGiven, ""); err != nil {
			t.Error(err)
		}
		if l, err := openLedger(path); err != nil || len(l.pins.tried) != 2 {
			t.Errorf("the try is not on the disk: %v", err)
		}
		if err := p.reports.PIN(usb.PINRefused, ""); err != nil {
			t.Error(err)
		}
	})
	start(func(*fakePhone) {})
	if len(used) != 2 || used[0] || !used[1] {
		t.Errorf("used: %v", used)
	}
}

// A clock that goes back and forth does not give the day's limits anew; one that had been years ahead does not keep them for ever.
func TestClockGivesNothingAnew(t *testing.T) {
	now := time.Date(2026, 3, 29, 12, 0, 0, 0, time.Local)
	s := new(spending)
	s.add("m", usage{Calls: 5}, now)
	for _, at := range []time.Time{time.Unix(0, 0), now.AddDate(0, 0, -1), now.AddDate(0, 0, -6), now} {
		if total, one := s.today("m", at); total.Calls != 5 || one.Calls != 5 {
			t.Errorf("at %s: %+v, %+v", at, total, one)
		}
	}
	if total, _ := s.today("m", now.AddDate(0, 0, 1)); total.Calls != 0 {
		t.Errorf("tomorrow: %+v", total)
	}
	s.add("m", usage{Calls: 5}, now.AddDate(12, 0, 0))
	s.today("m", now)
	if total, _ := s.today("m", now.AddDate(0, 0, 1)); total.Calls != 0 {
		t.Errorf("behind a clock that was years ahead: %+v", total)
	}
}
