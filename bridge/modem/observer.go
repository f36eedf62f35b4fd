package modem

import (
	"context"
	"fmt"
	"slices"
	"time"

	"meterline/bridge/ledger"
	"meterline/bridge/status"
)

// watchDepth is how many pieces a watcher may be behind before it misses some.
const watchDepth = 256

// observer counts what passes, and shows it to whoever watches. It is guarded by the modem's mutex.
type observer struct {
	account   *ledger.Account
	got, sent int64        // bytes of the present session
	dropped   status.Drops // what no client has counted
	watchers  []*watcher
}

// watcher is somebody who watches a modem's traffic.
type watcher struct {
	port string // only what passes this port; empty: everything
	ch   chan status.Traffic
	lost int // pieces that it has missed
}

// begin resets the counters of the session.
func (o *observer) begin() { o.got, o.sent = 0, 0 }

// countSent counts n bytes that the system has taken for the modem.
func (o *observer) countSent(now time.Time, n int) {
	if n > 0 {
		o.sent += int64(n)
		o.account.Sent(now, n)
	}
}

// countReceived counts n bytes that the modem has sent.
func (o *observer) countReceived(now time.Time, n int) {
	o.got += int64(n)
	o.account.Received(now, n)
}

// showWritten shows b, which a has written and which is on its way to the modem.
func (o *observer) showWritten(a *Access, b []byte, now time.Time) {
	o.show(status.Traffic{At: now, Port: labelOf(a), Dir: status.ToModem, Data: b})
}

// showKept shows b, which a has written and which waits for a session.
func (o *observer) showKept(a *Access, b []byte, now time.Time) {
	o.show(status.Traffic{At: now, Port: labelOf(a), Dir: status.ToModem, Data: b, Note: "kept until the session is up"})
}

// delivered shows what has become of b, of which a has taken n bytes; a is nil where nobody has the modem.
func (o *observer) delivered(a *Access, b []byte, n int, reason string, now time.Time) {
	if a == nil {
		o.dropped.Add(status.DropNobody, len(b))
	}
	o.show(status.Traffic{At: now, Port: labelOf(a), Dir: status.FromModem, Data: b[:n]})
	o.show(status.Traffic{At: now, Port: labelOf(a), Dir: status.FromModem, Data: b[n:], Drop: reason})
}

// drop counts and shows b, which is dropped. It counts at a, or at the modem if a is nil.
func (o *observer) drop(a *Access, dir status.Direction, b []byte, reason string, now time.Time) {
	if a != nil {
		a.client.Dropped(reason, len(b))
	} else {
		o.dropped.Add(reason, len(b))
	}
	o.show(status.Traffic{At: now, Port: labelOf(a), Dir: dir, Data: b, Drop: reason})
}

// show shows t to whoever watches. It never waits.
func (o *observer) show(t status.Traffic) {
	if len(o.watchers) == 0 || len(t.Data) == 0 && t.Note == "" {
		return
	}
	t.Data = slices.Clone(t.Data)
	for _, w := range o.watchers {
		if w.port == "" || t.Port == "" || w.port == t.Port {
			w.show(t)
		}
	}
}

// show sends t, preceded by a note if pieces were missed.
func (w *watcher) show(t status.Traffic) {
	if w.lost > 0 {
		note := status.Traffic{At: t.At, Note: fmt.Sprintf("%d pieces not shown: the watcher was too slow", w.lost)}
		if !w.trySend(note) {
			w.lost++
			return
		}
		w.lost = 0
	}
	if !w.trySend(t) {
		w.lost++
	}
}

func (w *watcher) trySend(t status.Traffic) bool {
	select {
	case w.ch <- t:
		return true
	default:
		return false
	}
}

// Watch gives f what passes until ctx ends or the modem leaves the configuration.
func (m *Modem) Watch(ctx context.Context, port string, f func(status.Traffic)) {
	w := &watcher{port: port, ch: make(chan status.Traffic, watchDepth)}
	o := m.circuit.observer
	m.mu.Lock()
	o.watchers = append(o.watchers, w)
	m.mu.Unlock()
	defer func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		o.watchers = slices.DeleteFunc(o.watchers, func(other *watcher) bool { return other == w })
	}()
	for {
		select {
		case t := <-w.ch:
			f(t)
		case <-ctx.Done():
			return
		case <-m.life.ended:
			f(status.Traffic{At: time.Now(), Note: "modem " + m.cfg.Name + " left the configuration or was changed"})
			return
		}
	}
}

func labelOf(a *Access) string {
	if a == nil {
		return ""
	}
	return a.client.Name()
}
