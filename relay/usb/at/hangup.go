package at

import "time"

// hangUpTries is how often hanging up is tried.
const hangUpTries = 3

func (HangUp) begin(d *Driver) {
	if !d.data {
		d.confirm(func(error) { d.hook(d.finish) }, func() { d.offLine(hangUpTries, d.finish) })
		return
	}
	d.data, d.hangingUp = false, true
	d.out.Dropped += d.held.n
	d.held, d.carrier.until = held{}, time.Time{}
	d.offLine(hangUpTries, d.finish)
}

// offLine hangs up a call whose bytes pass, and confirms its end: by DTR where there is one, then by the escape. left is how
// many tries are left.
func (d *Driver) offLine(left int, then func(error)) {
	if left == 0 {
		d.ready = false
		then(d.failure(ErrStuck, "ATH", ""))
		return
	}
	byEscape := func() {
		d.escape(func() { d.confirm(then, func() { d.offLine(left-1, then) }) })
	}
	if !d.cfg.DTR {
		byEscape()
		return
	}
	d.dropDTR(func() {
		d.send("ATH", "ATH", forCall, 2*time.Second, func(reply) { d.confirm(then, byEscape) })
	})
}

// confirm goes on with then if the modem answers a command and there is no carrier, otherwise with failed. What comes before that
// answer is older and is ignored: a late answer, or a meter's last bytes.
func (d *Driver) confirm(then func(error), failed func()) {
	d.pause(d.settleTime(), true, func() {
		d.send("AT", "AT", forAnswer, 2*time.Second, func(r reply) {
			if r.ok() && !d.carrier.stands() {
				then(nil)
				return
			}
			failed()
		})
	})
}
