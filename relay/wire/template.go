// Package wire describes bytes as modems send them: templates with places in them, identities, and the facts that a modem tells of
// itself. It knows no family and keeps no state.
package wire

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Template is bytes with places in them, as modems send or expect them. It holds plain values.
type Template []Part

// Part is literal bytes or a place: a {…} of the template, where other bytes stand each time.
type Part struct {
	Literal []byte // literal bytes; empty: this is a place
	Name    string // what a place holds: "id", "*" (anything), "date", "length", …, a checksum by its name, or a fact by any other
	Length  int    // how many bytes a place has on the wire; 0: it ends before the literal that follows
	Format  string // how a date is written; of a number "le" if its low byte comes first
	Half    bool   // the place is the lower half of a byte, of which Upper is the upper one
	Upper   byte
}

// Names of places with a meaning; all others are facts.
const (
	PlaceID      = "id"      // the identity, as it is sent
	PlaceAny     = "*"       // anything; it is not kept
	PlaceSeq     = "seq"     // a number that the answer repeats; it is not kept
	PlaceDate    = "date"    // only in what we send: the local time
	PlaceCounter = "counter" // only in what we send: how many of its kind were sent before it
	PlaceLength  = "length"  // only in packets: their length
	PlaceData    = "data"    // only in packets: the meter's bytes
	PlaceFrom    = "from"    // no bytes: the next checksum counts what follows
	PlaceLogin   = "login"   // the modem's login; it is compared and not kept
	PlaceSecret  = "secret"  // the modem's password, likewise
)

const (
	maxPlace  = 4096 // most bytes in a place
	maxNumber = 4    // most bytes in a length or a counter
)

// NotationError is what is wrong with a template's text, and what to write instead.
type NotationError struct{ What, Hint string }

func (e *NotationError) Error() string { return e.What + ": " + e.Hint }

// Notation returns an error about a notation: what is wrong, as for Printf, and what to write instead.
func Notation(hint, format string, args ...any) *NotationError {
	return &NotationError{What: fmt.Sprintf(format, args...), Hint: hint}
}

// ParseTemplate reads a template as configurations write it: ASCII text, or "hex:" and pairs of hexadecimal digits, with
// places between them:
//
//	{id}, {id:11}   the identity, of so many bytes on the wire; without a number it ends where the next bytes begin
//	{*}, {*:6}      anything
//	{signal}        anything, which is kept under that name
//	{secret}        the modem's password, {login} its login; they are compared and not kept
//	{seq}, {seq:1}  a number that the answer repeats, as it repeats any other place
//	{sum8}, {crc16} a checksum of everything before it, or of what stands behind {from}; {crc16:le} low byte first; see checksums
//	{from}          no bytes: what the next checksum begins with
//	{date:FORMAT}   in what we send: local time, with YYYY, YY, MM, DD, hh, mm and ss in FORMAT
//	{counter:1}     in what we send: 0, 1, 2 …, high byte first, {counter:2:le} low byte first
//	{length:2}      in packets: their length, high byte first, {length:2:le} low byte first
//	{data}          in packets: the meter's bytes
//	7{seq}          in hexadecimal: the lower half of a byte, whose upper half is 7
//	{{              a brace
//
// Its error is a *NotationError. Profile.Validate checks whether the places make sense where the template is used.
func ParseTemplate(s string) (Template, error) {
	rest, isHex := strings.CutPrefix(s, "hex:")
	var t Template
	for rest != "" {
		before, place, found := strings.Cut(rest, "{")
		upper, half := byte(0), false
		if isHex && found {
			before, upper, half = cutHalf(before)
		}
		b, err := literalBytes(before, s, isHex)
		if err != nil {
			return nil, err
		}
		t = t.add(b)
		if !found {
			break
		}
		if after, brace := strings.CutPrefix(place, "{"); brace && !isHex {
			t, rest = t.add([]byte("{")), after
			continue
		}
		inner, after, closed := strings.Cut(place, "}")
		if !closed {
			return nil, Notation("close it with }, or write {{ for a brace", "%q has a { without its }", s)
		}
		part, err := parsePlace(inner)
		if err == nil && half {
			err = part.halve(upper)
		}
		if err != nil {
			return nil, err
		}
		t, rest = append(t, part), after
	}
	if len(t) == 0 {
		return nil, Notation("write at least one byte, or leave it out", "no bytes")
	}
	return t, nil
}

// cutHalf takes the digit off the end of s that has no second one, if there is one right in front of a place.
func cutHalf(s string) (rest string, upper byte, half bool) {
	if len(strings.Join(strings.Fields(s), ""))%2 == 0 {
		return s, 0, false
	}
	last := len(s) - 1
	n, err := strconv.ParseUint(s[last:], 16, 4)
	if err != nil {
		return s, 0, false
	}
	return s[:last], byte(n), true
}

// halve makes p the lower half of a byte.
func (p *Part) halve(upper byte) error {
	if !p.Repeatable() || p.Length > 0 {
		return Notation(fmt.Sprintf("write both digits in front of it, or a place like %X{seq}", upper), "%X{%s} has half a byte", upper, p.Name)
	}
	p.Length, p.Half, p.Upper = 1, true, upper<<4
	return nil
}

