package at

import (
	"cmp"
	"time"
)

// Times of a short message.
const (
	promptWait = 10 * time.Second
	sendWait   = 90 * time.Second // 27.005 sets no limit; makers' manuals allow up to a minute
)

// begin asks for text mode (27.005, 3.2.3) and an alphabet in which ASCII is unchanged (27.007, 5.5).
func (o SMS) begin(d *Driver) {
	d.network(Registration.Messages, func() {
		d.listen(func() {
			d.ask("AT+CMGF=1", d.cfg.Answer, func(r reply) {
				if !r.ok() {
					d.fail("AT+CMGF=1", r, ErrRefused)
					return
				}
				d.alphabet(o)
			})
		})
	})
}

// alphabet selects IRA, which the modem translates, or GSM, in which a few characters have other codes.
func (d *Driver) alphabet(o SMS) {
	const ira, gsm = `AT+CSCS="IRA"`, `AT+CSCS="GSM"`
	d.try([]string{ira}, func(refusals int) {
		switch {
		case refusals == 0:
			d.message(o)
		case needsASCII(o.Text):
			d.finish(d.failure(ErrRefused, ira, "the text has characters that need it"))
		default:
			d.try([]string{gsm}, func(int) { d.message(o) })
		}
	})
}

// message sends the text when the modem asks for it (27.005, 3.5.1). Until then, ESC ends the message; after that, nothing
// does.
func (d *Driver) message(o SMS) {
	if d.aborted {
		d.finish(ErrAborted)
		return
	}
	command := `AT+CMGS="` + bareNumber(o.Number) + `"`
	leave := func(end error) {
		d.out.ToModem = append(d.out.ToModem, "\x1b\r"...)
		d.pause(d.settleTime(), true, func() {
			d.confirm(func(error) { d.finish(end) }, func() { d.finish(cmp.Or(end, d.failure(ErrSilent, "AT", ""))) })
		})
	}
	d.send(command, command, forPrompt, promptWait, func(r reply) {
		switch r.code {
		case prompt:
			d.text(o, command)
		case silence:
			leave(d.failure(ErrSilent, command, "no invitation to write"))
		default:
			leave(d.failure(r.kind(ErrRefused), command, r.words()))
		}
	})
	d.wait.abort = func() { leave(ErrAborted) }
}

func (d *Driver) text(o SMS, command string) {
	d.out.ToModem = append(append(d.out.ToModem, o.Text...), 0x1a) // its echo follows the mark, see commandByte
	d.wait = wait{kind: forAnswer, step: "AT+CMGS", until: d.now.Add(sendWait), then: func(r reply) {
		switch {
		case r.code == silence:
			d.finish(d.failure(ErrSilent, command, "it may have been sent all the same"))
		case !r.ok():
			d.fail(command, r, ErrRefused)
		default:
			if _, found := r.find("+CMGS:"); !found {
				d.result.Note = "the modem did not say that the message was taken"
			}
			d.aborted = false // it has been sent
			d.finish(nil)
		}
	}}
}
