package bridge

import (
	"time"

	"meterline/bridge/status"
)

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
