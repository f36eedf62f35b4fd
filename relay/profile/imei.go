package profile

import (
	"bytes"
	"errors"
	"strings"
	"time"

	"meterline/relay/codec"
	"meterline/relay/wire"
)

// imeiModems is the family of kind IMEI.
type imeiModems struct{ bare }

var imeiFamily = imeiModems{bare{Description{
	Kind:         IMEI,
	About:        "14 to 16 digits, bare or as a line, with or without a prefix such as IMEI:",
	Registration: `IMEI:861234567890123\r\n, or imei=…, AT$IMEI=…, the digits as a line, or bare`,
	Data:         `as it is`,
	scans:        true,
	simulated:    []simulation{{make: sideOfLine}}, // as a line, which is one of the ways in which they send it
}}}

func (imeiModems) Register(_ *Profile, ids IDs) (greeting []byte, r Registration) {
	return nil, &imei{ids: ids}
}

func (imeiModems) Codec(p *Profile, v *Verdict, ends codec.FrameEnd) codec.Codec {
	if v.tail == nil || v.tail.closed {
		return codec.NewHeartbeats(codec.BeatsOf(p.Heartbeats, nil, nil), p.finding(ends))
	}
	return codec.NewChain(v.tail, codec.NewHeartbeats(codec.BeatsOf(p.Heartbeats, nil, nil), p.finding(ends)))
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

// moreDigits is how long to wait for more digits where those so far are an identity and may be the beginning of a longer one.
const moreDigits = 500 * time.Millisecond

// imei reads an optional prefix such as "IMEI:", "imei=" or "AT$IMEI=", and the digits after it. The prefix consists of
// letters, punctuation and spaces and ends with ':', '=' or a space.
//
// Many modems send the bare digits and nothing that ends them. So they end before a byte that is not a digit, and at the
// sixteenth digit. They also end as soon as they are a known identity, unless another known one begins with it.
type imei struct {
	ids    IDs
	seen   int
	last   byte // of the prefix; 0: there is none
	digits []byte
}

func (r *imei) Feed(p []byte) Verdict {
	for i, c := range p {
		if r.seen++; r.seen > MaxRegistration {
			return Verdict{Refused: RefusedTooLong}
		}
		digit := c >= '0' && c <= '9'
		switch {
		case digit && len(r.digits) == 0 && !prefixEnd(r.last):
			return Verdict{Refused: RefusedGarbage}
		case digit:
			r.digits = append(r.digits, c)
			if r.complete() {
				return r.registered(p[i+1:])
			}
		case len(r.digits) >= minIMEI:
			return r.registered(p[i:])
		case r.last == 0 && len(r.digits) == 0 && (c == '\r' || c == '\n'): // an empty line in front
		case len(r.digits) > 0 || c < ' ' || c > '~':
			return Verdict{Refused: RefusedGarbage}
		default:
			r.last = c
		}
	}
	if r.ids.Has(string(r.digits)) {
		return Verdict{Wait: moreDigits}
	}
	return Verdict{}
}

// complete reports whether the digits so far need nothing that ends them.
func (r *imei) complete() bool {
	if len(r.digits) < minIMEI {
		return false
	}
	id := string(r.digits)
	return len(id) == maxIMEI || r.ids.Has(id) && !r.ids.hasLonger(id)
}

func (r *imei) registered(rest []byte) Verdict {
	tail := &lineEnd{}
	return Verdict{Done: true, ID: string(r.digits), wire: r.digits, Rest: bytes.Clone(tail.trim(rest)), tail: tail}
}

func (r *imei) Silence() Verdict { return r.registered(nil) }

func (r *imei) Partial() string { return string(r.digits) }

// prefixEnd reports whether digits may follow c, the last byte of the prefix, which is 0 where there is none.
func prefixEnd(c byte) bool { return c == 0 || c == ':' || c == '=' || c == ' ' }

// checkIMEI is for all families that register with an IMEI.
func checkIMEI(id string) error {
	if len(id) < minIMEI || len(id) > maxIMEI || strings.Trim(id, "0123456789") != "" {
		return errors.New("an IMEI has 14 to 16 digits")
	}
	return nil
}
