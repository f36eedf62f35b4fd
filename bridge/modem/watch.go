package modem

import (
	"context"
	"fmt"
	"slices"
	"time"

	"meterline/bridge/status"
	"meterline/relay"
)

// tapDepth is how many pieces a watcher may lag behind before pieces are lost to it.
const tapDepth = 256

// tap is one watcher of a modem's traffic.
type tap struct {
	port string // only what passes this port; empty: everything
	ch   chan status.Tapped
	lost int // guarded by the modem's mutex
}

// tapLocked shows t to whoever watches. It never waits. The caller holds mu.
func (m *Modem) tapLocked(t status.Tapped) {
	if len(m.taps) == 0 || len(t.Data) == 0 && t.Note == "" {
		return
	}
	t.Data = slices.Clone(t.Data)
	for _, w := range m.taps {
		if w.port != "" && t.Port != "" && w.port != t.Port {
			continue
		}
		if w.lost > 0 {
			note := status.Tapped{At: t.At, Note: fmt.Sprintf("%d pieces not shown: the watcher was too slow", w.lost)}
			if !offer(w.ch, note) {
				w.lost++
				continue
			}
			w.lost = 0
		}
		if !offer(w.ch, t) {
			w.lost++
		}
	}
}

func offer(ch chan<- status.Tapped, t status.Tapped) bool {
	select {
	case ch <- t:
		return true
	default:
		return false
	}
}

// Watch gives f what passes until ctx ends or the modem leaves the configuration.
func (m *Modem) Watch(ctx context.Context, port string, f func(status.Tapped)) {
	w := &tap{port: port, ch: make(chan status.Tapped, tapDepth)}
	m.mu.Lock()
	m.taps = append(m.taps, w)
	m.mu.Unlock()
	defer func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.taps = slices.DeleteFunc(m.taps, func(t *tap) bool { return t == w })
	}()
	for {
		select {
		case t := <-w.ch:
			f(t)
		case <-ctx.Done():
			return
		case <-m.ended:
			f(status.Tapped{At: time.Now(), Note: "modem " + m.cfg.Name + " left the configuration or was changed"})
			return
		}
	}
}

// Kick ends the present session. What its program has written is still sent, for two seconds at the longest.
func (m *Modem) Kick() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.session
	if s == nil {
		return fmt.Errorf("modem %s has no session to end", m.cfg.Name)
	}
	m.hurry(time.Now())
	if !m.out.busy() {
		s.End(relay.ErrKicked)
		return nil
	}
	m.kicked = relay.ErrKicked
	time.AfterFunc(deliverWithin, func() { s.End(relay.ErrKicked) })
	return nil
}
