package profile

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"meterline/relay/codec"
	"meterline/relay/profile/side"
	"meterline/relay/wire"
)

// FourFaith is a Four-Faith modem under its PROT protocol.
const FourFaith Kind = "four-faith"

// fourFaithModems is the family of kind FourFaith.
type fourFaithModems struct{ bare }

var fourFaithFamily = fourFaithModems{bare{Description{
	Kind:         FourFaith,
	About:        "Four-Faith PROT: 21 bytes with an ID and a phone number; id is the phone number, or the ID's 8 hex digits as sent",
	Registration: `78 56 34 12 31 33 30 36 36 36 36 38 38 38 38 00 C0 A8 01 42 00: ID, phone number, 00, address, 00`,
	Data:         `FD as FD ED and FE as FD EE, both ways`,
	Heartbeats:   `FE, wherever it stands`,
	Facts:        `phone, address`,
	simulated:    []simulation{{every: time.Minute, make: newFourFaithSide}},
}}}

func (fourFaithModems) CheckID(_ *Profile, id string) error { return checkFourFaith(id) }

func (fourFaithModems) Register(*Profile, IDs) (greeting []byte, r Registration) {
	return nil, &fourFaith{}
}

func (fourFaithModems) Codec(*Profile, *Verdict, codec.FrameEnd) codec.Codec {
	return &fourFaithCodec{}
}

// The registration consists of ID, phone number, 00, address and 00.
const (
	fourFaithID    = 4  // bytes
	fourFaithPhone = 11 // digits
	fourFaithSize  = fourFaithID + fourFaithPhone + 1 + 4 + 1
)

// fourFaith reads a registration of 21 bytes. It has no mark of its own. It is recognised by the phone number's digits and the
// two zeros, each in its place; no scanner has them there.
type fourFaith struct{ buf []byte }

func (r *fourFaith) Feed(p []byte) Verdict {
	for i, b := range p {
		at := len(r.buf)
		inPhone := at >= fourFaithID && at < fourFaithID+fourFaithPhone
		zero := at == fourFaithID+fourFaithPhone || at == fourFaithSize-1
		if inPhone && (b < '0' || b > '9') || zero && b != 0 {
			return Verdict{Refused: RefusedGarbage}
		}
		if r.buf = append(r.buf, b); len(r.buf) == fourFaithSize {
			return r.verdict(p[i+1:])
		}
	}
	return Verdict{}
}

// verdict decides about a complete registration. The ID's hex digits are an alias, in upper and in lower case, as the
// configuration may write either.
func (r *fourFaith) verdict(rest []byte) Verdict {
	phone := string(r.buf[fourFaithID : fourFaithID+fourFaithPhone])
	id := hex.EncodeToString(r.buf[:fourFaithID])
	v := Verdict{
		Done:    true,
		ID:      phone,
		Aliases: []string{id, strings.ToUpper(id)},
		wire:    []byte(phone),
		Rest:    bytes.Clone(rest),
		Facts:   []wire.Fact{{Name: wire.FactPhone, Value: phone}},
	}
	at := fourFaithSize - 1 - 4
	if addr := netip.AddrFrom4([4]byte(r.buf[at : at+4])); !addr.IsUnspecified() {
		v.Facts = append(v.Facts, wire.Fact{Name: wire.FactAddress, Value: addr.String()})
	}
	return v
}

// Silence is never called: the length is known.
func (r *fourFaith) Silence() Verdict { return Verdict{Refused: RefusedUnfinished} }

func (r *fourFaith) Partial() string {
	if len(r.buf) <= fourFaithID {
		return ""
	}
	return string(r.buf[fourFaithID:min(len(r.buf), fourFaithID+fourFaithPhone)])
}

func checkFourFaith(id string) error {
	switch {
	case len(id) == fourFaithPhone && wire.Digits([]byte(id)):
		return nil
	case len(id) == 2*fourFaithID && (strings.Trim(id, "0123456789abcdef") == "" || strings.Trim(id, "0123456789ABCDEF") == ""):
		return nil
	}
	return errors.New("a Four-Faith modem is known by the 11 digits of its phone number, or by its ID as 8 hex digits in the order in which they are sent")
}

