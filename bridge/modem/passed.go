package modem

import (
	"fmt"
	"time"

	"meterline/relay/wire"
)

// passedFor is for how long status calls heartbeats among data a problem.
const passedFor = 24 * time.Hour

// passedBeats counts heartbeats that stood so close to data that nothing told them from it, and that a program got. It is guarded by the
// modem's mutex.
type passedBeats struct {
	count  int64
	latest []byte
	at     time.Time
}

// beatPassed counts a heartbeat that is about to be handed over as data.
func (m *Modem) beatPassed(beat []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	p := &m.passed
	p.count++
	p.latest, p.at = beat, time.Now()
	if p.count == 1 {
		m.mu.Defer(func() {
			m.log.Warn("a heartbeat came among data and is handed over", "heartbeat", beatText(beat), "cure", passedCure)
		})
	}
}

const passedCure = "write the modem's protocol, which tells it from data, or heartbeat_anywhere = true if its meters never send these bytes"

// describe returns which heartbeat a program has got, and what cures it; empty if there was none lately.
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
