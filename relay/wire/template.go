// Package wire describes bytes as modems send them: templates with places in them, identities, and the facts that a modem tells of
// itself. It knows no family and keeps no state.
package wire

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Template is bytes with places in them, as modems send or expect them. It holds plain values.
type Template []Part

// Part is literal bytes or a place: a {…} of the template, where other bytes stand each time.
type Part struct {
	Literal []byte // literal bytes; empty: this is a place
	Name    string // what a place holds: "id", "*" (anything), "date", "length", "data", or a fact by any other name
	Length  int    // how many bytes a place has on the wire; 0: it ends before the literal that follows
	Format  string // how a date is written; for a length "le" if its low byte comes first
}

// Names of places with a meaning; all others are facts.
const (
	PlaceID     = "id"     // the identity, as it is sent
	PlaceAny    = "*"      // anything; it is not kept
	PlaceDate   = "date"   // only in what we send: the local time
	PlaceLength = "length" // only in packets: their length
	PlaceData   = "data"   // only in packets: the meter's bytes
	PlaceLogin  = "login"  // the modem's login; it is compared and not kept
	PlaceSecret = "secret" // the modem's password, likewise
)

const (
	maxPlace  = 4096 // most bytes in a place
	maxLength = 4    // most bytes in a length
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
//	{date:FORMAT}   in what we send: local time, with YYYY, YY, MM, DD, hh, mm and ss in FORMAT
//	{length:2}      in packets: their length, high byte first, {length:2:le} low byte first
//	{data}          in packets: the meter's bytes
//	{{              a brace
//
// Its error is a *NotationError. Profile.Validate checks whether the places make sense where the template is used.
func ParseTemplate(s string) (Template, error) {
	rest, isHex := strings.CutPrefix(s, "hex:")
	var t Template
	for rest != "" {
		before, place, found := strings.Cut(rest, "{")
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
	case name != PlaceAny && !isWord(name):
		return p, Notation("write {id}, {*} or a word in small letters like {signal}; a brace is {{", "{%s} is no place", s)
	case name == PlaceDate:
		if !hasDate(argument) {
			return p, Notation("write it like {date:YYYYMMDDhhmmss}", "{%s} does not say how the date is written", s)
		}
		p.Format = argument
		return p, nil
	case name == PlaceData && hasArgument:
		return p, Notation("write {data}", "{%s}: the length stands in {length:2}", s)
	case name == PlaceLength:
		argument, p.Format, _ = strings.Cut(argument, ":")
		n, err := strconv.Atoi(argument)
		if p.Length = n; err != nil || n < 1 || n > maxLength || p.Format != "" && p.Format != "le" {
			return p, Notation("write {length:2}, or {length:2:le} if the low byte comes first", "{%s} does not say how many bytes it has", s)
		}
		return p, nil
	case !hasArgument:
		return p, nil
	}
	n, err := strconv.Atoi(argument)
	if p.Length = n; err != nil || n < 1 || n > maxPlace {
		return p, Notation(fmt.Sprintf("write it like {%s:11}", name), "{%s}: %q is no number of bytes from 1 to %d", s, argument, maxPlace)
	}
	return p, nil
}

// isWord reports whether s can name a fact.
func isWord(s string) bool {
	if s == "" || len(s) > 32 || s[0] < 'a' || s[0] > 'z' {
		return false
	}
	return strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789_-") == ""
}

// Field is the content of a template's place.
type Field struct {
	Name  string
	Bytes []byte
}

// Front reads t at the front of p. ok is false when p cannot fit, whatever follows; n is the length of the whole, 0 while that
// is not known. The fields alias p. A place without a length ends where the literal after it first occurs.
func (t Template) Front(p []byte) (n int, fields []Field, ok bool) {
	for i, part := range t {
		rest := p[n:]
		size := part.Length
		switch {
		case part.Name == "":
			got := min(len(rest), len(part.Literal))
			if !bytes.Equal(rest[:got], part.Literal[:got]) {
				return 0, nil, false
			}
			if size = len(part.Literal); got < size {
				return 0, nil, true
			}
		case size == 0:
			if size = bytes.Index(rest, t[i+1].Literal); size < 0 {
				return 0, nil, true
			}
		case len(rest) < size:
			return 0, nil, true
		}
		if part.Name != "" {
			fields = append(fields, Field{part.Name, rest[:size]})
		}
		n += size
	}
	return n, fields, true
}

// Reach returns how many bytes at the front of p belong to the part, as far as they have come. next are the parts behind it. whole
// is false if p departs from the part, or if it ends in it.
func (part Part) Reach(next []Part, p []byte) (size int, whole bool) {
	switch size = part.Length; {
	case part.Name == "":
		if bytes.HasPrefix(p, part.Literal) {
			return len(part.Literal), true
		}
		return 0, false
	case size > 0:
		return min(size, len(p)), size <= len(p)
	case len(next) > 0:
		if size = bytes.Index(p, next[0].Literal); size >= 0 {
			return size, true
		}
	}
	return len(p), false
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

// Render returns t as we send it.
func (t Template) Render(wire []byte, now time.Time) []byte {
	var out []byte
	for _, part := range t {
		switch part.Name {
		case "":
			out = append(out, part.Literal...)
		case PlaceID:
			out = append(out, wire...)
		case PlaceDate:
			out = appendDate(out, part.Format, now)
		}
	}
	return out
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

// isKept reports whether a place is a fact, rather than one with a meaning of its own.
func (f Field) isKept() bool {
	switch f.Name {
	case PlaceID, PlaceAny, PlaceLogin, PlaceSecret:
		return false
	}
	return true
}

// Facts returns the contents of the places that are kept.
func Facts(fields []Field) []Fact {
	var told []Fact
	for _, f := range fields {
		if !f.isKept() || len(f.Bytes) == 0 {
			continue
		}
		value := string(f.Bytes)
		if !Printable(f.Bytes) {
			value = hex.EncodeToString(f.Bytes)
		}
		told = append(told, Fact{Name: f.Name, Value: value})
	}
	return told
}

// dateTokens are the words of {date:…} and what package time calls them. Longer ones come first.
var dateTokens = []struct{ word, layout string }{
	{"YYYY", "2006"}, {"YY", "06"}, {"MM", "01"}, {"DD", "02"}, {"hh", "15"}, {"mm", "04"}, {"ss", "05"},
}

// hasDate reports whether a format has any token in it.
func hasDate(format string) bool {
	for _, t := range dateTokens {
		if strings.Contains(format, t.word) {
			return true
		}
	}
	return false
}

// appendDate writes now by a format. Each token is formatted separately, so that other text is not read as a layout.
func appendDate(dst []byte, format string, now time.Time) []byte {
next:
	for format != "" {
		for _, t := range dateTokens {
			if rest, ok := strings.CutPrefix(format, t.word); ok {
				dst, format = now.AppendFormat(dst, t.layout), rest
				continue next
			}
		}
		dst, format = append(dst, format[0]), format[1:]
	}
	return dst
}
