package at

import (
	"cmp"
	"strings"
	"time"
)

func (o Call) begin(d *Driver) {
	d.network(Registration.Calls, func() { d.bearer(func() { d.dialData(o) }) })
}

// bearer chooses the kind of data call (27.007, 6.7).
func (d *Driver) bearer(then func()) {
	if !d.cellular || d.cfg.Bearer == "-" {
		then()
		return
	}
	command := "AT+CBST=" + d.cfg.Bearer
	d.ask(command, d.cfg.Answer, func(r reply) {
		if !r.ok() {
			d.fail(command, r, ErrNoBearer)
			return
		}
		then()
	})
}

func (d *Driver) dialData(o Call) {
	if d.aborted {
		d.finish(ErrAborted)
		return
	}
	d.carrier.dialling()
	command := "ATD" + d.dial(o.Number)
	d.send(command, command, forCall, d.cfg.Connect, func(r reply) {
		switch r.code {
		case connected:
			d.onLine(r.said)
		case silence:
			d.clear(func(err error) { d.finish(cmp.Or(err, d.failure(ErrTimeout, command, ""))) })
		case accepted: // OK does not end dialling: the modem has understood something else
			d.clear(func(err error) { d.finish(cmp.Or(err, d.failure(ErrNoCarrier, command, r.said))) })
		case blacklisted:
			d.fail(command, r, ErrNetwork)
		default:
			d.fail(command, r, ErrRefused)
		}
	})
	d.wait.abort = func() { d.clear(d.finish) }
}

// onLine begins the data of a call.
func (d *Driver) onLine(said string) {
	_, speed, _ := strings.Cut(said, " ")
	d.result.Speed = printable(speed, 40)
	d.data, d.held, d.carrier.until = true, held{}, time.Time{}
	d.inbox.forgetText()
	d.finish(nil)
}

// clear ends a call that is being set up, rings, or has just come up, and confirms that it has ended. The first character
// breaks off dialling (V.250, 5.6.1).
func (d *Driver) clear(then func(error)) {
	d.send("", "", forCall, 2*time.Second, func(r reply) {
		if r.code == connected {
			d.offLine(hangUpTries, then)
			return
		}
		d.hook(then)
	})
}

// hook hangs up in command mode. Cellular modems end voice calls by +CHUP (27.007, 6.5); not all of them do by ATH.
func (d *Driver) hook(then func(error)) {
	if !d.cellular {
		d.hookOn("ATH", then, nil)
		return
	}
	d.hookOn("AT+CHUP", then, func() { d.hookOn("ATH", then, nil) })
}

// hookOn sends a command that hangs up, and goes on with next, or confirms the end.
func (d *Driver) hookOn(command string, then func(error), next func()) {
	d.send(command, command, forCall, d.cfg.Answer, func(r reply) {
		switch {
		case r.code == connected:
			d.offLine(hangUpTries, then)
		case next != nil:
			next()
		default:
			d.confirm(then, func() { d.offLine(hangUpTries, then) })
		}
	})
}

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

// dropDTR hangs up by DTR (&D2), where there is one, and goes on.
func (d *Driver) dropDTR(then func()) {
	if !d.cfg.DTR {
		then()
		return
	}
	d.out.DTR = append(d.out.DTR, false)
	d.pause(dtrOff, true, func() {
		d.out.DTR = append(d.out.DTR, true)
		d.pause(d.settleTime(), true, then)
	})
}
