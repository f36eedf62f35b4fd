package at

import "time"

// Times of Init.
const (
	dtrOff = time.Second // long enough for &D2 with any S25
	probes = 3
)

// settleTime is the pause before a modem that has hung up, or been reset, listens again.
func (d *Driver) settleTime() time.Duration { return d.guard() / 4 }

// guard returns the silence around the escape. Until Init has set it, it is whatever the modem wants by default.
func (d *Driver) guard() time.Duration {
	switch own := d.cfg.ownGuard(); {
	case own == 0:
		return d.cfg.Guard
	case d.ready:
		return own
	default:
		return max(own, d.cfg.Guard)
	}
}

// begin recovers a modem of which nothing is known: it may be in a call that a killed program has left, or expect the rest of a
// short message.
func (Init) begin(d *Driver) {
	d.ready, d.verbose, d.data = false, false, false
	d.held, d.carrier.until, d.inbox = held{}, time.Time{}, inbox{}
	d.dropDTR(func() { d.escape(func() { d.probe(probes) }) })
}

// escape leaves data mode (silence, +++, silence) and hangs up. In command mode it does no harm: the ESC ends an unfinished
// short message, the CR an unfinished line.
func (d *Driver) escape(then func()) {
	d.pause(d.guard(), true, func() {
		d.out.ToModem = append(d.out.ToModem, "+++"...)
		d.pause(d.guard(), true, func() {
			d.out.ToModem = append(d.out.ToModem, "\x1b\r"...)
			d.pause(d.settleTime(), true, func() {
				d.send("ATH", "ATH", forCall, d.cfg.Answer, func(reply) { d.pause(d.settleTime(), true, then) })
			})
		})
	})
}

// probe looks for a modem. The last attempt also undoes Q1, which would keep it silent for ever.
func (d *Driver) probe(left int) {
	command := "AT"
	if left == 1 {
		command = "ATQ0V1"
	}
	d.ask(command, min(d.cfg.Answer, 2*time.Second), func(r reply) {
		switch {
		case r.ok():
			d.reset()
		case left > 1:
			d.probe(left - 1)
		default:
			d.fail(command, r, ErrSilent)
		}
	})
}

func (d *Driver) reset() {
	first, second := "ATZ", "AT&F"
	if d.cfg.Factory {
		first, second = second, first
	}
	d.ask(first, 2*d.cfg.Answer, func(r reply) {
		if r.ok() {
			d.pause(d.settleTime(), true, d.setResults)
			return
		}
		d.ask(second, 2*d.cfg.Answer, func(r reply) {
			if r.code == silence {
				d.fail(second, r, ErrRefused)
				return
			}
			d.pause(d.settleTime(), true, d.setResults) // a modem that knows neither command keeps its settings
		})
	})
}

// setResults asks for results in words, without echo.
func (d *Driver) setResults() {
	d.ask("ATE0Q0V1", d.cfg.Answer, func(r reply) {
		if !r.ok() {
			d.fail("ATE0Q0V1", r, ErrRefused)
			return
		}
		d.verbose = digits[r.said] == none
		d.try([]string{"AT+CMEE=2", "AT&D2&C1", "ATS0=0"}, func(refusals int) { d.custom(d.cfg.Init) })
	})
}

// try sends commands that may be refused.
func (d *Driver) try(commands []string, then func(refusals int)) {
	d.tryNext(commands, 0, then)
}

func (d *Driver) tryNext(commands []string, refusals int, then func(int)) {
	if len(commands) == 0 {
		then(refusals)
		return
	}
	d.ask(commands[0], d.cfg.Answer, func(r reply) {
		switch {
		case r.code == silence:
			d.fail(commands[0], r, ErrRefused)
			return
		case !r.ok():
			refusals++
		}
		d.tryNext(commands[1:], refusals, then)
	})
}

// custom sends the command lines of the configuration.
func (d *Driver) custom(lines []string) {
	if len(lines) == 0 {
		d.openSIM()
		return
	}
	command := initLine(lines[0])
	d.ask(command, 2*d.cfg.Answer, func(r reply) {
		if !r.ok() {
			d.fail(command, r, ErrRefused)
			return
		}
		d.custom(lines[1:])
	})
}

// initialised ends Init.
func (d *Driver) initialised() {
	d.ready = true
	d.result.Cellular = d.cellular
	d.finish(nil)
}
