package bridge

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"meterline/bridge/fallback"
	"meterline/bridge/modem"
	"meterline/relay/usb"
)

// A reload that changes the plugged-in modem's table changes nothing of what was spent, nor does a restart.
func TestLimitsOutliveReloadAndRestart(t *testing.T) {
	c := plugged(modem.FallbackConfig{Wake: modem.WakeCall, WakeWait: time.Second})
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
			o.Stick = func(fallback.Config) fallback.Stick { return &fakeStick{lasts: time.Second, since: time.Now()} }
		}, f)
	}
	start(func(r *rig) {
		wake(r, "")
		synctest.Wait()
		if saved, err := os.ReadFile(path); err != nil || !strings.Contains(string(saved), `"calls": 1`) {
			t.Errorf("not saved at once: %s, %v", saved, err)
		}
		c.USB = []fallback.Config{c.USB[0]}
		c.USB[0].RTSCTS = true
		changes, err := r.Reload(c)
		if err != nil || len(changes.Changed) != 1 {
			t.Errorf("%+v, %v", changes, err)
		}
		wake(r, "")
		wake(r, fallback.ErrSpent.Error())
		c.USB = []fallback.Config{c.USB[0]}
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
		wake(r, fallback.ErrSpent.Error())
	})
}

// The one that sets up the plugged-in modem is told of a PIN that was refused, and what comes of a PIN is saved before it is given.
func TestPINIsSavedFirst(t *testing.T) {
	c := plugged(modem.FallbackConfig{Call: true})
	c.USB[0].AT.PIN = "1234"
	path := filepath.Join(t.TempDir(), "state.json")
	var used []bool
	start := func(f func(p *fakeStick)) {
		c.Exchanges = nil
		p := &fakeStick{}
		inBubbleWith(t, c, func(o *Options) {
			o.Ledger = path
			o.Stick = func(cfg fallback.Config) fallback.Stick { used = append(used, cfg.AT.PINBarred("") != nil); return p }
		}, func(r *rig) {
			f(p)
			if changes, err := r.Reload(c); err != nil || len(changes.Changed) != 0 {
				t.Errorf("a reload of the same: %+v, %v", changes, err)
			}
		})
	}
	start(func(p *fakeStick) {
		if err := p.reports.PIN(usb.PINGiven, ""); err != nil {
			t.Error(err)
		}
		var saved struct {
			PINs struct{ Tried map[string]int }
		}
		if data, err := os.ReadFile(path); err != nil || json.Unmarshal(data, &saved) != nil || len(saved.PINs.Tried) != 2 {
			t.Errorf("the try is not on the disk: %s, %v", data, err)
		}
		if err := p.reports.PIN(usb.PINRefused, ""); err != nil {
			t.Error(err)
		}
	})
	start(func(*fakeStick) {})
	if len(used) != 2 || used[0] || !used[1] {
		t.Errorf("used: %v", used)
	}
}
