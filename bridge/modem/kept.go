package modem

import (
	"slices"
	"time"

	"meterline/bridge/status"
)

// lostMax is how long after its refused front the rest of a request is still recognised.
const lostMax = time.Second

// lostFront is the front of a request that was dropped, because there was no session when the program wrote it. The rest of that request
// must not reach the meter either, even if there is a session by then: see frame.Line.Lost.
type lostFront struct {
	text []byte
	at   time.Time
}

// lost notes that b, written by a's program, was dropped. The caller holds mu.
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

// takeLost takes over what the frame rules keep of a request that the session's end cut short: its front. The caller holds mu.
func (t *toModem) takeLost(a *Access, now time.Time) {
	if !t.frames.on() {
		return
	}
	if text := t.frames.line.TakeLost(now); len(text) > 0 {
		a.lost = lostFront{text, now}
	}
}

// tellLost passes the lost front to frames, before anything more of a's program is sent. The caller holds mu.
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

// burst is what a program wrote last while it waits for a session. It holds one request, not a history.
type burst struct {
	data        []byte
	first, last time.Time
	overrun     bool // it was too long and is dropped: half a request is of no use
}

// add keeps p. It returns how many bytes were dropped for that, and why.
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

// take empties the burst. It returns what may still be sent, and what is too old.
func (b *burst) take(now time.Time) (fit, old []byte) {
	data, first := b.data, b.first
	*b = burst{}
	if now.Sub(first) > burstAge {
		return nil, data
	}
	return data, nil
}
