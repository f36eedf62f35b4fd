package fallback

import (
	"fmt"
	"strings"
	"unicode"

	"meterline/bridge/modem"
	"meterline/relay/usb/at"
)

// matches reports whether a text is one of the answers that are expected. They are patterns for the whole of it: * stands for
// anything, also nothing, ? for one character. Capital and small letters are the same, and so are a space, several, and a line end;
// those in front and behind do not count.
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

// glob takes time of at most the product of the lengths: it goes back to the last star alone.
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

// CheckAnswer says why a pattern cannot be expected as the answer to a wake-up of that kind. It never matches where that is so.
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

// maxAnswer is the length of the longest text message, in parts that are looked at one by one.
const maxAnswer = 160

// Rungs are the results of a missed call that can be expected.
var Rungs = []at.RingResult{at.RingBusy, at.RingNoAnswer, at.RingNoCarrier, at.RingGivenUp, at.RingAnswered}

// shortText is a text for logs and status, quoted, and cut where it is long.
func shortText(s string) string {
	const most = 160
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "…"
	}
	return fmt.Sprintf("%q", s)
}
