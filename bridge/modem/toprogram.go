package modem

import (
	"bytes"
	"errors"
	"os"
	"slices"
	"time"

	"meterline/bridge/status"
	"meterline/relay"
)

// toProgram is the direction from the modem to the program. The goroutine that hands bytes over waits while a program does not read. It
// is guarded by the modem's mutex.
type toProgram struct {
	*circuit
	to      *Access   // whom the modem's goroutine is handing bytes, nil if there is nobody
	limited []*Access // whose delivery has a limit until the session's end is dealt with
	until   time.Time // the limit
	evicted *Access   // whose delivery is interrupted until what there was has been handed over: see evict

	decided       uint64      // what frames had seen of the program when what is being handed over was decided; the reader's alone
	isFreshFunc   func() bool // isFresh and isWritten, made once
	isWrittenFunc func()
}

// evict interrupts a delivery to h: its lease is taken away, or its program has left.
func (d *toProgram) evict(h *Access) {
	if d.to == h {
		d.evicted = h
		h.client.Interrupt(time.Now())
	}
}

// unlimit lifts what limitDelivery has set.
func (d *toProgram) unlimit() {
	for _, h := range d.limited {
		h.client.Interrupt(time.Time{})
	}
	d.limited = nil
}

// done is called when everything has been handed over.
func (d *toProgram) done() {
	d.to = nil
	h := d.evicted
	d.evicted = nil
	switch {
	case h == nil:
	case slices.Contains(d.limited, h):
		h.client.Interrupt(d.until)
	default:
		h.client.Interrupt(time.Time{})
	}
}

// limitDelivery sets a deadline on the delivery in progress, because the session is ending: a program that does not read must not
// keep the modem's goroutine. Whom bytes are being handed need not have the lease. The caller holds mu.
func (d *toProgram) limitDelivery(t time.Time) {
	if d.serving == nil {
		return // nothing is handed over, and nobody would lift the limit
	}
	for _, h := range []*Access{d.to, d.lease.holder} {
		if h != nil {
			h.client.Interrupt(t)
			d.until = t
			d.limited = append(d.limited, h)
		}
	}
}

// read reads s until it ends or is superseded. In between it does what time brings: this goroutine alone hands bytes to programs, so
// that they stay in order.
func (d *toProgram) read(s *relay.Session) error {
	for {
		err := s.Receive(func(b []byte) bool { return d.receive(s, b) })
		if !d.frames.on() || !errors.Is(err, os.ErrDeadlineExceeded) || !d.isCurrent(s) {
			return err
		}
		d.handOver(d.ripe())
	}
}

// receive gives b, which s has brought, to whoever has the modem. It reports whether s is still to be read.
func (d *toProgram) receive(s *relay.Session, b []byte) bool {
	now := time.Now()
	d.mu.Lock()
	d.lease.moved = now
	d.observer.countReceived(now, len(b))
	if d.frames.on() {
		p := d.apply(d.frames.line.FromModem(b, now), now, d.toModem.push)
		d.to = p.to
		d.frames.line.Delivering()
		d.mu.Unlock()
		d.handOver(p)
		return d.isCurrent(s)
	}
	to := d.receiver()
	d.to = to
	d.mu.Unlock()
	d.handPiece(to, b)
	d.handedOver()
	return d.isCurrent(s)
}

// handOver hands over what frames let go of. It looks before each piece whether the program has asked anew: on a busy machine there
// is time for that between two of them.
func (d *toProgram) handOver(p parcel) {
	for len(p.pieces) > 0 && d.handFirst(p) {
		p.pieces = p.pieces[1:]
	}
	d.handedOver()
}

func (d *toProgram) handedOver() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.done()
}

// handPiece hands b to whoever has the modem; to is nil where that is nobody.
func (d *toProgram) handPiece(to *Access, b []byte) {
	n, reason := 0, status.DropNobody
	if to != nil {
		n, reason = to.client.Deliver(b)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.observer.delivered(to, b, n, reason, time.Now())
}

// ripe is what time alone has brought about.
func (d *toProgram) ripe() parcel {
	d.mu.Lock()
	from := d.lease.holder
	d.mu.Unlock()
	if from != nil && d.frames.guarded { // on a busy machine the program may have finished long ago what is about to be given up
		d.catchUp(from)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	now := time.Now()
	p := d.apply(d.frames.line.Tick(now), now, d.toModem.push)
	d.to = p.to
	d.frames.line.Delivering()
	return p
}

// endFrames lets go of everything, at the end of a session.
func (d *toProgram) endFrames() parcel {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.frames.due = time.Time{}
	if !d.frames.on() {
		return parcel{}
	}
	now := time.Now()
	out := d.frames.line.End(now)
	for i := range out.ToProgram {
		out.ToProgram[i] = bytes.Clone(out.ToProgram[i])
	}
	p := d.apply(out, now, d.toModem.push)
	d.to = p.to
	return p
}
