package profile

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode"

	"meterline/relay/codec"
	"meterline/relay/wire"
)

// imeiModems is the family of kind IMEI.
type imeiModems struct{ bare }

var imeiFamily = imeiModems{bare{Description{
	Kind:         IMEI,
	About:        "14 to 16 digits, bare or as a line, with or without a prefix such as IMEI:",
	Registration: `IMEI:861234567890123\r\n, or imei=…, ID…, AT$IMEI=…,CSQ=17, {"imei":"…",…}, the digits as a line, or bare`,
	Data:         `as it is`,
	Heartbeats:   `its id again, alone on a line or bare, or its registration; others by heartbeats in the exchange's table`,
	Facts:        `what stands behind the id on its line, by name: signal, iccid, firmware and so on`,
	scans:        true,
	simulated:    []simulation{{make: sideOfLine}}, // as a line, which is one of the ways in which they send it
}}}

func (imeiModems) Register(_ *Profile, ids IDs) (greeting []byte, r Registration) {
	return nil, &imei{ids: ids}
}

// Codec takes out the heartbeats of the profile, and the id when it comes again: some modems keep their line with that.
func (imeiModems) Codec(p *Profile, v *Verdict, ends codec.FrameEnd) codec.Codec {
	beats := codec.BeatsOf(p.Heartbeats, v.wire, nil)
	lines := [][]byte{v.wire}
	if len(v.line) > len(v.wire) {
		lines = append(lines, v.line)
	}
	for _, line := range lines {
		for _, end := range []string{"", "\r\n", "\n", "\r"} {
			if len(line) > 0 {
				beats = append(beats, codec.ExactBeat(string(line)+end))
			}
		}
	}
	beating := codec.NewHeartbeats(beats, p.finding(ends))
	if v.tail == nil || v.tail.closed {
		return beating
	}
	return codec.NewChain(v.tail, beating)
}

// Check allows an answer: only the operator knows whether these modems want one.
func (imeiModems) Check(p *Profile, fault wire.FaultFunc) {
	p.refuseRules(fault)
	p.refusePush(fault)
}

func (imeiModems) CheckID(_ *Profile, id string) error { return checkIMEI(id) }

// An IMEI has 15 digits: 14 without its check digit, 16 with the software version (3GPP TS 23.003, 6.2).
const (
	minIMEI = 14
	maxIMEI = 16
)

// restOfLine is how long what stands behind a complete id on its line may take, and how long to wait for more digits where those so
// far may be the beginning of a longer id.
const restOfLine = 500 * time.Millisecond

// imei reads an optional prefix such as "IMEI:", "imei=", "ID" or "AT$IMEI=", the digits after it, and what else stands on their line.
// The prefix consists of letters, punctuation and spaces. In place of all that there may be a JSON object with the name "imei".
//
// Many modems send the bare digits and nothing that ends them. So they end with silence, if they are a known identity or the longest
// that there are. Digits that follow them belong to them: they are another identity then, or the version of the modem's software.
type imei struct {
	ids    IDs
	seen   int
	prefix []byte
	digits []byte
	rest   []byte  // printable, behind the digits
	json   *object // nil: it has not begun like one
}

func (r *imei) Feed(p []byte) Verdict {
	for i, c := range p {
		if r.seen++; r.seen > MaxRegistration {
			return Verdict{Refused: RefusedTooLong}
		}
		if v := r.next(c, p[i:]); v.Done || v.Refused != "" {
			return v
		}
	}
	if len(r.rest) > 0 || len(r.digits) == maxIMEI || r.ids.Has(string(r.digits)) {
		return Verdict{Wait: restOfLine}
	}
	return Verdict{}
}

