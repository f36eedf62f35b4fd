package at

import (
	"cmp"
	"time"
)

// shortestRing is how long a call must last to count as having rung. If the modem's call ends at once, the far modem may have
// seen it, or nobody may have.
const shortestRing = 3 * time.Second

// extraRing is how long the network may take until it rings. Modems differ in whether OK comes before or after that.
const extraRing = 15 * time.Second

func (o Ring) begin(d *Driver) {
	o.For = min(max(cmp.Or(o.For, 10*time.Second), 5*time.Second), 30*time.Second)
	d.network(Registration.Calls, func() { d.dialVoice(o) })
}

func (d *Driver) dialVoice(o Ring) {
	if d.aborted {
		d.finish(ErrAborted)
		return
	}
	command := "ATD" + d.dial(o.Number) + ";"
	began := d.now
	d.send(command, command, forCall, o.For+extraRing, func(r reply) {
		switch r.code {
		case accepted:
			d.letRing(o, command)
		case silence: // it rang, as far as is known: some modems say OK only when the call is answered
			d.result.Note, d.result.Ring = "the modem did not say whether it rang", RingGivenUp
			d.clear(d.finish)
		default:
			d.rung(command, r, began)
		}
	})
	d.wait.abort = func() { d.clear(d.finish) }
}

// letRing waits, and hangs up.
func (d *Driver) letRing(o Ring, command string) {
	began := d.now
	d.wait = wait{kind: forCall, until: d.now.Add(o.For), then: func(r reply) {
		switch r.code {
		case silence:
			d.result.Ring = RingGivenUp
			d.hook(d.finish)
		case accepted:
			d.result.Note, d.result.Ring = "the call was answered", RingAnswered
			d.hook(d.finish)
		default:
			d.rung(command, r, began)
		}
	}}
	d.wait.abort = func() { d.clear(d.finish) }
}

// rung handles a voice call that has ended by itself. If that took some seconds the far modem has rejected it: it has been
// rung.
func (d *Driver) rung(command string, r reply, began time.Time) {
	end := d.failure(r.kind(ErrRefused), command, r.words())
	switch r.code {
	case connected:
		d.offLine(hangUpTries, func(err error) { d.finish(cmp.Or(err, d.failure(ErrRefused, command, r.said))) })
		return
	case noCarrier, busy, notAnswered:
		d.result.Ring = map[code]RingResult{noCarrier: RingNoCarrier, busy: RingBusy, notAnswered: RingNoAnswer}[r.code]
		if d.now.Sub(began) >= shortestRing {
			d.result.Note = "the call was ended by the other side: " + r.said
			end = nil
		}
	}
	d.hook(func(err error) { d.finish(cmp.Or(err, end)) })
}
