package wire

import (
	"bytes"
	"encoding/hex"
)

// Field is the content of a template's place.
type Field struct {
	Name  string
	Bytes []byte
}

// Front reads t at the front of p. ok is false when p cannot fit, whatever follows; n is the length of the whole, 0 while that
// is not known. The fields alias p. A place without a length ends where the literal after it first occurs. A checksum must be
// right.
func (t Template) Front(p []byte) (n int, fields []Field, ok bool) {
	n, fields, misfit := t.front(p, 0)
	return n, fields, misfit < 0
}

// Packet reads a whole packet with so many bytes of data. All other places have a length. ok is false if p is no such packet.
func (t Template) Packet(p []byte, data int) (fields []Field, ok bool) {
	_, fields, misfit := t.front(p, data)
	return fields, misfit < 0
}

// WrongChecksum reports whether a checksum is the first thing that keeps p from fitting t.
func (t Template) WrongChecksum(p []byte) bool { return t.WrongPacket(p, 0) }

// Departs returns how many bytes of p fit t, and what is to follow them. That is empty where it is no literal bytes, or if a place without
// an end is the last part.
func (t Template) Departs(p []byte) (n int, wanted []byte) {
	for i := range t {
		part := &t[i]
		rest := p[n:]
		size := part.size(rest, 0, t[i+1:])
		switch {
		case part.Name == "" && !bytes.HasPrefix(rest, part.Literal):
			return n, part.Literal
		case size < 0 && i+1 == len(t):
			return len(p), nil
		case size < 0:
			return len(p), t[i+1].Literal
		case size > len(rest), !part.fits(nil, rest[:size]) && !part.IsChecksum():
			return n, nil
		}
		n += size
	}
	return n, nil
}

// WrongPacket is WrongChecksum for a whole packet with so many bytes of data.
func (t Template) WrongPacket(p []byte, data int) bool {
	_, _, misfit := t.front(p, data)
	return misfit >= 0 && t[misfit].IsChecksum()
}

// front is Front for a template that may have a place for data. misfit is the index of the part that p does not fit, -1 if it
// may fit all.
func (t Template) front(p []byte, data int) (n int, fields []Field, misfit int) {
	from := 0
	for i := range t {
		part := &t[i]
		rest := p[n:]
		size := part.size(rest, data, t[i+1:])
		switch {
		case size > len(rest) && part.Name == "" && !bytes.HasPrefix(part.Literal, rest):
			return 0, nil, i
		case size < 0, size > len(rest):
			return 0, nil, -1
		case !part.fits(p[from:n], rest[:size]):
			return 0, nil, i
		case part.Name == PlaceFrom:
			from = n
		case part.Half:
			fields = append(fields, Field{part.Name, []byte{rest[0] & 0x0F}})
		case part.Name == PlaceID || part.Name == PlaceLogin || part.Name == PlaceSecret || part.Repeatable():
			fields = append(fields, Field{part.Name, rest[:size]})
		}
		n += size
	}
	return n, fields, -1
}

// size returns how many of the bytes of rest, or of those that follow it, belong to p, negative if that is not known yet.
func (p *Part) size(rest []byte, data int, behind Template) int {
	switch {
	case p.Name == "":
		return len(p.Literal)
	case p.Name == PlaceFrom:
		return 0
	case p.Name == PlaceData:
		return data
	case p.Length == 0 && len(behind) == 0:
		return -1 // only silence ends it
	case p.Length == 0:
		return bytes.Index(rest, behind[0].Literal)
	}
	return p.Length
}

// fits reports whether p is what it must be. before is what its checksum counts.
func (p *Part) fits(before, is []byte) bool {
	switch {
	case p.Name == "":
		return bytes.Equal(is, p.Literal)
	case p.Half:
		return is[0]&0xF0 == p.Upper
	case p.IsChecksum():
		return p.right(before, is)
	}
	return true
}

// Reach returns how many bytes at the front of rest belong to p, as far as they have come, and whether that is all of it. behind are
// the parts that follow.
func (p *Part) Reach(rest []byte, behind Template) (size int, whole bool) {
	switch {
	case p.Name == "" && !bytes.HasPrefix(rest, p.Literal):
		return 0, false
	case p.Name != "" && p.Name != PlaceFrom && p.Length == 0 && len(behind) == 0:
		return len(rest), false
	}
	if size = p.size(rest, 0, behind); size < 0 || size > len(rest) {
		return len(rest), false
	}
	return size, true
}

// isKept reports whether a place is a fact, rather than one with a meaning of its own.
func (f *Field) isKept() bool {
	switch f.Name {
	case PlaceID, PlaceAny, PlaceSeq, PlaceLogin, PlaceSecret:
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
		told = append(told, Fact{Name: f.Name, Value: cut(value)})
	}
	return told
}
