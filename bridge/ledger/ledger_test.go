package ledger

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"meterline/bridge/status"
)

func TestLedgerBadFiles(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"empty", "", "state file"},
		{"cut off by a full disk", `{"version":1,"mod`, "counters start anew"},
		{"of the future", `{"version":2}`, "version 2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "state.json")
			if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			l, err := Open(path)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("error %v, want one about %q", err, c.want)
			}
			l.Of("m", 0).Session(time.Now())
			if err := l.Save(); err != nil {
				t.Fatal(err)
			}
			if l, err = Open(path); err != nil || l.Of("m", 0).Snapshot(time.Now()).Sessions != 1 {
				t.Errorf("after saving anew: %v", err)
			}
		})
	}
}

func TestLedgerOverRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "new", "state.json")
		l, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		a := l.Of("m", KeepaliveCost(time.Minute))
		a.Session(time.Now())
		a.Received(time.Now(), 100)
		a.Sent(time.Now(), 20)
		time.Sleep(150 * time.Second) // two keepalives
		a.Ended(time.Now())
		time.Sleep(time.Hour) // away: none
		if err := l.Save(); err != nil {
			t.Fatal(err)
		}
		l, err = Open(path)
		if err != nil {
			t.Fatal(err)
		}
		got := l.Of("m", 0).Snapshot(time.Now())
		want := status.Volume{Up: 100, Down: 20, Overhead: callOverhead + 2*pieceOverhead + 2*aliveOverhead}
		if got.Today != want || got.Month != want || got.Sessions != 1 {
			t.Errorf("today %+v, month %+v, %d sessions, want %+v", got.Today, got.Month, got.Sessions, want)
		}
		if seen := time.Since(got.LastSeen); seen != time.Hour+150*time.Second {
			t.Errorf("last seen %v ago", seen)
		}
	})
}

func TestAccountTurnsAtMidnight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // starts at midnight of 1 January 2000 UTC
		var a Account
		now := time.Date(2026, 1, 30, 23, 59, 59, 0, time.Local)
		a.Received(now, 10)
		a.Received(now.Add(2*time.Second), 5)
		if s := a.Snapshot(now.Add(2 * time.Second)); s.Today.Up != 5 || s.Month.Up != 15 {
			t.Errorf("after midnight: today %d, month %d", s.Today.Up, s.Month.Up)
		}
		if s := a.Snapshot(now.AddDate(0, 0, 2)); s.Today.Up != 0 || s.Month.Up != 0 {
			t.Errorf("in the next month: today %d, month %d", s.Today.Up, s.Month.Up)
		}
	})
}