// Marks of the data stream. Both are escaped in data, in both directions, so that an unescaped FE is always a heartbeat.
const (
	fourFaithEscape = 0xFD
	fourFaithBeat   = 0xFE
	fourFaithIsFD   = 0xED // after the escape: an FD of the meter
	fourFaithIsFE   = 0xEE
)

// fourFaithPacket is how many bytes of a meter are escaped at a time. Even if each is doubled they fill only a few segments.
const fourFaithPacket = 1024

// fourFaithCodec removes escapes and heartbeats, and escapes what is sent. An escape at the end of a piece waits for the byte
// after it, however long: alone it means nothing.
type fourFaithCodec struct {
	escaped bool
	out     []byte // reused buffer for the result
}

// Decode drops and counts an escape that is followed by nothing that can be escaped. The byte after it is taken as if there had
// been no escape. So nothing is altered, and the count shows the one byte that may be missing.
func (c *fourFaithCodec) Decode(p []byte, _ time.Duration) codec.Decoded {
	d := codec.Decoded{Data: c.out[:0]}
	for _, b := range p {
		if c.escaped {
			c.escaped = false
			switch b {
			case fourFaithIsFD:
				d.Data = append(d.Data, fourFaithEscape)
				continue
			case fourFaithIsFE:
				d.Data = append(d.Data, fourFaithBeat)
				continue
			}
			d.Dropped++
		}
		switch b {
		case fourFaithEscape:
			c.escaped = true
		case fourFaithBeat:
			d.Beats = append(d.Beats, []byte{fourFaithBeat})
		default:
			d.Data = append(d.Data, b)
		}
	}
	c.out = d.Data
	return d
}

// Pending returns 1 while the byte behind an escape is missing, else 0.
func (c *fourFaithCodec) Pending() int {
	if c.escaped {
		return 1
	}
	return 0
}

// Encode escapes.
func (c *fourFaithCodec) Encode(dst, p []byte) (wire []byte, n int) {
	n = min(len(p), fourFaithPacket)
	for _, b := range p[:n] {
		switch b {
		case fourFaithEscape:
			dst = append(dst, fourFaithEscape, fourFaithIsFD)
		case fourFaithBeat:
			dst = append(dst, fourFaithEscape, fourFaithIsFE)
		default:
			dst = append(dst, b)
		}
	}
	return dst, n
}

// newFourFaithSide returns the modem with that phone number, or with that ID in 8 hex digits.
func newFourFaithSide(_ *Profile, who side.Identity) (side.Side, error) {
	id := who.ID
	m := &fourFaithSide{phone: "13066668888", id: []byte{0x78, 0x56, 0x34, 0x12}}
	if len(id) != 8 {
		m.phone = id
		return m, nil
	}
	var err error
	m.id, err = hex.DecodeString(id)
	return m, err
}

// fourFaithSide is a Four-Faith modem under PROT.
type fourFaithSide struct {
	phone  string
	id     []byte
	behind bool // an FD has come, and the next byte belongs to it
}

func (m *fourFaithSide) Connect(time.Time) []byte {
	hello := append([]byte{}, m.id...)
	hello = append(hello, m.phone...)
	return append(hello, 0, 192, 168, 1, 66, 0)
}

func (m *fourFaithSide) Take(p []byte, _ time.Time) (data, reply []byte, err error) {
	for _, b := range p {
		switch {
		case m.behind && b == 0xED:
			data = append(data, 0xFD)
		case m.behind && b == 0xEE:
			data = append(data, 0xFE)
		case m.behind || b == 0xFE:
			return data, nil, fmt.Errorf("Four-Faith modem: %02x is not escaped right", b)
		case b == 0xFD:
			m.behind = true
			continue
		default:
			data = append(data, b)
		}
		m.behind = false
	}
	return data, nil, nil
}

func (*fourFaithSide) Put(p []byte) []byte {
	var wire []byte
	for _, b := range p {
		if b == 0xFD || b == 0xFE {
			wire = append(wire, 0xFD, b-0x10)
			continue
		}
		wire = append(wire, b)
	}
	return wire
}

func (*fourFaithSide) Beat() []byte { return []byte{0xFE} }

// Online is true at once: nothing is answered.
func (*fourFaithSide) Online() bool { return true }
