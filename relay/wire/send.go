package wire

import (
	"slices"
	"strings"
	"time"
)

// Values are what is written into the places of what we send. Places without a value stay empty.
type Values struct {
	ID      []byte // as it is sent
	Now     time.Time
	Came    []Field // what the modem sent, which is repeated
	Counter uint64  // how many of the kind were sent before
	Data    []byte  // of the meter
	Length  int     // of a packet
}

// Render returns t as we send it.
func (t Template) Render(wire []byte, now time.Time) []byte {
	return t.Append(nil, &Values{ID: wire, Now: now})
}

// Append appends t to dst as we send it.
func (t Template) Append(dst []byte, v *Values) []byte {
	from := len(dst)
	for i := range t {
		part := &t[i]
		switch part.Name {
		case "":
			dst = append(dst, part.Literal...)
		case PlaceID:
			dst = append(dst, v.ID...)
		case PlaceDate:
			dst = appendDate(dst, part.Format, v.Now)
		case PlaceCounter:
			dst = part.appendNumber(dst, v.Counter)
		case PlaceLength:
			dst = part.appendNumber(dst, uint64(v.Length))
		case PlaceData:
			dst = append(dst, v.Data...)
		case PlaceFrom:
			from = len(dst)
		default:
			switch came := v.came(part.Name); {
			case part.IsChecksum():
				dst = part.appendChecksum(dst, dst[from:])
			case part.Half && len(came) > 0:
				dst = append(dst, part.Upper|came[len(came)-1]&0x0F)
			default:
				dst = append(dst, came...)
			}
		}
	}
	return dst
}

// Repeatable reports whether p is a place whose bytes are kept or repeated: a fact, {seq} or {*}.
func (p *Part) Repeatable() bool {
	return p.Name != "" && p.Name != PlaceFrom && !p.hasMeaning() && !p.IsChecksum()
}

// Sized returns t with the lengths of the places that repeat what came.
func (t Template) Sized(came []Field) Template {
	sized := slices.Clone(t)
	v := Values{Came: came}
	for i := range sized {
		if part := &sized[i]; part.Repeatable() {
			part.Length = len(v.came(part.Name))
		}
	}
	return sized
}

// came returns what came last in the place of that name.
func (v *Values) came(name string) []byte {
	for _, f := range slices.Backward(v.Came) {
		if f.Name == name {
			return f.Bytes
		}
	}
	return nil
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
