package modem

import (
	"slices"
	"time"

	"meterline/bridge/status"
)

// lostMax is how long a request whose front was refused may take to be finished.
const lostMax = time.Second

// lostFront is the front of a request that a program has begun while its bytes went nowhere. The rest, which it writes when
// they could go somewhere again, must not reach the meter: see frame.Line.Lost.
type lostFront struct {
	text []byte
	at   time.Time
}

// lost notes that b, written by a's program, went nowhere. The caller holds mu.
func (t *toModem) lost(a *Access, b []byte, now time.Time) {
	if !t.frames.on() {
		return
	}
	if now.Sub(a.lost.at) >= lostMax {
		a.lost.text = nil
	}
	a.lost.text = slices.Clone(t.frames.line.Unfinished(append(a.lost.text, b...)))
	a.lost.at = now
}

// takeLost takes over what frames know of a request of a's program that was cut when the session ended. The caller holds mu.
func (t *toModem) takeLost(a *Access, now time.Time) {
	if !t.frames.on() {
		return
	}
	if text := t.frames.line.TakeLost(now); len(text) > 0 {
		a.lost = lostFront{text, now}
	}
}

// tellLost gives that back to frames, before anything of a's program is sent again. The caller holds mu.
func (t *toModem) tellLost(a *Access, now time.Time) {
	if t.frames.on() && now.Sub(a.lost.at) < lostMax {
		t.frames.line.Lost(a.lost.text, now)
	}
	a.lost = lostFront{}
}

const (
	burstPause = 300 * time.Millisecond // a longer pause starts a new burst
	burstMax   = 2 << 10                // bytes
	burstAge   = 10 * time.Second       // from its first byte to the session
)

// burst is the last thing a program wrote while the session it wants is being called: one request, not a history of them.
type burst struct {
	data        []byte
	first, last time.Time
	overrun     bool // it was too long, and goes nowhere: half a request helps nobody
}

// add keeps p. It tells how many bytes were given up for that, and why.
func (b *burst) add(p []byte, now time.Time) (reason string, dropped int) {
	if !b.first.IsZero() && now.Sub(b.last) > burstPause {
		reason, dropped = status.DropNewer, len(b.data)
		*b = burst{data: b.data[:0]}
	}
	if b.first.IsZero() {
		b.first = now
	}
	b.last = now
	switch {
	case b.overrun:
		return status.DropTooLong, dropped + len(p)
	case len(b.data)+len(p) > burstMax:
		dropped += len(b.data) + len(p)
		b.data, b.overrun = nil, true
		return status.DropTooLong, dropped
	}
	b.data = append(b.data, p...)
	return reason, dropped
}

// take gives what is fit to be sent to a session that is up now, and what is not.
func (b *burst) take(now time.Time) (fit, old []byte) {
	data, first := b.data, b.first
	*b = burst{}
	if now.Sub(first) > burstAge {
		return nil, data
	}
	return data, nil
}