// next takes one byte, with which p begins.
func (r *imei) next(c byte, p []byte) Verdict {
	printable := c >= ' ' && c <= '~'
	switch digit := c >= '0' && c <= '9'; {
	case r.json != nil:
		return r.inObject(c, p[1:])
	case len(r.digits) == 0:
		return r.inPrefix(c)
	case digit && len(r.rest) == 0:
		if r.digits = append(r.digits, c); len(r.digits) > maxIMEI {
			return Verdict{Refused: RefusedUnknown, ID: string(r.digits)}
		}
	case len(r.digits) < minIMEI:
		return Verdict{Refused: RefusedGarbage}
	case c == '\r' || c == '\n':
		return r.registered(imeiFacts(r.rest), r.rest, p)
	case printable:
		r.rest = append(r.rest, c)
	default:
		return r.registered(nil, r.quoteEnd(), slices.Concat(r.rest[len(r.quoteEnd()):], p))
	}
	return Verdict{}
}

// inPrefix takes a byte before which there are no digits.
func (r *imei) inPrefix(c byte) Verdict {
	switch {
	case c >= '0' && c <= '9':
		if !endsPrefix(r.prefix) {
			return Verdict{Refused: RefusedGarbage}
		}
		r.digits = append(r.digits, c)
	case len(r.prefix) == 0 && (c == '\r' || c == '\n'): // an empty line in front
	case len(r.prefix) == 0 && c == '{':
		r.json = &object{}
		return r.inObject(c, nil)
	case c < ' ' || c > '~':
		return Verdict{Refused: RefusedGarbage}
	default:
		r.prefix = append(r.prefix, c)
	}
	return Verdict{}
}

// inObject takes a byte of a JSON object, behind which stands p.
func (r *imei) inObject(c byte, p []byte) Verdict {
	if !r.json.add(c) {
		return Verdict{}
	}
	id, facts := r.json.imei()
	if checkIMEI(id) != nil {
		return Verdict{Refused: RefusedGarbage}
	}
	r.prefix, r.digits = r.json.text, []byte(id)
	v := r.registered(facts, nil, p)
	v.line = r.json.text
	return v
}

// registered is the verdict when the identity has come, with said behind it, and then rest.
func (r *imei) registered(facts []wire.Fact, said, rest []byte) Verdict {
	tail := &lineEnd{}
	v := Verdict{Done: true, ID: string(r.digits), wire: r.digits, Facts: facts, tail: tail}
	v.line = slices.Concat(r.prefix, r.digits, said)
	v.Rest = bytes.Clone(tail.trim(rest))
	if len(r.digits) == maxIMEI && !r.ids.Has(v.ID) { // the last two are the version of its software
		v.Aliases = r.ids.beginning(v.ID[:minIMEI])
		v.Facts = append(v.Facts, wire.Fact{Name: wire.FactIMEI, Value: v.ID})
	}
	return v
}

// Silence ends the digits. What came behind them without a line end is data.
func (r *imei) Silence() Verdict {
	quote := r.quoteEnd()
	return r.registered(nil, quote, r.rest[len(quote):])
}

// quoteEnd returns the quotation mark behind the digits if there is one before them.
func (r *imei) quoteEnd() []byte {
	if n := len(r.prefix); n > 0 && len(r.rest) > 0 && isQuote(r.rest[0]) && r.rest[0] == r.prefix[n-1] {
		return r.rest[:1]
	}
	return nil
}

func (r *imei) Partial() string { return string(r.digits) }

func isQuote(c byte) bool { return c == '"' || c == '\'' }

// endsPrefix reports whether digits may follow a prefix: behind ':', '=' or a space, also with a quotation mark, and behind the words
// IMEI and ID.
func endsPrefix(prefix []byte) bool {
	n := len(prefix)
	if n > 1 && isQuote(prefix[n-1]) {
		n--
	}
	if n == 0 || bytes.IndexByte([]byte(":= "), prefix[n-1]) >= 0 {
		return true
	}
	word := prefix[bytes.LastIndexFunc(prefix, func(c rune) bool { return !unicode.IsLetter(c) })+1:]
	return bytes.EqualFold(word, []byte("IMEI")) || bytes.EqualFold(word, []byte("ID"))
}

// checkIMEI is for all families that register with an IMEI.
func checkIMEI(id string) error {
	if len(id) < minIMEI || len(id) > maxIMEI || strings.Trim(id, "0123456789") != "" {
		return errors.New("an IMEI has 14 to 16 digits")
	}
	return nil
}
