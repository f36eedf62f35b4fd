package frame

import (
	"fmt"
	"math/bits"
	"strings"
)

// Parity is a character format such as "7e1". If it is empty or "8n1", bytes pass as they are.
type Parity string

// The modem's own line carries eight bits without parity, so that seven bits with parity fit in exactly. Even, odd, space
// and mark; with two stop bits and no parity the first of them stands where mark parity would.
var sevenBits = map[Parity]func(text byte) byte{
	"7e1": func(b byte) byte { return b | byte(bits.OnesCount8(b)&1)<<7 },
	"7o1": func(b byte) byte { return b | byte(^bits.OnesCount8(b)&1)<<7 },
	"7s1": func(b byte) byte { return b },
	"7m1": func(b byte) byte { return b | 0x80 },
	"7n2": func(b byte) byte { return b | 0x80 },
}

func (p Parity) plain() bool { return p == "" || p == "8n1" }

// check returns why p is not possible, and what to write instead.
func (p Parity) check() error {
	const all = `"8n1", "7e1", "7o1", "7s1", "7m1", "7n2"`
	lower := Parity(strings.ToLower(string(p)))
	_, seven := sevenBits[lower]
	switch {
	case p.plain() || seven && p == lower:
		return nil
	case seven || lower.plain():
		return fmt.Errorf("parity %q: write %q", p, lower)
	case lower == "8n2":
		return fmt.Errorf(`parity %q: a second stop bit makes no difference to bytes, write "8n1"`, p)
	case lower == "7n1":
		return fmt.Errorf(`parity %q: seven bits without parity are one bit too short for a modem at 8N1; set the modem to 7N1 and write "8n1", or write "7n2"`, p)
	case len(lower) == 3 && lower[0] == '8' && strings.ContainsAny(string(lower[1:2]), "eosm"):
		return fmt.Errorf(`parity %q: eight data bits and parity are nine bits, and a modem at 8N1 carries eight; set the modem itself to %s and write "8n1"`,
			p, strings.ToUpper(string(p)))
	}
	return fmt.Errorf("parity %q is not known: write one of %s", p, all)
}

// characters converts between a program's text and the bytes on the modem's line. The zero value leaves bytes as they are.
type characters struct {
	encode  func(text byte) byte // nil: no conversion
	eight   bool                 // conversion is suspended: HDLC follows, which has eight bits
	confirm []byte               // what the meter may still send in seven bits before that
}

// active reports whether bytes are converted now.
func (c *characters) active() bool { return c.encode != nil && !c.eight }

// text appends p to dst without its parity bits.
func (c *characters) text(dst, p []byte) []byte {
	n := len(dst)
	dst = append(dst, p...)
	if c.active() {
		for i := range dst[n:] {
			dst[n+i] &= 0x7f
		}
	}
	return dst
}

// wire appends text to dst with the parity bits of the modem's line.
func (c *characters) wire(dst, text []byte) []byte {
	n := len(dst)
	dst = append(dst, text...)
	if c.active() {
		for i, b := range dst[n:] {
			dst[n+i] = c.encode(b & 0x7f)
		}
	}
	return dst
}

// receive appends p, from the modem, to dst without parity, and returns how many bytes had the wrong parity.
func (c *characters) receive(dst, p []byte) (text []byte, wrong int64) {
	if c.encode == nil {
		return append(dst, p...), 0
	}
	for _, b := range p {
		seven := b & 0x7f
		right := c.encode(seven) == b
		switch {
		case !c.eight:
			if !right {
				wrong++
			}
			b = seven
		case len(c.confirm) > 0 && right && seven == c.confirm[0]:
			c.confirm, b = c.confirm[1:], seven
		default:
			c.confirm = nil
		}
		dst = append(dst, b)
	}
	return dst, wrong
}

// suspend ends the conversion, because the request sel that was just sent selects HDLC (mode E of IEC 62056-21). A meter may confirm it by
// sending the same, still in seven bits.
func (c *characters) suspend(sel []byte) {
	if c.active() {
		c.eight, c.confirm = true, append([]byte(nil), sel...)
	}
}

// resume begins the conversion again if p, from the program, is a sign-on.
func (c *characters) resume(p []byte) {
	if c.eight && isSignOn(p) {
		c.eight, c.confirm = false, nil
	}
}