// literalBytes reads the text between two places of the template whole.
func literalBytes(s, whole string, isHex bool) ([]byte, error) {
	if isHex {
		b, err := hex.DecodeString(strings.Join(strings.Fields(s), ""))
		if err != nil {
			return nil, Notation(`write pairs of hexadecimal digits, like "hex:7B 01 0D"`, "%q is no hexadecimal", whole)
		}
		return b, nil
	}
	if strings.ContainsFunc(s, func(r rune) bool { return r >= 0x80 }) {
		return nil, Notation(`write such bytes in hexadecimal, like "hex:FE"`, "%q is not all ASCII", whole)
	}
	return []byte(s), nil
}

// add appends bytes to t.
func (t Template) add(b []byte) Template {
	if len(b) == 0 {
		return t
	}
	if last := len(t) - 1; last >= 0 && t[last].Name == "" {
		t[last].Literal = append(bytes.Clone(t[last].Literal), b...)
		return t
	}
	return append(t, Part{Literal: bytes.Clone(b)})
}

// parsePlace reads the text between two braces.
func parsePlace(s string) (Part, error) {
	name, argument, hasArgument := strings.Cut(s, ":")
	p := Part{Name: name}
	switch {
	case name != PlaceAny && !IsWord(name):
		return p, Notation("write {id}, {*} or a word in small letters like {signal}; a brace is {{", "{%s} is no place", s)
	case name == PlaceDate:
		if !hasDate(argument) {
			return p, Notation("write it like {date:YYYYMMDDhhmmss}", "{%s} does not say how the date is written", s)
		}
		p.Format = argument
		return p, nil
	case name == PlaceData && hasArgument:
		return p, Notation("write {data}", "{%s}: the length stands in {length:2}", s)
	case name == PlaceFrom && hasArgument:
		return p, Notation("write {from} in front of the first byte that the checksum counts", "{%s}: it has no bytes", s)
	case name == PlaceLength, name == PlaceCounter:
		argument, p.Format, _ = strings.Cut(argument, ":")
		n, err := strconv.Atoi(argument)
		if p.Length = n; err != nil || n < 1 || n > maxNumber || p.Format != "" && p.Format != "le" {
			return p, Notation(fmt.Sprintf("write {%s:2}, or {%s:2:le} if the low byte comes first", name, name), "{%s} does not say how many bytes it has", s)
		}
		return p, nil
	case checksums[name].size > 0:
		return parseChecksum(name, argument, hasArgument)
	case meantChecksum.MatchString(name):
		return p, Notation("write one of "+checksumPlaces(), "{%s} is no checksum that is known, and would be kept as a fact", s)
	case meantLength.MatchString(name):
		return p, Notation("write {length:2} for the length of a packet, or {*:2} for any two bytes", "{%s} is no place", s)
	case !hasArgument:
		return p, nil
	}
	n, err := strconv.Atoi(argument)
	if p.Length = n; err != nil || n < 1 || n > maxPlace {
		return p, Notation(fmt.Sprintf("write it like {%s:11}", name), "{%s}: %q is no number of bytes from 1 to %d", s, argument, maxPlace)
	}
	return p, nil
}

// Words that are not facts but misspelt: what checks bytes or measures them has to be known, or nothing would be checked.
var (
	meantChecksum = regexp.MustCompile(`^(sum|crc|xor|bcc|lrc|chk|check|checksum|cksum)[0-9_-]*(modbus|ccitt|x25|xmodem|le|be)?$`)
	meantLength   = regexp.MustCompile(`^len(gth)?[0-9_-]*$`)
)

// IsWord reports whether s can name a fact.
func IsWord(s string) bool {
	if s == "" || len(s) > 32 || s[0] < 'a' || s[0] > 'z' {
		return false
	}
	return strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789_-") == ""
}

// Fixed reports whether t has a place of that name with a fixed length.
func (t Template) Fixed(name string) bool {
	return slices.ContainsFunc(t, func(p Part) bool { return p.Name == name && p.Length > 0 })
}

// Unpadded returns a field of a fixed length without the NUL, FF and spaces around it.
func Unpadded(field []byte) []byte {
	padding := func(c byte) bool { return c == 0 || c == 0xFF || c == ' ' }
	for len(field) > 0 && padding(field[0]) {
		field = field[1:]
	}
	for len(field) > 0 && padding(field[len(field)-1]) {
		field = field[:len(field)-1]
	}
	return field
}

// Least returns how many bytes t has at least.
func (t Template) Least() int {
	n := 0
	for _, part := range t {
		n += max(len(part.Literal), part.Length)
	}
	return n
}

// With returns t with an identity in its place, as it is sent.
func (t Template) With(wire []byte) Template { return t.Filled(PlaceID, wire) }

// Filled returns t with bytes in the places of that name.
func (t Template) Filled(name string, b []byte) Template {
	var filled Template
	for _, part := range t {
		switch part.Name {
		case "":
			filled = filled.add(part.Literal)
		case name:
			filled = filled.add(b)
		default:
			filled = append(filled, part)
		}
	}
	return filled
}

// Has reports whether t has a place of that name.
func (t Template) Has(name string) bool {
	return slices.ContainsFunc(t, func(p Part) bool { return p.Name == name })
}

// Count returns how many places of that name t has.
func (t Template) Count(name string) (n int) {
	for _, part := range t {
		if part.Name == name {
			n++
		}
	}
	return n
}
