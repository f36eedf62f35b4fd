package nearmiss

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"meterline/relay/profile"
	"meterline/relay/wire"
)

// How long ids must be for one difference to mean something: short ones are often numbered through.
const (
	leastHeld    = 4 // found in what came
	leastShort   = 6 // one character less or more
	leastDiffers = 8 // one other character, or several less
)

// likeness is how an id resembles a configured one, the closest first.
type likeness int

const (
	otherCase likeness = iota
	padded
	zeros
	oneShort
	oneMore
	otherEnding
	exchanged
	differs
	partOf
	none
)

// phrases say so, before the configured id. %s is "digit" or "character".
var phrases = [none]string{
	otherCase: "other case than", padded: "padding around", zeros: "other leading zeros than", oneShort: "one %s short of", oneMore: "one %s more than",
	otherEnding: "other last digits than", exchanged: "two %ss swapped, against", differs: "one %s differs from",
	partOf: "only a part of",
}

// like compares an id with a configured one.
func like(id, known string) likeness {
	switch {
	case id == "" || known == "" || id == known:
		return none
	case len(id) == len(known) && strings.EqualFold(id, known):
		return otherCase
	case len(id) > len(known) && strings.Contains(id, known) && unpadded(id) == known:
		return padded
	case (id[0] == '0') != (known[0] == '0') && digits(id) && strings.TrimLeft(id, "0") == strings.TrimLeft(known, "0"):
		return zeros
	case len(id)+1 == len(known) && len(known) >= leastShort && lacksOne(id, known):
		return oneShort
	case len(id) == len(known)+1 && len(known) >= leastShort && lacksOne(known, id):
		return oneMore
	case min(len(id), len(known)) >= 14 && max(len(id), len(known)) <= 16 && len(id) != len(known) && id[:14] == known[:14]:
		return otherEnding
	case len(id) == len(known) && len(known) >= leastDiffers:
		return sameLength(id, known)
	case len(id) >= leastDiffers && strings.Contains(known, id):
		return partOf
	}
	return none
}

// sameLength compares ids of one length. Two whole IMEIs whose check digits are right are two modems, however alike.
func sameLength(id, known string) likeness {
	n := 0
	for n < len(id) && id[n] == known[n] {
		n++
	}
	switch {
	case isIMEI(id) && isIMEI(known):
		return none
	case id[n+1:] == known[n+1:]:
		return differs
	case id[n] == known[n+1] && id[n+1] == known[n] && id[n+2:] == known[n+2:]:
		return exchanged
	}
	return none
}

// isIMEI reports whether id is a whole IMEI with its right check digit.
func isIMEI(id string) bool {
	digit, whole := profile.CheckDigit(id)
	return whole && id[len(id)-1] == digit
}

// lacksOne reports whether short is long without one of its characters.
func lacksOne(short, long string) bool {
	n := 0
	for n < len(short) && short[n] == long[n] {
		n++
	}
	return short[n:] == long[n+1:]
}

func digits(s string) bool { return strings.Trim(s, "0123456789") == "" }

// resembling finds the configured ids that are most like one, at its own exchange first.
func resembling(own *Exchange, others []*Exchange, id string) string {
	for _, e := range append([]*Exchange{own}, others...) {
		best, id := none, e.profile.CanonicalID(id)
		var found []string
		for _, known := range e.ids {
			switch l := like(id, known); {
			case l < best:
				best, found = l, append(found[:0], known)
			case l == best && l < none:
				found = append(found, known)
			}
		}
		if best == none {
			continue
		}
		unit := "character"
		if digits(found[0]) {
			unit = "digit"
		}
		phrase := phrases[best]
		if strings.Contains(phrase, "%s") {
			phrase = fmt.Sprintf(phrase, unit)
		}
		text := fmt.Sprintf("%s %s (%s)", phrase, found[0], e.where(own, found[0]))
		if more := len(found) - 1; more > 0 {
			text += fmt.Sprintf(", and of %d others", more)
		}
		return text
	}
	return ""
}

// where names the modem with an id, and its exchange unless that is own.
func (e *Exchange) where(own *Exchange, id string) string {
	if e == own {
		return e.modem(id)
	}
	return e.modem(id) + " at exchange " + e.name
}

// words returns the words and the numbers that could be ids in what came, the longest first.
func words(came []byte) []string {
	inWord := func(r rune) bool {
		return r == '_' || r == '-' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
	}
	all := strings.FieldsFunc(string(came), func(r rune) bool { return !inWord(r) })
	all = append(all, strings.FieldsFunc(string(came), func(r rune) bool { return r < '0' || r > '9' })...)
	all = slices.DeleteFunc(all, func(w string) bool { return len(w) < leastHeld })
	slices.SortStableFunc(all, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	return slices.Compact(all)
}

// held finds the id of a modem in the middle of something else.
func held(own *Exchange, others []*Exchange, came []byte) string {
	found := words(came)
	for _, e := range append([]*Exchange{own}, others...) {
		for _, word := range found {
			if e.modem(word) != "" && e.profile.Registers() {
				return fmt.Sprintf("%s stands in it, the id of %s", word, e.where(own, word))
			}
		}
		if id := e.rawID(came); id != "" {
			return fmt.Sprintf("%s stands in it, the id of %s", id, e.where(own, id))
		}
	}
	return ""
}

// rawID finds an id that is sent as raw bytes.
func (e *Exchange) rawID(came []byte) string {
	format := e.profile.IDFormat
	if format != wire.IDHex && format != wire.IDHexReversed && format != wire.IDBCD {
		return ""
	}
	for _, length := range e.lengths {
		n := (length + 1) / 2
		for i := 0; i+n <= len(came) && length >= leastHeld; i++ {
			raw := bytes.Clone(came[i : i+n])
			if format == wire.IDHexReversed {
				slices.Reverse(raw)
			}
			if id := hex.EncodeToString(raw)[:length]; e.modems[id] != "" {
				return id
			}
		}
	}
	return ""
}

// resemblingWord finds an id that is nearly one of a modem in the middle of something else. Only the longest words are looked at: each
// is compared with every id.
func resemblingWord(own *Exchange, others []*Exchange, came []byte) string {
	const most = 2
	found := words(came)
	for _, word := range found[:min(len(found), most)] {
		if text := resembling(own, others, word); text != "" && len(word) >= leastShort-1 {
			return text
		}
	}
	return ""
}

// wrongLength tells of a number that is too short or too long for an IMEI, where modems are known by that.
func (e *Exchange) wrongLength(came []byte) string {
	for _, word := range words(came) {
		if n := len(word); digits(word) && e.profile.IMEIs() && n >= leastDiffers && (n < 14 || n > 16) {
			return fmt.Sprintf("%s has %d digits, and an IMEI has 14 to 16", word, n)
		}
	}
	return ""
}
