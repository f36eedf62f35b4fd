package relaytest

import "time"

// outboxLimit is how many bytes on their way are held before no more are taken in, so that a fast sender is braked as by
// a network and memory stays bounded.
const outboxLimit = 64 << 10

// outbox holds bytes on their way, in order, each piece until it is due.
type outbox struct {
	pieces []piece
	size   int
	last   time.Time     // when the latest piece is due
	sent   time.Time     // when anything was sent last, which its user keeps where there are silences
	behind time.Duration // silence that the latest piece wants behind it
}

type piece struct {
	due            time.Time
	p              []byte
	before, behind time.Duration // silence that must stand there
}

// put copies p. It is never due before the pieces in front of it.
func (o *outbox) put(p []byte, due time.Time) {
	o.last = latest(due, o.last)
	o.pieces = append(o.pieces, piece{due: o.last, p: append([]byte(nil), p...)})
	o.size += len(p)
}

// setApart keeps silence before the piece at first, and behind the last one.
func (o *outbox) setApart(first int, before, behind time.Duration) {
	o.pieces[first].before = before
	o.pieces[len(o.pieces)-1].behind = behind
}

// take is the next piece that is due, nil if none is.
func (o *outbox) take(now time.Time) []byte {
	if len(o.pieces) == 0 || now.Before(o.next()) {
		return nil
	}
	p := o.pieces[0].p
	o.behind = o.pieces[0].behind
	o.pieces = o.pieces[1:]
	if o.size -= len(p); len(o.pieces) == 0 {
		o.pieces = nil // lets go of the array, which 5,000 idle modems would keep
	}
	return p
}

// next is when the next piece is due, zero if there is none.
func (o *outbox) next() time.Time {
	if len(o.pieces) == 0 {
		return time.Time{}
	}
	first := o.pieces[0]
	if silence := max(first.before, o.behind); silence > 0 {
		return latest(first.due, o.sent.Add(silence))
	}
	return first.due
}

// hushed reports whether silence has still to be kept.
func (o *outbox) hushed(now time.Time) bool { return o.behind > 0 && now.Before(o.sent.Add(o.behind)) }

// len is the number of pieces.
func (o *outbox) len() int { return len(o.pieces) }

// empty reports whether nothing is on its way.
func (o *outbox) empty() bool { return len(o.pieces) == 0 }

// full reports whether no more is to be taken in for the present.
func (o *outbox) full() bool { return o.size >= outboxLimit }

func latest(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}
