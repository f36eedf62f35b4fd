// Package dialer makes trial calls: it opens a dial-up port as meter-reading programs do, dials, and asks the meter or connects a terminal to
// it. It is not the emulated modem, and makes no calls for the daemon.
//
// A trial call:
//
//  1. Call.Run checks the number and the question, and openPort opens the port.
//  2. modemPort.prepare resets the modem there, and modemPort.dial dials and waits for CONNECT.
//  3. Call.ask sends the question, and prints what the answer means; or modemPort.through connects the terminal to the meter.
//  4. modemPort.hangUp escapes to command mode, and hangs up. If it is interrupted, closing the port hangs up.
package dialer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"meterline/cmd/meterline/exit"
	"meterline/cmd/meterline/render"
)

// Call is one trial call: what to ask, and how long to wait.
type Call struct {
	Question

	Timeout time.Duration // for CONNECT
	Answer  time.Duration // for the first byte of the meter's answer
	Pause   time.Duration // the silence that ends the answer
	Stay    time.Duration // without a question: how long to stay when nothing more is sent

	In         io.Reader // without a question: what to send, for example from a terminal
	Out, Trace io.Writer // for what the meter sends, and for the conversation with the modem
}

// asks reports whether there is a question to the meter.
func (c *Call) asks() bool { return c.IEC || c.Modbus != "" || c.Hex != "" }

// Run checks number and question, calls port for the path of the port, and makes the call. It returns when the call has ended, or when ctx
// ends, which hangs up by closing the port. Errors of the command line carry exit.Usage.
func (c *Call) Run(ctx context.Context, number string, port func() (string, error)) error {
	var request []byte
	if c.asks() {
		var err error
		if request, err = c.Request(); err != nil {
			return exit.UsageError(err)
		}
	}
	command, err := dialCommand(number)
	if err != nil {
		return exit.UsageError(err)
	}
	path, err := port()
	if err != nil {
		return err
	}
	wire, err := openPort(ctx, path)
	if err != nil {
		return err
	}
	p := &modemPort{wire: wire, trace: c.Trace, out: c.Out}
	p.note("-- port " + path)
	stop := context.AfterFunc(ctx, p.interrupt)
	err = c.call(ctx, p, command, request)
	stop()
	if ctx.Err() != nil {
		err = fmt.Errorf("interrupted: %s has been closed, which hangs up", path)
	}
	return errors.Join(err, wire.Close())
}

// dialCommand returns the command that dials a number, by tone dialling. Names and addresses are dialled without the T, which could be
// taken for their first letter.
func dialCommand(number string) (string, error) {
	switch {
	case strings.TrimSpace(number) == "":
		return "", errors.New("no number: write the one of a modem, its name, or its id")
	case strings.ContainsFunc(number, func(r rune) bool { return r < ' ' || r > '~' || r == ';' }):
		return "", fmt.Errorf("%q cannot be dialled: write ASCII, without semicolons", number)
	case strings.Trim(number, "0123456789+*#,-() ") == "":
		return "ATDT" + number, nil
	}
	return "ATD" + number, nil
}

// call makes the call, from ATZ to hanging up.
func (c *Call) call(ctx context.Context, p *modemPort, command string, request []byte) error {
	if err := p.prepare(); err != nil {
		return err
	}
	if err := p.dial(command, c.Timeout); err != nil {
		return err
	}
	var err error
	if request != nil {
		err = c.ask(p, request)
	} else {
		err = p.through(ctx, c.In, c.Stay)
	}
	if ctx.Err() != nil {
		return err
	}
	return errors.Join(err, p.hangUp())
}

// ask asks the meter once, and prints the answer and what it means.
func (c *Call) ask(p *modemPort, request []byte) error {
	if err := render.PrintBytes(p.out, "→", request); err != nil {
		return err
	}
	begin := time.Now()
	answer, err := p.ask(request, c.Answer, c.Pause)
	if err != nil {
		return err
	}
	if len(answer) == 0 && p.ended {
		return errors.New("the session ended before the meter answered")
	}
	if len(answer) == 0 {
		return fmt.Errorf("the call stands, but nothing came back within %v: the meter is silent, or the request is not for it", c.Answer)
	}
	took := p.last.Sub(begin)
	if err := render.PrintBytes(p.out, "←", answer); err != nil {
		return err
	}
	return render.Say(p.out, "%s, after %v", c.Meaning(request, answer), took.Round(time.Millisecond))
}

// resultMeanings explain the results of a call, and hint at what to do. If the modem gives a reason, that takes the place of the meaning.
var resultMeanings = map[string]struct{ meaning, hint string }{
	"BUSY":        {"another program has that modem", "meterline status tells which"},
	"NO CARRIER":  {"nobody has that number, or its modem has no session", "meterline status tells the modem's state"},
	"NO ANSWER":   {"the modem has not come in the time that register S7 gives it", "meterline status tells since when it is away"},
	"NO DIALTONE": {"the line is dead, or the port says so of unknown numbers", "see unknown_number in its table"},
	"ERROR":       {"the modem does not take this number", "write digits, or the name of a modem as meterline status has it"},
}

// dial sends the dialling command, and returns nil after CONNECT.
func (p *modemPort) dial(command string, timeout time.Duration) error {
	if err := p.say(command); err != nil {
		return err
	}
	begin := time.Now()
	_, result, err := p.answer(command, timeout)
	switch {
	case err != nil:
		return err
	case strings.HasPrefix(result, "CONNECT"):
		p.note(fmt.Sprintf("-- connected after %v", time.Since(begin).Round(time.Millisecond)))
		return nil
	case result == "":
		return errors.Join(fmt.Errorf("no result of the call within %v: give it more --timeout, or the port less wait", timeout), p.command("ATH"))
	}
	return p.failure(result)
}

// failure explains why a call has failed.
func (p *modemPort) failure(result string) error {
	words, known := resultMeanings[result]
	if !known {
		words = resultMeanings["ERROR"]
	}
	meaning := words.meaning
	if reason := p.reason(); reason != "" {
		meaning = reason
	}
	return fmt.Errorf("%s: %s: %s", result, meaning, words.hint)
}

// reason returns the answer to AT+CEER (3GPP TS 27.007, 6.10), empty if there is none.
func (p *modemPort) reason() string {
	if p.say("AT+CEER") != nil {
		return ""
	}
	lines, _, err := p.answer("AT+CEER", okWait)
	if err != nil {
		return ""
	}
	for _, line := range lines {
		if reason, is := strings.CutPrefix(line, "+CEER:"); is {
			return render.Printable(strings.TrimSpace(reason))
		}
	}
	return ""
}
