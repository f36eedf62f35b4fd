package at

import (
	"strconv"
	"strings"
	"time"
)

// simWait is how long a SIM may be busy, at first or after its PIN; simPoll is the pause between two questions.
const (
	simWait = 20 * time.Second
	simPoll = time.Second
)

// openSIM finds out whether there is a SIM, and opens it.
func (d *Driver) openSIM() {
	if d.cfg.Kind == Telephone {
		d.initialised()
		return
	}
	d.askSIM(d.now.Add(simWait), true)
}

// askSIM sends +CPIN? (27.007, 8.3), and repeats it while the SIM is busy. mayEnter means that the PIN has not been entered.
func (d *Driver) askSIM(until time.Time, mayEnter bool) {
	const command = "AT+CPIN?"
	d.ask(command, d.cfg.Answer, func(r reply) {
		state, found := r.find("+CPIN:")
		again := !found && strings.Contains(strings.ToLower(r.words()), "sim busy") || state == "SIM PIN" && !mayEnter
		switch {
		case r.code == silence:
			d.fail(command, r, ErrRefused)
		case again && d.now.Before(until):
			d.pause(simPoll, false, func() { d.askSIM(until, mayEnter) })
		case r.code == refused && !found && d.cfg.Kind == Auto:
			d.cellular = false // no telephone modem knows the question; a cellular one without SIM says +CME ERROR
			d.initialised()
		case !r.ok():
			d.fail(command, r, ErrSIM)
		default:
			d.simIs(state, mayEnter)
		}
	})
}

func (d *Driver) simIs(state string, mayEnter bool) {
	d.cellular = true
	switch {
	case state == "READY":
		d.initialised()
	case state == "SIM PIN" && mayEnter:
		d.wantPIN()
	case strings.HasPrefix(state, "SIM PUK"):
		d.finish(d.failure(ErrPUKWanted, "AT+CPIN?", ""))
	case strings.HasPrefix(state, "SIM PIN"):
		d.finish(d.failure(ErrPINWanted, "AT+CPIN?", state))
	default:
		d.finish(d.failure(ErrSIM, "AT+CPIN?", printable(state, 40)))
	}
}

func (d *Driver) wantPIN() {
	switch {
	case d.cfg.PIN == "":
		d.finish(d.failure(ErrPINWanted, "AT+CPIN?", ""))
	case d.pinRefused:
		d.finish(d.failure(ErrPINRefused, "AT+CPIN?", ""))
	default:
		d.whichSIM(simQueries, func() {
			if used := d.cfg.PINBarred; used != nil {
				if err := used(d.iccid); err != nil {
					d.finish(d.failure(err, "AT+CPIN?", ""))
					return
				}
			}
			d.countTries(triesQueries)
		})
	}
}

// simQueries ask for the ICCID, as various makers have it. Many modems tell it before the PIN, as it is printed on the card for
// all to read.
var simQueries = []string{"AT+CCID", "AT+ICCID", "AT^ICCID?", "AT#CCID", "AT+QCCID", "AT+CICCID"}

// whichSIM finds out which SIM it is. So a PIN that one SIM has refused may still be given to another.
func (d *Driver) whichSIM(ways []string, then func()) {
	if len(ways) == 0 || d.iccid != "" {
		then()
		return
	}
	d.ask(ways[0], d.cfg.Answer, func(r reply) {
		if r.code == silence {
			d.fail(ways[0], r, ErrRefused)
			return
		}
		if r.ok() {
			d.iccid = iccidOf(query{command: ways[0], number: true}.answer(r))
		}
		d.whichSIM(ways[1:], then)
	})
}

// iccidOf returns the ICCID in s by ITU-T E.118: 19 or 20 digits, on old cards 18, padded to whole bytes. It returns "" if
// there is none.
func iccidOf(s string) string {
	s = strings.TrimRight(strings.ToUpper(strings.Trim(s, `" `)), "F")
	if len(s) < 18 || len(s) > 20 || strings.Trim(s, "0123456789") != "" {
		return ""
	}
	return s
}

// triesQueries ask for the attempts that are left: 27.007, 8.65; Siemens and Cinterion; SIMCom; Huawei; Quectel; ZTE; Telit.
var triesQueries = []string{`AT+CPINR="SIM PIN"`, "AT^SPIC", "AT+SPIC", "AT^CPIN?", "AT+QPINC?", "AT+ZPINPUK=?", "AT#PCT"}

// countTries asks how many attempts are left, in the known ways: 27.007, 8.65, and makers' own. The last attempt is never
// risked, whoever has used up the others.
func (d *Driver) countTries(ways []string) {
	if len(ways) == 0 {
		d.enterPIN()
		return
	}
	d.ask(ways[0], d.cfg.Answer, func(r reply) {
		if r.code == silence {
			d.fail(ways[0], r, ErrRefused)
			return
		}
		left, found := triesLeft(r)
		switch {
		case !r.ok() || !found:
			d.countTries(ways[1:])
		case left < 2:
			d.finish(d.failure(ErrPINRisk, ways[0], strconv.Itoa(left)+" left"))
		default:
			d.triesKnown = true
			d.enterPIN()
		}
	})
}

// triesLeft returns the first number of the answer: "+CPINR: SIM PIN,3,3", "^SPIC: 3", "+SPIC: 3,10,3,10", `+QPINC: "SC",3,10`.
// In Huawei's answer it follows the PUK's: "^CPIN: SIM PIN,3,10,3,10,3".
func triesLeft(r reply) (int, bool) {
	for _, name := range []string{"+CPINR:", "^SPIC:", "+SPIC:", "^CPIN:", "+QPINC:", "+ZPINPUK:", "#PCT:"} {
		rest, found := r.find(name)
		if !found {
			continue
		}
		fields := strings.Split(rest, ",")
		if name == "^CPIN:" && len(fields) > 3 {
			fields = fields[3:]
		}
		for _, f := range fields {
			if n, err := strconv.Atoi(strings.TrimSpace(f)); err == nil {
				return n, true
			}
		}
	}
	return 0, false
}

// enterPIN counts the attempt as refused until the SIM says otherwise, even if its answer never comes.
func (d *Driver) enterPIN() {
	if d.aborted {
		d.finish(ErrAborted)
		return
	}
	d.pinRefused = true
	d.out.Secret = true
	d.send(`AT+CPIN="`+d.cfg.PIN+`"`, "AT+CPIN=…", forAnswer, simWait, func(r reply) {
		switch {
		case r.ok():
			d.pinRefused = false
			d.askSIM(d.now.Add(simWait), false)
		case r.code == silence:
			d.fail("AT+CPIN=…", r, ErrSilent)
		case strings.Contains(strings.ToLower(r.words()), "sim busy"): // it has probably not looked at the PIN, but that is not certain
			d.fail("AT+CPIN=…", reply{code: refused, said: r.words()}, ErrSIM)
		default:
			d.fail("AT+CPIN=…", reply{code: refused, said: r.words()}, ErrPINRefused)
		}
	})
}
