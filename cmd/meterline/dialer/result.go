package dialer

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"meterline/cmd/meterline/render"
)

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
