package netem

import "time"

// outboxLimit is how many bytes are held before no more are taken, so that a fast sender is slowed down as by a network, and
// memory stays bounded.
const outboxLimit = 64 << 10

// Outbox holds bytes on their way, in order, each piece until it is due.
type Outbox struct {
	pieces []piece
	Sent   time.Time // when anything was sent last; its user sets it where there are silences
	size   int
	last   time.Time     // when the latest piece is due
	behind time.Duration // the silence that must follow the latest piece
}

type piece struct {
	due            time.Time
	p              []byte
	before, behind time.Duration // the silences around the piece
}

// Put adds a copy of p. It is never due before the pieces in front of it.
func (o *Outbox) Put(p []byte, due time.Time) {
	o.last = latest(due, o.last)
	o.pieces = append(o.pieces, piece{due: o.last, p: append([]byte(nil), p...)})
	o.size += len(p)
}

// SetApart keeps silence before the piece with index first, and after the last one.
func (o *Outbox) SetApart(first int, before, behind time.Duration) {
	o.pieces[first].before = before
	o.pieces[len(o.pieces)-1].behind = behind
}

// Take returns the next piece that is due, nil if none is.
func (o *Outbox) Take(now time.Time) []byte {
	if len(o.pieces) == 0 || now.Before(o.Next()) {
		return nil
	}
	p := o.pieces[0].p
	o.behind = o.pieces[0].behind
	o.pieces = o.pieces[1:]
	if o.size -= len(p); len(o.pieces) == 0 {
		o.pieces = nil // releases the array, which 5,000 idle modems would keep
	}
	return p
}

// Next returns when the next piece is due, zero if there is none.
func (o *Outbox) Next() time.Time {
	if len(o.pieces) == 0 {
		return time.Time{}
	}
	first := o.pieces[0]
	if silence := max(first.before, o.behind); silence > 0 {
		return latest(first.due, o.Sent.Add(silence))
	}
	return first.due
}

// Hushed reports whether silence must still be kept.
func (o *Outbox) Hushed(now time.Time) bool { return o.behind > 0 && now.Before(o.Sent.Add(o.behind)) }

// Len returns the number of pieces.
func (o *Outbox) Len() int { return len(o.pieces) }

// Empty reports whether nothing is on its way.
func (o *Outbox) Empty() bool { return len(o.pieces) == 0 }

// Full reports whether no more should be put in at present.
func (o *Outbox) Full() bool { return o.size >= outboxLimit }

func latest(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}
