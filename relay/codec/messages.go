package codec

import "time"

const (
	// maxMessage bounds how much of a meter's message is kept to find its end, in bytes. No message here is longer.
	maxMessage = 64 << 10
	// keepMessage bounds the room that is kept for the next message, in bytes.
	keepMessage = 4 << 10
	// abandoned is the silence behind which a message is not continued: the longest pause between characters in IEC 62056-21, 6.2.
	abandoned = 1500 * time.Millisecond
	// leastAnew is the length, in bytes, from which a whole message behind a pause shows that the one before it was cut off. Any
	// shorter one, such as M-Bus' E5, may be part of it.
	leastAnew = 4
)

// messages follows the meter's messages, so that it is known where none is under way. It is fed with the meter's bytes only.
type messages struct {
	ends  FrameEnd
	text  []byte // of the message under way
	since int    // where text goes on behind the latest pause, 0: there was none
	lost  bool   // what came last begins no message
}

// between reports whether no message is under way, as far as that is known.
func (m *messages) between() bool { return len(m.text) == 0 && !m.lost }

// pause notes a silence.
func (m *messages) pause(idle time.Duration) {
	switch {
	case idle >= abandoned, idle >= StandsAlone && m.lost && len(m.text) == 0:
		m.forget()
	case idle >= packetGap:
		m.since = len(m.text)
	}
}

func (m *messages) forget() {
	m.text, m.since, m.lost = m.text[:0], 0, false
	if cap(m.text) > keepMessage {
		m.text = nil
	}
}

// take returns how many bytes of p belong to the message that is under way or begins, and to what begins none.
func (m *messages) take(p []byte) int {
	before := len(m.text)
	m.text = append(m.text, p[:min(len(p), maxMessage-before)]...)
	at := 0
	for at < len(m.text) {
		n, message := m.ends(m.text[at:])
		if n = min(n, len(m.text)-at); n == 0 {
			break
		}
		at += n
		m.lost = !message
		if message && at >= before {
			m.forget()
			return at - before
		}
	}
	if end := m.anew(max(at, m.since)); end > 0 {
		m.forget()
		return max(0, end-before)
	}
	if len(m.text) == maxMessage {
		m.forget()
		m.lost = true
		return len(p)
	}
	m.text = append(m.text[:0], m.text[at:]...)
	m.since = max(0, m.since-at)
	return len(p)
}

// anew returns where a message ends that has begun behind the latest pause although another one was under way, 0 if there is none.
func (m *messages) anew(at int) int {
	if m.since == 0 {
		return 0
	}
	for at < len(m.text) {
		n, message := m.ends(m.text[at:])
		switch {
		case n == 0, message && n < leastAnew:
			return 0
		case message:
			return min(at+n, len(m.text))
		}
		at += n
	}
	return 0
}
