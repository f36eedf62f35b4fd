package at

import (
	"fmt"
	"slices"
	"strings"
)

// dialled is what may stand behind ATD besides a plus: V.250, 6.3.1, without what ends the line, makes another kind of call,
// or orders services of the network.
const dialled = "0123456789TPWtpw,"

// emergency numbers are never dialled by a machine that has mistaken a number.
var emergency = []string{"112", "911", "999", "000", "08", "110", "118", "119"}

// CheckNumber says why number cannot be dialled. It takes digits with a plus in front, at most 32; spaces, hyphens and brackets
// in between, as people write them; and T, P, W and commas, for telephones behind a private exchange. An asterisk or a cross
// is refused: with them a SIM's calls could be forwarded.
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

// SameNumber reports whether two telephone numbers are the same for all that can be told. Both in full, with + or 00 in front, are
// the same or not. Else the last nine digits decide, since one and the same number is +7 918…, 7918…, 8918… and 918…; shorter ones,
// such as those of services, are the same or not.
func SameNumber(a, b string) bool {
	a, fullA := digitsOf(a)
	b, fullB := digitsOf(b)
	const local = 9
	if a == b || fullA && fullB || len(a) < local || len(b) < local {
		return a == b && a != ""
	}
	return a[len(a)-local:] == b[len(b)-local:]
}

// digitsOf are the digits of a number as people and modems write it, and whether the country's are among them.
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

// dial is the number as it stands behind ATD.
func (d *Driver) dial(number string) string {
	prefix := d.cfg.Prefix
	if prefix == "" && !d.cellular {
		prefix = "T"
	}
	return prefix + bareNumber(number)
}

// smsLimit is the length of a short message in the default alphabet of 3GPP TS 23.038; the characters of its extension count twice.
const smsLimit = 160

// CheckText says why text cannot be a short message: it takes what is printable in ASCII, without line ends, at most 160
// characters, of which [ ] { } \ ^ | ~ count twice. A grave accent is in no alphabet of the network. Nothing is replaced: a
// modem that waits for a word would not know it otherwise. So no text can end the message early, or be a command.
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
