package modem

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"time"

	"meterline/bridge/status"
	"meterline/relay"
	"meterline/vport"
)

func TestBurst(t *testing.T) {
	type write struct {
		after time.Duration
		n     int
	}
	for _, c := range []struct {
		name   string
		writes []write
		wait   time.Duration
		fit    int
		lost   map[string]int
	}{
		{"too long: nothing of it is sent", []write{{0, burstMax}, {0, 1}, {0, 5}}, 0, 0, map[string]int{status.DropTooLong: burstMax + 6}},
		{"too old", []write{{0, 20}}, burstAge + 1, 0, map[string]int{status.DropTooOld: 20}},
		{"old by its first byte", []write{{0, 1}, {burstPause, 1}, {burstPause, 1}}, burstAge - 500*time.Millisecond, 0, map[string]int{status.DropTooOld: 3}},
		{"a pause starts a new one", []write{{0, 20}, {burstPause + 1, 7}}, 0, 7, map[string]int{status.DropNewer: 20}},
		{"a new one after one that was too long", []write{{0, burstMax + 1}, {burstPause + 1, 7}}, 0, 7, map[string]int{status.DropTooLong: burstMax + 1}},
		{"no pause", []write{{0, 20}, {burstPause, 7}}, 0, 27, nil},
		{"as much as is kept", []write{{0, burstMax}}, burstAge, burstMax, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			var b burst
			lost := make(map[string]int)
			now := time.Now()
			for _, w := range c.writes {
				now = now.Add(w.after)
				if reason, n := b.add(bytes.Repeat([]byte{7}, w.n), now); n > 0 {
					lost[reason] += n
				}
			}
			fit, old := b.take(now.Add(c.wait))
			if len(old) > 0 {
				lost[status.DropTooOld] += len(old)
			}
			if len(fit) != c.fit {
				t.Errorf("%d bytes fit to be sent, want %d", len(fit), c.fit)
			}
			for reason, n := range c.lost {
				if lost[reason] != n {
					t.Errorf("dropped %q: %d, want %d", reason, lost[reason], n)
				}
				delete(lost, reason)
			}
			for reason, n := range lost {
				t.Errorf("dropped %q: %d, want none", reason, n)
			}
		})
	}
}

func TestBurstTwoReasonsAtOnce(t *testing.T) {
	var b burst
	now := time.Now()
	b.add(make([]byte, 10), now)
	reason, n := b.add(make([]byte, burstMax+1), now.Add(time.Second))
	if reason != status.DropTooLong || n != burstMax+11 {
		t.Errorf("%s %d, want everything counted: %d", reason, n, burstMax+11)
	}
}

// However often programs come and go while the far end takes nothing, it is set once, to what the last of them wants.
func TestSettingsDoNotGather(t *testing.T) {
	o := &sendQueue{}
	f := new(farPort)
	o.draining = true // by somebody who gets nowhere
	for i := range 1000 {
		f.queueSettings(o, vport.Settings{Speed: 300 * (1 + i), DataBits: 7 * (i % 2)})
	}
	o.backlog = append(o.backlog, 'x')
	f.queueSettings(o, vport.Settings{Speed: 9600})
	o.perform(betweenBytes{do: func(*relay.Session) error { return nil }})
	f.queueSettings(o, vport.Settings{Speed: 9600})
	var got []string
	for _, a := range o.between {
		got = append(got, fmt.Sprint(a.behind, " ", a.want))
	}
	if want := []string{"0 300000 7??", "1 9600 ???", "1 ? ???", "1 9600 ???"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
