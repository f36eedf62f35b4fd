package bridge

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"meterline/relay"
	"meterline/vport"
)

// asides lets things be done to the present session between its bytes, and keeps what was done.
type asides struct {
	*rig
	mu   sync.Mutex
	done []string
}

// put queues something that takes so long, and may go wrong.
func (a *asides) put(name string, takes time.Duration, err error) {
	m := a.modem()
	m.mu.Lock()
	m.enqueue(m.out, func(*relay.Session) error {
		time.Sleep(takes)
		a.mu.Lock()
		defer a.mu.Unlock()
		a.done = append(a.done, name)
		return err
	})
	m.mu.Unlock()
	synctest.Wait()
}

func (a *asides) want(names ...string) {
	a.t.Helper()
	synctest.Wait()
	a.mu.Lock()
	defer a.mu.Unlock()
	if !slices.Equal(a.done, names) {
		a.t.Errorf("done is %q, want %q", a.done, names)
	}
}

// The bytes between two settings are given up; the settings stay in order, and nothing is thrown by it.
func TestSettingsOutliveDroppedBytes(t *testing.T) {
	for _, c := range []struct {
		reason string
		happen func(r *rig)
	}{
		{dropEnded, func(r *rig) { r.callIn() }},
		{dropTakenOver, func(r *rig) {
			time.Sleep(time.Minute)
			r.write(r.open("/q"), "mine")
		}},
	} {
		t.Run(c.reason, func(t *testing.T) {
			inBubble(t, twoPorts(), func(r *rig) {
				f, g := r.callIn(), r.open("/p")
				r.write(g, "one")
				f.want("one")
				a := &asides{rig: r}
				a.put("first", 2*time.Minute, nil)
				r.write(g, "between")
				a.put("second", 0, nil)
				r.write(g, "behind")
				c.happen(r)
				r.wantDropped("/p", c.reason, int64(len("betweenbehind")))
				a.want()
				time.Sleep(2 * time.Minute)
				a.want("first", "second")
			})
		})
	}
}

// What could not be set is not believed to be.
func TestSettingsThatFailed(t *testing.T) {
	inBubble(t, oneModem(), func(r *rig) {
		r.callIn()
		m, a := r.modem(), &asides{rig: r}
		for _, c := range []struct {
			err  error
			want vport.Settings
		}{
			{nil, vport.Settings{Speed: 300}},
			{errors.New("the time of a program that left was over"), vport.Settings{}},
		} {
			m.mu.Lock()
			m.lineSet = vport.Settings{Speed: 300}
			m.mu.Unlock()
			a.put("set", time.Second, c.err)
			time.Sleep(time.Second)
			synctest.Wait()
			m.mu.Lock()
			if m.lineSet != c.want {
				t.Errorf("behind %v the far port is believed to be set to %v, want %v", c.err, m.lineSet, c.want)
			}
			m.mu.Unlock()
		}
	})
}
