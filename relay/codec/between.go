package codec

import (
	"bytes"
	"time"
)

const (
	// holdPart is how long the beginning of a heartbeat waits where no message is under way. Only a message that stalls behind the
	// same beginning waits with it, and cellular networks repeat a lost segment after half a second and more.
	holdPart = time.Second
	// holdDoubt is how much longer bytes wait that may be a heartbeat with a message behind it, or one message.
	holdDoubt = 800 * time.Millisecond
)

// betweenMessages removes heartbeats wherever none of the meter's messages is under way: in front of one, behind one, between two,
// and several in a row. A message may begin with the bytes of a heartbeat, and holds whatever it holds.
type betweenMessages struct {
	known    []Beat
	messages messages
	held     []byte            // what may be heartbeats or the beginning of one; what follows will tell
	doubtful bool              // the time for the rest of a heartbeat is over, and more has come behind one
	follows  func([]byte) bool // reports what else than a message or a heartbeat stands behind one; nil: nothing
}

func (h *betweenMessages) Decode(p []byte, idle time.Duration) Decoded {
	h.messages.pause(idle)
	if len(h.held) > 0 {
		p = append(h.held, p...)
		h.held = nil
	}
	var out Decoded
	for len(p) > 0 {
		p = h.next(&out, p)
	}
	return out
}

// next takes a heartbeat, or what belongs to a message, off the front of p, or keeps p.
func (h *betweenMessages) next(out *Decoded, p []byte) []byte {
	if h.messages.between() {
		n, wait := h.front(out, p)
		switch {
		case wait:
			h.held = bytes.Clone(p)
			return nil
		case n > 0:
			h.doubtful = false
			return p[n:]
		}
	}
	return h.pass(out, p)
}

// pass hands over what belongs to the message under way, and returns the rest.
func (h *betweenMessages) pass(out *Decoded, p []byte) []byte {
	h.doubtful = false
	n := h.messages.take(p)
	if rest := p[n:]; h.messages.between() && len(rest) > 1 && rest[0] == 0 && h.isBeat(rest[1:]) && !h.isBeat(rest) {
		n++ // a check sum that ends with a zero is right one byte too early
	}
	out.Data = joined(out.Data, p[:n])
	return p[n:]
}

// isBeat reports whether p begins with a heartbeat.
func (h *betweenMessages) isBeat(p []byte) bool {
	_, n, _ := row(h.known, p)
	return n > 0
}

// front looks for heartbeats at the front of p, where no message is under way, and returns their length. wait says that more is
// needed to tell them from a message.
func (h *betweenMessages) front(out *Decoded, p []byte) (n int, wait bool) {
	beats, n, longer := row(h.known, p)
	if n == 0 && !longer {
		return 0, false
	}
	for i := len(beats); i >= 0 && i >= len(beats)-inMessage; i-- { // a message behind them may begin with the same bytes
		if i > 0 && h.isNext(p[n:]) || h.isMessage(p[n:]) {
			out.takeOut(beats[:i], p)
			return n, false
		}
		if i > 0 {
			n -= beats[i-1].n
		}
	}
	if end, message := h.messages.ends(p); len(beats) == 0 || message || end == 0 {
		return 0, !message
	}
	out.takeOut(beats[:1], p)
	return beats[0].n, false
}

// inMessage is with how many heartbeats, one after the other, a message may begin.
const inMessage = 8

// isNext reports whether something stands at the front of p that only follows heartbeats.
func (h *betweenMessages) isNext(p []byte) bool { return h.follows != nil && h.follows(p) }

// isMessage reports whether a whole message stands at the front of p.
func (h *betweenMessages) isMessage(p []byte) bool {
	if len(p) == 0 {
		return false
	}
	end, message := h.messages.ends(p)
	return message && end > 0
}

func (h *betweenMessages) Holding() time.Duration {
	switch {
	case len(h.held) == 0:
		return 0
	case h.doubtful:
		return holdDoubt
	}
	if _, _, longer := row(h.known, h.held); longer {
		return holdPart
	}
	return holdBeat
}

// Release takes held heartbeats out. The beginning of one is data. If more has come behind one, that may become a message, and the
// heartbeat with it: the first Release only waits for longer.
func (h *betweenMessages) Release() Decoded {
	beats, n := lastRow(h.known, h.held)
	if 0 < n && n < len(h.held) && !h.doubtful {
		h.doubtful = true
		return Decoded{}
	}
	p := h.held
	h.held, h.doubtful = nil, false
	var out Decoded
	out.takeOut(beats, p)
	p = p[n:]
	if len(p) > 0 {
		p = h.pass(&out, p)
	}
	for len(p) > 0 {
		p = h.next(&out, p)
	}
	return out
}

func (h *betweenMessages) Pending() int { return len(h.held) }
