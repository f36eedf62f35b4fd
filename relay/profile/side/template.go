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

// formPart is bytes, or a number with so many digits, between least and most, or one of what else a server sends.
type formPart struct {
	bytes       []byte
	hidden      string // the name of a place whose bytes are not to be shown
	digits      int
	least, most int
	counter     int       // so many bytes of a number that the server counts: it may have left out messages
	from        bool      // nothing: the next checksum counts what follows
	sum         wire.Part // the place of a checksum; without a name there is none
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

// formOf returns the form of what the server sends by t to a modem that has said all that.
func formOf(t wire.Template, said *speech) form {
	var f form
	for _, part := range t {
		_, isSum := sums[part.Name]
		switch {
		case part.Name == "":
			f = append(f, formPart{bytes: part.Literal})
		case part.Name == "id":
			f = append(f, formPart{bytes: said.id})
		case part.Name == "login" || part.Name == "secret":
			f = append(f, formPart{bytes: said.credential(part.Name), hidden: part.Name})
		case part.Name == "date":
			f = f.date(part.Format)
		case part.Name == "counter":
			f = append(f, formPart{counter: part.Length})
		case part.Name == "from":
			f = append(f, formPart{from: true})
		case isSum:
			f = append(f, formPart{sum: part})
		default:
			f = append(f, formPart{bytes: repeated(part, said.latest(part.Name))})
		}
	}
	return f
}

// repeated returns how the server repeats a value in a place.
func repeated(place wire.Part, value []byte) []byte {
	if place.Half && len(value) > 0 {
		return []byte{place.Upper + value[len(value)-1]&0x0F}
	}
	return value
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
	from := 0
	for _, part := range f {
		if part.from {
			from = n
			continue
		}
		rest := p[n:]
		got := min(len(rest), part.size())
		if !part.fits(rest[:got], p[from:n]) {
			return 0, false, false
		}
		if n += got; got < part.size() {
			return 0, true, true
		}
	}
	return n, false, true
}

func (part formPart) size() int {
	return len(part.bytes) + part.digits + part.counter + part.sum.Length
}

// size returns how many bytes the form has.
func (f form) size() (n int) {
	for _, part := range f {
		n += part.size()
	}
	return n
}

// fits reports whether p is the part, or its beginning. before is what a checksum counts.
func (part formPart) fits(p, before []byte) bool {
	switch {
	case part.sum.Name != "":
		return bytes.HasPrefix(sums[part.sum.Name].of(before, part.sum), p)
	case part.counter > 0:
		return true
	case part.digits == 0:
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
		switch {
		case part.digits > 0:
			fmt.Fprintf(&b, "{%d to %d}", part.least, part.most)
		case part.counter > 0:
			b.WriteString("{counter}")
		case part.sum.Name != "":
			b.WriteString("{" + part.sum.Name + "}")
		case part.hidden != "":
			b.WriteString("{" + part.hidden + "}")
		default:
			b.WriteString(strconv.Quote(string(part.bytes)))
		}
	}
	return b.String()
}

// hides reports whether what is compared with f must not be shown.
func (f form) hides() bool {
	return slices.ContainsFunc(f, func(part formPart) bool { return part.hidden != "" })
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
