package side

// owed is the answers to heartbeats that may still come, the oldest first: a server whose line is busy may leave some out.
type owed struct{ answers []form }

// mostOwed bounds how many answers are remembered. A server that never answers leaves them all out.
const mostOwed = 64

// add notes the answer to a heartbeat, if it has one.
func (o *owed) add(answer form) {
	if len(answer) > 0 {
		o.answers = append(o.answers, answer)
		o.answers = o.answers[max(0, len(o.answers)-mostOwed):]
	}
}

// front takes a possible answer off the front of p. more means that p may be the beginning of one.
func (o *owed) front(p []byte) (n int, more bool) {
	for i, answer := range o.answers {
		n, unfinished, fits := answer.match(p)
		if fits && !unfinished {
			o.answers = o.answers[i+1:]
			return n, false
		}
		more = more || unfinished
	}
	return 0, more
}

// without returns p, part of a stream without frames, without the answers in it, and how many bytes at its end are held. The
// server sends answers between two writes. So they are looked for at the beginning and the end of what has come; in between
// they would be data.
func (o *owed) without(p []byte) (data []byte, held int) {
	for len(p) > 0 {
		n, more := o.front(p)
		if n == 0 && more {
			return nil, len(p)
		}
		if n == 0 {
			break
		}
		p = p[n:]
	}
	for i, answer := range o.answers {
		at := len(p) - answer.size()
		if at < 0 {
			continue
		}
		if _, more, fits := answer.match(p[at:]); fits && !more {
			o.answers = o.answers[i+1:]
			return p[:at], 0
		}
	}
	return p, 0
}
