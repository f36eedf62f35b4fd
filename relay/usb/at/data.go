package at

import "time"

// The far end's hanging up shows in two ways.
//
// By DCD, where the port has it and the modem sets it: it is off before the call, on in the call, and goes off at its end. What
// has been received by then is still delivered.
//
// By NO CARRIER between the meter's bytes. This text is held. If nothing follows it, and DCD does not say that the call is up,
// the call is over, and the text was the modem's. If anything follows, the text was the meter's and is delivered. A part of the
// text waits for its next byte, so that the last line end of a meter's message comes inText later. That is little beside the
// second that a data call takes for each request and its answer.
const ended = "\r\nNO CARRIER\r\n"

const (
	inText      = 100 * time.Millisecond // the longest gap within the text: the modem writes it at once
	quietAfter  = time.Second            // the silence after the text that shows that the modem wrote it, and not the meter
	carrierRest = 300 * time.Millisecond // the silence for which bytes are still read when DCD is off
	carrierMost = 2 * time.Second        // the longest time for that
)

// held is a part of ended that has come and has not been delivered.
type held struct {
	n     int       // its length in bytes
	until time.Time // when it has waited long enough
}

// dataByte takes a byte of a call.
func (d *Driver) dataByte(c byte) {
	if d.lf {
		if d.lf = false; c == '\n' {
			return
		}
	}
	d.carrier.extend(d.now)
	h := &d.held
	if h.n == len(ended) || h.n > 0 && c != ended[h.n] {
		d.release()
	}
	if c != ended[h.n] {
		d.out.Data = append(d.out.Data, c)
		return
	}
	h.n++
	h.until = d.now.Add(inText)
	if h.n == len(ended) {
		h.until = d.now.Add(quietAfter)
	}
}

// release delivers what is held.
func (d *Driver) release() {
	d.out.Data = append(d.out.Data, ended[:d.held.n]...)
	d.held = held{}
}

// heldLongEnough is called after the silence that follows a possible NO CARRIER.
func (d *Driver) heldLongEnough() {
	if d.held.n == len(ended) && !d.carrier.stands() {
		d.farEnded("NO CARRIER")
		return
	}
	d.release()
}

// farEnded ends a call that the far end has ended.
func (d *Driver) farEnded(how string) {
	if d.held.n <= len("\r\n") {
		d.release() // it was a meter's line end
	}
	d.data, d.held, d.line = false, held{}, line{}
	d.carrier.until = time.Time{}
	d.event(EventEnded, how)
}

// carrier is what DCD shows.
type carrier struct {
	on     bool
	before bool      // it was on before the call: this port or modem does not use it
	seen   bool      // it has been on in this call
	since  time.Time // in a call: when it went off
	until  time.Time // in a call: when it counts as off for good
}

// Carrier tells the driver the state of the line DCD. Where there is no such line it is never called. Repeating it does no
// harm.
func (d *Driver) Carrier(on bool, now time.Time) Out {
	d.at(now)
	c := &d.carrier
	was := c.on
	c.on = on
	switch {
	case !d.data:
	case on:
		c.seen, c.until = true, time.Time{}
	case was && c.seen && !c.before:
		c.since, c.until = d.now, d.now.Add(carrierRest)
	}
	return d.takeOut()
}

// dialling begins a call: it notes whether DCD is on already.
func (c *carrier) dialling() { *c = carrier{on: c.on, before: c.on} }

// stands reports whether DCD is meaningful and on.
func (c *carrier) stands() bool { return c.on && c.seen && !c.before }

// gone reports whether DCD has gone off.
func (c *carrier) gone() bool { return !c.until.IsZero() }

// extend gives more time to bytes that were on their way.
func (c *carrier) extend(now time.Time) {
	if c.gone() {
		c.until = now.Add(carrierRest)
		if most := c.since.Add(carrierMost); c.until.After(most) {
			c.until = most
		}
	}
}

func (d *Driver) carrierStaysAway() { d.farEnded("carrier lost") }
