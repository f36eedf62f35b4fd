package profile

import (
	"bytes"
	"encoding/hex"
	"slices"
	"time"
)

// field is what stood at a place of a template.
type field struct {
	name  string
	bytes []byte
}

// front reads t at the front of p. ok is false when no continuation of p can make it fit; n is the length of the whole, 0
// while that is not known. The fields alias p. A place without a length ends where the literal behind it first stands.
func (t Template) front(p []byte) (n int, fields []field, ok bool) {
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
			fields = append(fields, field{part.Name, rest[:size]})
		}
		n += size
	}
	return n, fields, true
}

// least is how many bytes t has at least.
func (t Template) least() int {
	n := 0
	for _, part := range t {
		n += max(len(part.Literal), part.Length)
	}
	return n
}

// with puts an identity into its place, as it stands on the wire.
func (t Template) with(wire []byte) Template {
	var filled Template
	for _, part := range t {
		switch part.Name {
		case "":
			filled = filled.add(part.Literal)
		case placeID:
			filled = filled.add(wire)
		default:
			filled = append(filled, part)
		}
	}
	return filled
}

// render writes what we send.
func (t Template) render(wire []byte, now time.Time) []byte {
	var out []byte
	for _, part := range t {
		switch part.Name {
		case "":
			out = append(out, part.Literal...)
		case placeID:
			out = append(out, wire...)
		case placeDate:
			out = appendDate(out, part.Format, now)
		}
	}
	return out
}

// has tells whether t has a place of that name.
func (t Template) has(name string) bool {
	return slices.ContainsFunc(t, func(p Part) bool { return p.Name == name })
}

// count is how many places of that name t has.
func (t Template) count(name string) (n int) {
	for _, part := range t {
		if part.Name == name {
			n++
		}
	}
	return n
}

// facts are what stood at the places that are kept.
func facts(fields []field) []Fact {
	var told []Fact
	for _, f := range fields {
		if f.name == placeID || f.name == placeAny || len(f.bytes) == 0 {
			continue
		}
		value := string(f.bytes)
		if !printable(f.bytes) {
			value = hex.EncodeToString(f.bytes)
		}
		told = append(told, Fact{Name: f.name, Value: value})
	}
	return told
}
