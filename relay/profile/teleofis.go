package profile

import (
	"bytes"
	"encoding/binary"
	"slices"
	"time"

	"meterline/relay/crc16"
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
		return Verdict{Refused: RefusedGarbage}
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
