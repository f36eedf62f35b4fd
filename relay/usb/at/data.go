package at

import "time"

// The end of a call, where the far end hangs up, shows in two ways.
//
// By DCD, where the port has it and the modem sets it: it was off before the call, on in the call, and goes off. What has
// been received by then is still delivered.
//
// By NO CARRIER between the meter's bytes. That text is held; if nothing follows it, and DCD does not say that the call stands,
// the call is over, and the text was the modem's. If anything follows, it was the meter's and is delivered. A part of the
// text waits for its next byte, so that the last line end of a meter's message comes inText later: little beside the second that
// a data call takes for each request and its answer.
const ended = "\r\nNO CARRIER\r\n"

const (
	inText      = 100 * time.Millisecond // the longest gap within the text: the modem writes it at once
	quietAfter  = time.Second            // silence that makes it the modem's
	carrierRest = 300 * time.Millisecond // silence for which bytes are still read when DCD is off
	carrierMost = 2 * time.Second        // and how long at most
)

// held is a part of ended that has come in and has not been delivered.
type held struct {
	n     int       // bytes of it
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

// release delivers what was held.
func (d *Driver) release() {
	d.out.Data = append(d.out.Data, ended[:d.held.n]...)
	d.held = held{}
}

// heldLongEnough is the silence behind what may be NO CARRIER.
func (d *Driver) heldLongEnough() {
	if d.held.n == len(ended) && !d.carrier.stands() {
		d.over("NO CARRIER")
		return
	}
	d.release()
}

// over is the end of a call by the far end.
func (d *Driver) over(how string) {
	if d.held.n <= len("\r\n") {
		d.release() // a meter's line end
	}
	d.data, d.held, d.line = false, held{}, line{}
	d.carrier.until = time.Time{}
	d.event(EventEnded, how)
}

// carrier is what DCD tells.
type carrier struct {
	on     bool
	before bool      // it was on before the call: this port, or modem, has none
	seen   bool      // it has been on in this call
	since  time.Time // off since then, in a call
	until  time.Time // off for good then
}

// Carrier tells the driver what the line DCD shows. Where there is none, it is never called; repeating it does no harm.
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

// dialling looks at DCD before a call.
func (c *carrier) dialling() { *c = carrier{on: c.on, before: c.on} }

// stands tells that DCD is worth something, and on.
func (c *carrier) stands() bool { return c.on && c.seen && !c.before }

// gone tells that DCD has gone off.
func (c *carrier) gone() bool { return !c.until.IsZero() }

// extend lets bytes that were on their way come in.
func (c *carrier) extend(now time.Time) {
	if c.gone() {
		c.until = now.Add(carrierRest)
		if most := c.since.Add(carrierMost); c.until.After(most) {
			c.until = most
		}
	}
}

func (d *Driver) carrierStaysAway() { d.over("carrier lost") }
