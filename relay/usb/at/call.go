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
