package side

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"meterline/relay/wire"
)

// form is what a server must send: bytes, and the parts of a date.
type form []formPart

// formPart is bytes, or a number with so many digits, between least and most.
type formPart struct {
	bytes       []byte
	digits      int
	least, most int
}

// dateForms are the words of a date. Longer ones come first.
var dateForms = []struct {
	word string
	part formPart
}{
	{"YYYY", formPart{digits: 4, least: 1970, most: 9999}},
	{"YY", formPart{digits: 2, most: 99}}, {"MM", formPart{digits: 2, least: 1, most: 12}}, {"DD", formPart{digits: 2, least: 1, most: 31}},
	{"hh", formPart{digits: 2, most: 23}}, {"mm", formPart{digits: 2, most: 59}}, {"ss", formPart{digits: 2, most: 59}},
}

// formOf returns the form of t for the modem with that id.
func formOf(t wire.Template, wire []byte) form {
	var f form
	for _, part := range t {
		switch part.Name {
		case "":
			f = append(f, formPart{bytes: part.Literal})
		case "id":
			f = append(f, formPart{bytes: wire})
		case "date":
			f = f.date(part.Format)
		}
	}
	return f
}

// date appends a date to f.
func (f form) date(format string) form {
next:
	for len(format) > 0 {
		for _, d := range dateForms {
			if strings.HasPrefix(format, d.word) {
				f, format = append(f, d.part), format[len(d.word):]
				continue next
			}
		}
		f, format = append(f, formPart{bytes: []byte(format[:1])}), format[1:]
	}
	return f
}

// match reports whether p begins with the form, and returns its length. With more, p may still become the form.
func (f form) match(p []byte) (n int, more, fits bool) {
	for _, part := range f {
		rest := p[n:]
		got := min(len(rest), max(len(part.bytes), part.digits))
		if !part.fits(rest[:got]) {
			return 0, false, false
		}
		if n += got; got < max(len(part.bytes), part.digits) {
			return 0, true, true
		}
	}
	return n, false, true
}

// fits reports whether p is the part, or its beginning.
func (part formPart) fits(p []byte) bool {
	if part.digits == 0 {
		return bytes.HasPrefix(part.bytes, p)
	}
	if strings.Trim(string(p), "0123456789") != "" {
		return false
	}
	number, err := strconv.Atoi(string(p))
	return len(p) < part.digits || err == nil && number >= part.least && number <= part.most
}

func (f form) String() string {
	var b strings.Builder
	for _, part := range f {
		if part.digits > 0 {
			fmt.Fprintf(&b, "{%d to %d}", part.least, part.most)
		} else {
			b.WriteString(strconv.Quote(string(part.bytes)))
		}
	}
	return b.String()
}

// owed is the answer to heartbeats. At most n of them are still to come: a server whose line is busy may leave some out.
type owed struct {
	answer []byte
	n      int
}

// front takes a possible answer off the front of p. more means that p may be the beginning of one.
func (o *owed) front(p []byte) (n int, more bool) {
	switch {
	case o.n == 0:
	case bytes.HasPrefix(p, o.answer):
		o.n--
		return len(o.answer), false
	case bytes.HasPrefix(o.answer, p):
		return 0, true
	}
	return 0, false
}

// without returns p, part of a stream without frames, without the answers in it, and how many bytes at its end are held. The
// server sends answers between two writes. So they are looked for at the beginning and the end of what has come; in between
// they would be data.
func (o *owed) without(p []byte) (data []byte, held int) {
	for len(p) > 0 {
		n, more := o.front(p)
		if more {
			return nil, len(p)
		}
		if n == 0 {
			break
		}
		p = p[n:]
	}
	if o.n > 0 && len(p) > 0 && bytes.HasSuffix(p, o.answer) {
		o.n--
		p = p[:len(p)-len(o.answer)]
	}
	return p, 0
}

// invented is what simulated modems say of themselves, by the names of places.
var invented = map[string]string{
	wire.FactSignal: "17", wire.FactICCID: "8970100000000000001", wire.FactIMEI: "861234567890123", wire.FactPhone: "13066668888",
	wire.FactModel: "SIMULATED", wire.FactFirmware: "1.0", wire.FactHardware: "2.0", wire.FactTemperature: "23",
	wire.FactInputs: "00010002", wire.FactCell: "250-01-1A2B", wire.FactAddress: "10.0.0.17", wire.FactInterface: "RS485",
}

// fill returns t with something in all its places.
func fill(t wire.Template, wire []byte) []byte {
	var out []byte
	for i, part := range t {
		var end []byte
		if i+1 < len(t) {
			end = t[i+1].Literal
		}
		switch part.Name {
		case "":
			out = append(out, part.Literal...)
		case "id":
			out = append(out, wire...)
		default:
			out = append(out, something(part, end)...)
		}
	}
	return out
}

// something returns bytes that fit into a place, and do not contain what ends the place.
func something(part wire.Part, end []byte) []byte {
	value := []byte(invented[part.Name])
	if len(value) == 0 {
		value = []byte("0123456789")
	}
	if part.Length > 0 {
		return bytes.Repeat(value, part.Length/len(value)+1)[:part.Length]
	}
	return slices.DeleteFunc(value, func(c byte) bool { return len(end) > 0 && c == end[0] })
}

// wireID returns an id as it is sent.
func wireID(r *Rules, id string) ([]byte, error) {
	length := 0
	for _, part := range r.Registration {
		if part.Name == "id" {
			length = part.Length
		}
	}
	switch r.IDFormat {
	case wire.IDHex, wire.IDHexReversed:
		sent, err := hex.DecodeString(strings.NewReplacer(":", "", "-", "", " ", "").Replace(id))
		if r.IDFormat == wire.IDHexReversed {
			slices.Reverse(sent)
		}
		return sent, err
	case wire.IDBCD:
		return hex.DecodeString(id + strings.Repeat("F", max(2*length-len(id), len(id)%2)))
	default:
		return append([]byte(id), make([]byte, max(0, length-len(id)))...), nil
	}
}
