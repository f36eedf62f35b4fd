package profile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	"meterline/relay/crc16"
	"meterline/relay/profile/side"
	"meterline/relay/wire"
)

// Teleofis is the TELEOFIS WRX modem: the server asks who it is; after that the line is transparent.
const Teleofis Kind = "teleofis"

// teleofisModems is the family of kind Teleofis.
type teleofisModems struct{ bare }

var teleofisFamily = teleofisModems{bare{Description{
	Kind:         Teleofis,
	About:        "TELEOFIS WRX: asked for its IMEI in a frame C0 … C2; then transparent",
	Registration: `C0 … C2 with the IMEI in it, when it is asked`,
	Answer:       `C0 00 06 00 14, 20 × 00, E7 48 C2 as soon as it has connected; C0 01 06 01 00 14, 20 × 00, 02 FD C2 to accept it`,
	Data:         `as it is`,
	Facts:        `firmware, hardware, channel`,
	simulated:    []simulation{{make: newTeleofisSide}},
}}}

func (teleofisModems) CheckID(_ *Profile, id string) error { return checkIMEI(id) }

func (teleofisModems) Register(*Profile, IDs) (greeting []byte, r Registration) {
	return teleofisFrame([]byte{0, teleofisAsk, 0}, make([]byte, teleofisAskSize)), &teleofis{}
}

func (teleofisModems) Accept(*Profile, *Verdict, time.Time) []byte {
	return teleofisFrame([]byte{1, teleofisAsk, 1, 0}, make([]byte, teleofisAskSize))
}

// A frame is surrounded by teleofisBegin and teleofisEnd. Inside, each of the two is replaced by teleofisEscape and the byte's
// successor, and the escape by two of it.
const (
	teleofisBegin  = 0xC0
	teleofisEnd    = 0xC2
	teleofisEscape = 0xC4
)

// Actions, and how many bytes of data each has.
const (
	teleofisAsk        = 0x06
	teleofisAskSize    = 20 // zeros
	teleofisAnswer     = 0x07
	teleofisAnswerSize = 63
)

// teleofisFrame makes a frame. head is the protocol, action and command; the command has one byte in protocol 0 and two in
// protocol 1.
func teleofisFrame(head, data []byte) []byte {
	inside := slices.Concat(head, []byte{byte(len(data))}, data)
	inside = binary.LittleEndian.AppendUint16(inside, crc16.CCITT(crc16.Start, inside))
	frame := []byte{teleofisBegin}
	for _, b := range inside {
		switch b {
		case teleofisBegin, teleofisEnd:
			frame = append(frame, teleofisEscape, b+1)
		case teleofisEscape:
			frame = append(frame, teleofisEscape, teleofisEscape)
		default:
			frame = append(frame, b)
		}
	}
	return append(frame, teleofisEnd)
}

// teleofis reads the modem's answer to the greeting.
type teleofis struct {
	begun   bool
	escaped bool
	inside  []byte // so far, without escapes
}

func (r *teleofis) Feed(p []byte) Verdict {
	for i, b := range p {
		switch {
		case !r.begun && b == teleofisBegin:
			r.begun = true
		case !r.begun || b == teleofisBegin:
			return Verdict{Refused: RefusedGarbage}
		case b == teleofisEnd:
			return r.verdict(p[i+1:])
		case r.escaped:
			r.escaped = false
			plain, ok := teleofisPlain(b)
			if !ok || !r.accept(plain) {
				return Verdict{Refused: RefusedGarbage}
			}
		case b == teleofisEscape:
			r.escaped = true
		case !r.accept(b):
			return Verdict{Refused: RefusedGarbage}
		}
	}
	return Verdict{}
}

// teleofisPlain returns the byte that b stands for after an escape.
func teleofisPlain(b byte) (plain byte, ok bool) {
	switch b {
	case teleofisBegin + 1, teleofisEnd + 1:
		return b - 1, true
	case teleofisEscape:
		return b, true
	}
	return 0, false
}

// head returns how many bytes come before the data in the protocol that the frame begins with.
func (r *teleofis) head() int { return 4 + int(r.inside[0]) }

// accept takes one byte of the frame, and reports whether the frame can still be an answer.
func (r *teleofis) accept(b byte) bool {
	r.inside = append(r.inside, b)
	switch i := len(r.inside) - 1; {
	case i == 0:
		return b <= 1
	case i == 1:
		return b == teleofisAnswer
	case i == r.head()-1:
		return b == teleofisAnswerSize
	default:
		return i < r.head()+teleofisAnswerSize+2
	}
}

// verdict decides about a complete frame. In the answer's data the meaning of byte 0 is unknown, and bytes 43 to 58 are a key,
// which is not kept.
func (r *teleofis) verdict(rest []byte) Verdict {
	if r.escaped || len(r.inside) < 2 || len(r.inside) != r.head()+teleofisAnswerSize+2 {
		return Verdict{Refused: RefusedGarbage}
	}
	end := len(r.inside) - 2
	if crc16.CCITT(crc16.Start, r.inside[:end]) != binary.LittleEndian.Uint16(r.inside[end:]) {
		return Verdict{Refused: RefusedChecksum}
	}
	data := r.inside[r.head():end]
	id := wire.Text(data[1:16])
	if checkIMEI(id) != nil {
		return Verdict{Refused: RefusedGarbage}
	}
	v := Verdict{Done: true, ID: id, wire: []byte(id), Rest: bytes.Clone(rest)}
	v.Facts = wire.AddFact(v.Facts, wire.FactFirmware, wire.Text(data[16:33]))
	v.Facts = wire.AddFact(v.Facts, wire.FactHardware, wire.Text(data[33:43]))
	switch data[62] {
	case 0:
		v.Facts = wire.AddFact(v.Facts, factChannel, "service")
	case 1:
		v.Facts = wire.AddFact(v.Facts, factChannel, "data")
	}
	return v
}

