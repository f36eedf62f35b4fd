package modem

import (
	"context"
	"time"

	"meterline/bridge/ledger"
	"meterline/bridge/status"
	"meterline/bridge/watch"
)

// observer counts what passes, and shows it to whoever watches. It is guarded by the modem's mutex.
type observer struct {
	account   *ledger.Account
	got, sent int64        // bytes of the present session
	dropped   status.Drops // what no client has counted
	watchers  watch.Watchers
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
	o.watchers.Show(status.Traffic{At: now, Port: labelOf(a), Dir: status.ToModem, Data: b})
}

// showKept shows b, which a has written and which waits for a session.
func (o *observer) showKept(a *Access, b []byte, now time.Time) {
	o.watchers.Show(status.Traffic{At: now, Port: labelOf(a), Dir: status.ToModem, Data: b, Note: "kept until the session is up"})
}

// delivered shows what has become of b, of which a has taken n bytes; a is nil where nobody has the modem.
func (o *observer) delivered(a *Access, b []byte, n int, reason string, now time.Time) {
	if a == nil {
		o.dropped.Add(status.DropNobody, len(b))
	}
	o.watchers.Show(status.Traffic{At: now, Port: labelOf(a), Dir: status.FromModem, Data: b[:n]})
	o.watchers.Show(status.Traffic{At: now, Port: labelOf(a), Dir: status.FromModem, Data: b[n:], Drop: reason})
}

// drop counts and shows b, which is dropped. It counts at a, or at the modem if a is nil.
func (o *observer) drop(a *Access, dir status.Direction, b []byte, reason string, now time.Time) {
	if a != nil {
		a.client.Dropped(reason, len(b))
	} else {
		o.dropped.Add(reason, len(b))
	}
	o.watchers.Show(status.Traffic{At: now, Port: labelOf(a), Dir: dir, Data: b, Drop: reason})
}

// Watch gives f what passes until ctx ends or the modem leaves the configuration.
func (m *Modem) Watch(ctx context.Context, port string, f func(status.Traffic)) {
	if m.circuit.observer.watchers.Watch(ctx, port, m.life.ended, f) {
		f(status.Traffic{At: time.Now(), Note: "modem " + m.cfg.Name + " left the configuration or was changed"})
	}
}

func labelOf(a *Access) string {
	if a == nil {
		return ""
	}
	return a.client.Name()
}
