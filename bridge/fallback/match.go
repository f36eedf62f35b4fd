package fallback

import (
	"fmt"
	"strings"
	"unicode"

	"meterline/bridge/modem"
	"meterline/relay/usb/at"
)

// matches reports whether a text is one of the answers expected. Each pattern must match the whole text: * stands for any characters or
// none, ? for one character. Capital and small letters are the same, as are one space, several spaces, and a line end. Spaces at the
// beginning and end are ignored.
func matches(patterns []string, text string) bool {
	plain := []rune(plainText(text))
	for _, p := range patterns {
		if glob([]rune(plainText(p)), plain) {
			return true
		}
	}
	return false
}

func plainText(s string) string {
	return strings.Map(unicode.ToLower, strings.Join(strings.Fields(s), " "))
}

// glob goes back to the last star only, so that its time is bounded by the product of the two lengths.
func glob(pattern, text []rune) bool {
	p, t, star, from := 0, 0, -1, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, from = p, t
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == text[t]):
			p++
			t++
		case star >= 0:
			from++
			p, t = star+1, from
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}

// CheckAnswer returns why a pattern can never match the answer to a wake-up of that kind, nil if it can.
func CheckAnswer(by modem.Wake, pattern string) error {
	if by == modem.WakeCall {
		for _, known := range Rungs {
			if strings.EqualFold(pattern, string(known)) {
				return nil
			}
		}
		return fmt.Errorf("%q is no result of a missed call", pattern)
	}
	if n := len([]rune(pattern)); n > maxAnswer {
		return fmt.Errorf("%d characters are more than a text message has", n)
	}
	return nil
}

// maxAnswer is the length of the longest text message, in characters. A longer one comes in parts, which are matched one by one.
const maxAnswer = 160

// Rungs are the results of a missed call that wake_answers may name.
var Rungs = []at.RingResult{at.RingBusy, at.RingNoAnswer, at.RingNoCarrier, at.RingGivenUp, at.RingAnswered}

// shortText returns a text for logs and status: quoted, and shortened if it is long.
func shortText(s string) string {
	const most = 160
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "…"
	}
	return fmt.Sprintf("%q", s)
}
