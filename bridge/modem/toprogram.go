package modem

import (
	"errors"
	"os"
	"time"

	"meterline/bridge/status"
	"meterline/relay"
)

// delivery is the handing over of the modem's bytes to a client, which waits while the client's program does not read. It is guarded by
// the modem's mutex.
type delivery struct {
	to      *Access   // whom the modem's goroutine is handing bytes, nil: nobody
	limited []*Access // whose delivery has a limit until the session's end is dealt with
	evicted *Access   // whose delivery is interrupted until what there was has been handed over: its lease has been taken
}

// evict takes the modem's goroutine from h, whose lease is taken away.
func (d *delivery) evict(h *Access) {
	if d.to == h {
		d.evicted = h
		h.client.Interrupt(time.Now())
	}
}

// unlimit lifts what limitDelivery has set.
func (d *delivery) unlimit() {
	for _, h := range d.limited {
		h.client.Interrupt(time.Time{})
	}
	d.limited = nil
}

// done is told that what there was has been handed over.
func (d *delivery) done() {
	d.to = nil
	if d.evicted != nil {
		d.evicted.client.Interrupt(time.Time{})
		d.evicted = nil
	}
}

// limitDelivery sets a deadline on the delivery in progress, because the session is ending: a program that does not read must not
// keep the modem's goroutine. Whom bytes are being handed need not have the lease. The caller holds mu.
func (c *circuit) limitDelivery(t time.Time) {
	if c.serving == nil {
		return // nothing is handed over, and nobody would lift the limit
	}
	for _, h := range []*Access{c.deliver.to, c.lease.holder} {
		if h != nil {
			h.client.Interrupt(t)
			c.deliver.limited = append(c.deliver.limited, h)
		}
	}
}

// read reads s until it ends or is superseded. In between it does what time brings: this goroutine alone hands bytes to programs, so
// that they stay in order.
func (c *circuit) read(s *relay.Session) error {
	for {
		err := s.Receive(func(b []byte) bool { return c.receive(s, b) })
		if !c.frames.on() || !errors.Is(err, os.ErrDeadlineExceeded) || !c.isCurrent(s) {
			return err
		}
		c.handOver(c.ripe())
	}
}

// receive gives b, which s has brought, to whoever has the modem. It reports whether s is still to be read.
func (c *circuit) receive(s *relay.Session, b []byte) bool {
	now := time.Now()
	c.mu.Lock()
	c.lease.moved = now
	c.fromModem(now, len(b))
	if c.frames.on() {
		p := c.apply(c.frames.line.FromModem(b, now), now, c.push)
		c.deliver.to = p.to
		c.frames.line.Delivering()
		c.mu.Unlock()
		c.handOver(p)
		return c.isCurrent(s)
	}
	to := c.receiver()
	c.deliver.to = to
	c.mu.Unlock()
	c.handPiece(to, b)
	c.handedOver()
	return c.isCurrent(s)
}

// handOver hands over what frames let go of.
func (c *circuit) handOver(p parcel) {
	if len(p.pieces) > 0 && c.handFirst(p) {
		for _, piece := range p.pieces[1:] {
			c.handPiece(p.to, piece)
		}
	}
	c.handedOver()
}

func (c *circuit) handedOver() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.deliver.done()
}

// handPiece hands b to whoever has the modem; to is nil where that is nobody.
func (c *circuit) handPiece(to *Access, b []byte) {
	n, reason := 0, status.DropNobody
	if to != nil {
		n, reason = to.client.Deliver(b)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.delivered(to, b, n, reason, time.Now())
}
