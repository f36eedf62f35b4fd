package at

import (
	"fmt"
	"slices"
	"strings"
)

// dialled are the characters that may follow ATD besides a plus: those of V.250, 6.3.1, without those that end the line, make
// another kind of call, or order services of the network.
const dialled = "0123456789TPWtpw,"

// emergency numbers are never dialled: a machine may have mistaken a number.
var emergency = []string{"112", "911", "999", "000", "08", "110", "118", "119"}

// CheckNumber returns why number cannot be dialled. It accepts at most 32 digits with or without a plus in front; spaces,
// hyphens and brackets in between, as people write them; and T, P, W and commas, for telephones in a private exchange. It
// refuses asterisks and hashes: with them a SIM's calls could be forwarded.
func CheckNumber(number string) error {
	n := bareNumber(number)
	digits := strings.TrimPrefix(n, "+")
	switch {
	case digits == "":
		return fmt.Errorf("number %q: there is none", number)
	case len(digits) > 32 || strings.Trim(digits, dialled) != "" || !strings.ContainsAny(digits, "0123456789"):
		return fmt.Errorf("number %q: at most 32 digits, with + in front; for a private exchange T, P, W and commas too", number)
	case slices.Contains(emergency, digits):
		return fmt.Errorf("number %q: that is an emergency number", number)
	}
	return nil
}

var spelling = strings.NewReplacer(" ", "", "-", "", "(", "", ")", "", "\u00a0", "")

func bareNumber(number string) string { return spelling.Replace(number) }

// SameNumber reports whether two telephone numbers are the same, as far as can be known. Two full numbers, with + or 00 in
// front, are compared as a whole. Otherwise the last nine digits decide, since one and the same number is +7 918…, 7918…, 8918…
// and 918…; shorter numbers, such as those of services, are compared as a whole.
func SameNumber(a, b string) bool {
	a, fullA := digitsOf(a)
	b, fullB := digitsOf(b)
	const local = 9
	if a == b || fullA && fullB || len(a) < local || len(b) < local {
		return a == b && a != ""
	}
	return a[len(a)-local:] == b[len(b)-local:]
}

// digitsOf returns the digits of a number as people and modems write it, and whether it includes the country's.
func digitsOf(number string) (digits string, full bool) {
	digits, full = strings.CutPrefix(bareNumber(number), "+")
	if rest, ok := strings.CutPrefix(digits, "00"); ok && !full {
		digits, full = rest, true
	}
	if strings.Trim(digits, "0123456789") != "" {
		return "", false
	}
	return digits, full
}

// dial returns the number in the form that follows ATD.
func (d *Driver) dial(number string) string {
	prefix := d.cfg.Prefix
	if prefix == "" && !d.cellular {
		prefix = "T"
	}
	return prefix + bareNumber(number)
}

// smsLimit is the length of a short message in the default alphabet of 3GPP TS 23.038, where characters of its extension count
// twice.
const smsLimit = 160

// CheckText returns why text cannot be a short message. It accepts printable ASCII without line ends, at most 160 characters,
// of which [ ] { } \ ^ | ~ count twice. A grave accent is in no alphabet of the network. Nothing is replaced: a modem that
// waits for a word would not recognise it otherwise. So no text can end the message early, or be a command.
func CheckText(text string) error {
	n := 0
	for _, c := range text {
		switch {
		case c < ' ' || c > '~' || c == '`':
			return fmt.Errorf("text %q: %q cannot be sent: ASCII only, on one line", text, c)
		case strings.ContainsRune(`[]{}\^|~`, c):
			n++
		}
		n++
	}
	switch {
	case n == 0:
		return fmt.Errorf("text %q: there is none", text)
	case n > smsLimit:
		return fmt.Errorf("text %q: %d characters, at most %d", text, n, smsLimit)
	}
	return nil
}

// needsASCII reports whether the text has characters that stand elsewhere in the network's alphabet.
func needsASCII(text string) bool { return strings.ContainsAny(text, `@$_[]{}\^|~`) }