// Silence is never called: the frame has an end.
func (r *teleofis) Silence() Verdict { return Verdict{Refused: RefusedUnfinished} }

// Partial returns as much of the IMEI as has come.
func (r *teleofis) Partial() string {
	if len(r.inside) == 0 || len(r.inside) <= r.head()+1 {
		return ""
	}
	data := r.inside[r.head():]
	return string(data[1:min(len(data), 16)])
}

func newTeleofisSide(_ *Profile, who side.Identity) (side.Side, error) {
	if len(who.ID) != 15 {
		return nil, errors.New("an IMEI has 15 digits here")
	}
	return &teleofisSide{id: who.ID}, nil
}

// teleofisSide is a TELEOFIS WRX. What it says of itself is invented.
type teleofisSide struct {
	id     string
	asked  bool
	online bool
	came   []byte // from the server, before it is on line
}

// Connect sends nothing: the server speaks first.
func (*teleofisSide) Connect(time.Time) []byte { return nil }

func (m *teleofisSide) Take(p []byte, _ time.Time) (data, reply []byte, err error) {
	if m.online {
		return p, nil, nil
	}
	m.came = append(m.came, p...)
	for !m.online {
		inside, size, err := teleofisCut(m.came)
		if err != nil || size == 0 {
			return nil, reply, err
		}
		m.came = m.came[size:]
		switch {
		case !m.asked && bytes.Equal(inside, append([]byte{0, 6, 0, 20}, make([]byte, 20)...)):
			m.asked = true
			reply = m.answer()
		case m.asked && bytes.Equal(inside, append([]byte{1, 6, 1, 0, 20}, make([]byte, 20)...)):
			m.online = true
		default:
			return nil, reply, fmt.Errorf("TELEOFIS modem: unexpected frame % x", inside)
		}
	}
	data, m.came = m.came, nil
	return data, reply, nil
}

// answer says who the modem is, in protocol 1.
func (m *teleofisSide) answer() []byte {
	data := make([]byte, 63)
	copy(data[1:], m.id)
	copy(data[16:], "SIMULATED 1.0")
	copy(data[33:], "WRX-SIM")
	copy(data[43:], []byte{0xC0, 0xC1, 0xC2, 0xC3, 0xC4, 'k', 'e', 'y'}) // everything that must be escaped, and what that becomes
	data[62] = 1
	return teleofisWrap(append([]byte{1, 7, 2, 0, 63}, data...))
}

// teleofisSum is CRC-16/CCITT-FALSE, computed four bits at a time, unlike the parser's.
func teleofisSum(p []byte) uint16 {
	sum := uint16(0xFFFF)
	for _, b := range p {
		for _, nibble := range []uint16{uint16(b >> 4), uint16(b & 15)} {
			i := sum>>12 ^ nibble
			sum = sum<<4 ^ i ^ i<<5 ^ i<<12
		}
	}
	return sum
}

func teleofisWrap(inside []byte) []byte {
	sum := teleofisSum(inside)
	inside = append(inside, byte(sum), byte(sum>>8))
	inside = bytes.ReplaceAll(inside, []byte{0xC4}, []byte{0xC4, 0xC4})
	inside = bytes.ReplaceAll(inside, []byte{0xC0}, []byte{0xC4, 0xC1})
	inside = bytes.ReplaceAll(inside, []byte{0xC2}, []byte{0xC4, 0xC3})
	return append(append([]byte{0xC0}, inside...), 0xC2)
}

// teleofisCut takes one frame off the front of p, and returns it without its check sum. size is 0 while the frame is
// incomplete.
func teleofisCut(p []byte) (inside []byte, size int, err error) {
	if len(p) > 0 && p[0] != 0xC0 {
		return nil, 0, fmt.Errorf("TELEOFIS modem: no frame begins with %02x", p[0])
	}
	end := bytes.IndexByte(p, 0xC2)
	if end < 0 {
		return nil, 0, nil
	}
	for i := 1; i < end; i++ {
		b := p[i]
		if b == 0xC4 {
			i++
			if b = p[i]; b != 0xC4 {
				b--
			}
		}
		inside = append(inside, b)
	}
	n := len(inside) - 2
	if n < 0 || teleofisSum(inside[:n]) != uint16(inside[n])|uint16(inside[n+1])<<8 {
		return nil, 0, fmt.Errorf("TELEOFIS modem: wrong check sum in % x", p[:end+1])
	}
	return inside[:n], end + 1, nil
}

func (*teleofisSide) Put(p []byte) []byte { return p }
func (m *teleofisSide) Online() bool      { return m.online }
