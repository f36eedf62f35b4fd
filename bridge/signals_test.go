package bridge

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"meterline/bridge/status"
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
		{status.DropEnded, func(r *rig) { r.callIn() }},
		{status.DropTakenOver, func(r *rig) {
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

// However often programs come and go while the far end takes nothing, it is set once, to what the last of them wants.
func TestSettingsDoNotGather(t *testing.T) {
	m, o := &modem{}, newOutlet(nil)
	o.draining = true // by somebody who gets nowhere
	for i := range 1000 {
		m.enqueueSettings(o, vport.Settings{Speed: 300 * (1 + i), DataBits: 7 * (i % 2)})
	}
	o.backlog = append(o.backlog, 'x')
	m.enqueueSettings(o, vport.Settings{Speed: 9600})
	m.enqueue(o, func(*relay.Session) error { return nil })
	m.enqueueSettings(o, vport.Settings{Speed: 9600})
	var got []string
	for _, a := range o.asides {
		got = append(got, fmt.Sprint(a.behind, " ", a.want))
	}
	if want := []string{"0 300000 7??", "1 9600 ???", "1 ? ???", "1 9600 ???"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
