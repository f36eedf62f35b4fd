package modem

import (
	"fmt"
	"log/slog"
	"time"

	"meterline/bridge/monitor"
	"meterline/relay/wire"
)

// passedFor is for how long status calls heartbeats among data a problem.
const passedFor = 24 * time.Hour

// passedBeats counts heartbeats that stood so close to data that nothing told them from it, and that a program got. Its other fields are
// guarded by mu, the modem's mutex.
type passedBeats struct {
	mu  *monitor.Monitor
	log *slog.Logger

	count  int64
	latest []byte
	at     time.Time
}

// note counts a heartbeat that is about to be handed over as data.
func (p *passedBeats) note(beat []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.count++
	p.latest, p.at = beat, time.Now()
	if p.count == 1 {
		p.mu.Defer(func() {
			p.log.Warn("a heartbeat came among data and is handed over", "heartbeat", beatText(beat), "cure", passedCure)
		})
	}
}

const passedCure = "write the modem's protocol, which tells it from data, or heartbeat_anywhere = true if its meters never send these bytes"

// describe returns, while mu is held, which heartbeat a program has got, and what cures it; empty if there was none lately.
func (p *passedBeats) describe(now time.Time) string {
	if p.count == 0 || now.Sub(p.at) > passedFor {
		return ""
	}
	return fmt.Sprintf("its heartbeat %s came among data %s: %s", beatText(p.latest), times(p.count), passedCure)
}

func times(n int64) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

// beatText returns a heartbeat as a configuration writes it.
func beatText(beat []byte) string {
	if wire.Printable(beat) {
		return fmt.Sprintf("%q", beat)
	}
	return fmt.Sprintf("\"hex:% X\"", beat)
}
