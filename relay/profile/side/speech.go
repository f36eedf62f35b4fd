package side

import (
	"bytes"
	"slices"
	"strconv"

	"meterline/relay/wire"
)

// speech is what a modem says by templates.
type speech struct {
	id   []byte              // as it is sent
	own  wire.Credentials    // some may be missing
	seq  int                 // how many messages had a sequence number
	said map[string][][]byte // what it has put into places, the latest last, at most mostSaid
}

// mostSaid bounds what is remembered: a server repeats what it has read lately.
const mostSaid = 64

// say returns t with something in all its places.
func (s *speech) say(t wire.Template) []byte { return s.packet(t, nil, 0) }

// packet returns t with data and a length, and something in its other places.
func (s *speech) packet(t wire.Template, data []byte, length int) (out []byte) {
	from := 0
	for i, part := range t {
		kind, isSum := sums[part.Name]
		switch {
		case part.Name == "":
			out = append(out, part.Literal...)
		case part.Name == "from":
			from = len(out)
		case part.Name == "id":
			out = append(out, s.id...)
		case s.credential(part.Name) != nil:
			secret := s.credential(part.Name)
			out = append(append(out, secret...), make([]byte, max(0, part.Length-len(secret)))...)
		case part.Name == "data":
			out = append(out, data...)
		case part.Name == "length":
			out = append(out, number(length, part)...)
		case isSum:
			out = append(out, kind.of(out[from:], part)...)
		default:
			out = append(out, s.place(part, t[i+1:])...)
		}
	}
	return out
}

// credential returns what stands in a place of that name, nil if it is none or the modem has none.
func (s *speech) credential(name string) []byte {
	switch name {
	case "login":
		return s.own.Login.Reveal()
	case "secret":
		return s.own.Secret.Reveal()
	}
	return nil
}

// place returns what the modem puts into a place, and remembers it.
func (s *speech) place(part wire.Part, behind wire.Template) []byte {
	var value []byte
	switch {
	case part.Name == "seq" && part.Length == 0:
		s.seq++
		value = []byte(strconv.Itoa(s.seq))
	case part.Name == "seq":
		s.seq++
		value = number(s.seq, part)
	case len(behind) > 0:
		value = something(part, behind[0].Literal)
	default:
		value = something(part, nil)
	}
	if part.Half {
		value = []byte{value[0] & 0x0F}
	}
	s.remember(part.Name, value)
	if part.Half {
		return []byte{part.Upper + value[0]}
	}
	return value
}

func (s *speech) remember(name string, value []byte) {
	s.said[name] = append(s.said[name], value)
	s.said[name] = s.said[name][max(0, len(s.said[name])-mostSaid):]
}

// latest returns what was put into a place of that name last.
func (s *speech) latest(name string) []byte {
	if all := s.said[name]; len(all) > 0 {
		return all[len(all)-1]
	}
	return nil
}

// repeats reports whether p repeats something that the modem has put into a place of that name.
func (s *speech) repeats(place wire.Part, p []byte) bool {
	return slices.ContainsFunc(s.said[place.Name], func(value []byte) bool { return bytes.Equal(repeated(place, value), p) })
}

// number writes a number into its place.
func number(n int, place wire.Part) []byte {
	p := make([]byte, place.Length)
	for i := range p {
		at := len(p) - 1 - i
		if place.Format == "le" {
			at = i
		}
		p[at] = byte(n >> (8 * i))
	}
	return p
}

// invented is what simulated modems say of themselves, by the names of places.
var invented = map[string]string{
	wire.FactSignal: "17", wire.FactICCID: "8970100000000000001", wire.FactIMEI: "861234567890123", wire.FactPhone: "13066668888",
	wire.FactModel: "SIMULATED", wire.FactFirmware: "1.0", wire.FactHardware: "2.0", wire.FactTemperature: "23",
	wire.FactInputs: "00010002", wire.FactCell: "250-01-1A2B", wire.FactAddress: "10.0.0.17", wire.FactInterface: "RS485",
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
