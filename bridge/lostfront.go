package bridge

import (
	"slices"
	"time"
)

// lostMax is how long a request whose front was refused may take to be finished.
const lostMax = time.Second

// lostFront is the front of a request that a program has begun while its bytes went nowhere. The rest, which it writes when
// they could go somewhere again, must not reach the meter: see frame.Line.Lost.
type lostFront struct {
	text []byte
	at   time.Time
}

// lost notes that b, written by p's program, went nowhere. The mutex is held.
func (m *modem) lost(p *Access, b []byte, now time.Time) {
	if m.frames == nil {
		return
	}
	if now.Sub(p.lost.at) >= lostMax {
		p.lost.text = nil
	}
	p.lost.text = slices.Clone(m.frames.Unfinished(append(p.lost.text, b...)))
	p.lost.at = now
}

// takeLost takes over what stands between knows of a request of p's program that was cut when the session ended. The mutex is held.
func (m *modem) takeLost(p *Access, now time.Time) {
	if m.frames == nil {
		return
	}
	if text := m.frames.TakeLost(now); len(text) > 0 {
		p.lost = lostFront{text, now}
	}
}

// tellLost tells what stands between, before p's program is heard again. The mutex is held.
func (m *modem) tellLost(p *Access, now time.Time) {
	if m.frames != nil && now.Sub(p.lost.at) < lostMax {
		m.frames.Lost(p.lost.text, now)
	}
	p.lost = lostFront{}
}
