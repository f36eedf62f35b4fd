package relay

import (
	"bytes"
	"time"
)

// An IMEI has 15 digits; without its check digit 14, with the software version 16 (3GPP TS 23.003, 6.2).
const (
	minIMEI = 14
	maxIMEI = 16
)

// moreDigits is how long digits that are an identity, but might become a longer one, are waited for.
const moreDigits = 500 * time.Millisecond

// imei reads an optional prefix such as "IMEI:", "imei=" or "AT$IMEI=", made of letters, punctuation and spaces and ending
// in ':', '=' or a space, and the digits behind it.
//
// Many modems send the bare digits and nothing that ends them. So they end at a byte that is no digit; at the sixteenth; or
// as soon as they are a known identity that no longer known one continues.
type imei struct {
	ids    idSet
	seen   int
	last   byte // of the prefix, 0: there is none
	digits []byte
}

func (r *imei) feed(p []byte) verdict {
	for i, c := range p {
		if r.seen++; r.seen > maxRegistration {
			return verdict{refused: refusedTooLong}
		}
		digit := c >= '0' && c <= '9'
		switch {
		case digit && len(r.digits) == 0 && !prefixEnd(r.last):
			return verdict{refused: refusedGarbage}
		case digit:
			r.digits = append(r.digits, c)
			if r.complete() {
				return r.registered(p[i+1:])
			}
		case len(r.digits) >= minIMEI:
			return r.registered(p[i:])
		case r.last == 0 && len(r.digits) == 0 && (c == '\r' || c == '\n'): // an empty line before it
		case len(r.digits) > 0 || c < ' ' || c > '~':
			return verdict{refused: refusedGarbage}
		default:
			r.last = c
		}
	}
	if r.ids.has(string(r.digits)) {
		return verdict{wait: moreDigits}
	}
	return verdict{}
}

// complete tells whether the digits so far need no end of their own.
func (r *imei) complete() bool {
	if len(r.digits) < minIMEI {
		return false
	}
	id := string(r.digits)
	return len(id) == maxIMEI || r.ids.has(id) && !r.ids.hasLonger(id)
}

func (r *imei) registered(rest []byte) verdict {
	tail := &lineEnd{}
	return verdict{done: true, id: string(r.digits), wire: r.digits, rest: bytes.Clone(tail.trim(rest)), tail: tail}
}

func (r *imei) silence() verdict { return r.registered(nil) }

func (r *imei) partial() string { return string(r.digits) }

// prefixEnd tells whether digits may follow the last byte of the prefix, which is 0 where there is none.
func prefixEnd(c byte) bool { return c == 0 || c == ':' || c == '=' || c == ' ' }
