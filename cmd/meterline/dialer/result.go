package dialer

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"meterline/cmd/meterline/render"
)

// resultMeanings say what the results of a call mean here, and what to do; the modem's own reason goes before the former.
var resultMeanings = map[string]struct{ meaning, hint string }{
	"BUSY":        {"another program has that modem", "meterline status tells which"},
	"NO CARRIER":  {"nobody has that number, or its modem has no session", "meterline status tells the modem's state"},
	"NO ANSWER":   {"the modem has not come in the time that register S7 gives it", "meterline status tells since when it is away"},
	"NO DIALTONE": {"the line is dead, or the port says so of unknown numbers", "see unknown_number in its table"},
	"ERROR":       {"the modem does not take this number", "write digits, or the name of a modem as meterline status has it"},
}

// dial calls, and returns nil behind CONNECT.
func (p *phoneLine) dial(command string, timeout time.Duration) error {
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

// failure says in words why a call has not come about.
func (p *phoneLine) failure(result string) error {
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

// reason is what AT+CEER tells (3GPP TS 27.007, 6.10), "" where it tells nothing.
func (p *phoneLine) reason() string {
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
