// Package parity converts between seven bits with parity, which a program means, and the eight bits without that a modem's line carries.
package parity

import (
	"bytes"
	"fmt"
	"math/bits"
	"strings"
)

// Format is a character format such as "7e1". If it is empty or "8n1", bytes pass as they are.
type Format string

// The modem's own line carries eight bits without parity, so that seven bits with parity fit in exactly. Even, odd, space
// and mark; with two stop bits and no parity the first of them stands where mark parity would.
var sevenBits = map[Format]func(text byte) byte{
	"7e1": func(b byte) byte { return b | byte(bits.OnesCount8(b)&1)<<7 },
	"7o1": func(b byte) byte { return b | byte(^bits.OnesCount8(b)&1)<<7 },
	"7s1": func(b byte) byte { return b },
	"7m1": func(b byte) byte { return b | 0x80 },
	"7n2": func(b byte) byte { return b | 0x80 },
}

// Plain reports whether bytes pass as they are.
func (f Format) Plain() bool { return f == "" || f == "8n1" }

// Text returns b without parity. It copies b if it has to change it.
func (f Format) Text(b []byte) []byte {
	if _, seven := sevenBits[f]; !seven {
		return b
	}
	b = bytes.Clone(b)
	for i := range b {
		b[i] &= 0x7F
	}
	return b
}

// Check returns why f is not possible, and what to write instead.
func (f Format) Check() error {
	const all = `"8n1", "7e1", "7o1", "7s1", "7m1", "7n2"`
	lower := Format(strings.ToLower(string(f)))
	_, seven := sevenBits[lower]
	switch {
	case f.Plain() || seven && f == lower:
		return nil
	case seven || lower.Plain():
		return fmt.Errorf("parity %q: write %q", f, lower)
	case lower == "8n2":
		return fmt.Errorf(`parity %q: a second stop bit makes no difference to bytes, write "8n1"`, f)
	case lower == "7n1":
		return fmt.Errorf(`parity %q: seven bits without parity are one bit too short for a modem at 8N1; set the modem to 7N1 and write "8n1", or write "7n2"`, f)
	case len(lower) == 3 && lower[0] == '8' && strings.ContainsAny(string(lower[1:2]), "eosm"):
		return fmt.Errorf(`parity %q: eight data bits and parity are nine bits, and a modem at 8N1 carries eight; set the modem itself to %s and write "8n1"`,
			f, strings.ToUpper(string(f)))
	}
	return fmt.Errorf("parity %q is not known: write one of %s", f, all)
}

// Characters converts between a program's text and the bytes on the modem's line. The zero value leaves bytes as they are.
type Characters struct {
	encode  func(text byte) byte // nil: no conversion
	eight   bool                 // conversion is suspended: HDLC follows, which has eight bits
	confirm []byte               // what the meter may still send in seven bits before that
}

// New returns the conversion of f.
func New(f Format) Characters { return Characters{encode: sevenBits[f]} }

// Active reports whether bytes are converted now.
func (c *Characters) Active() bool { return c.encode != nil && !c.eight }

// Text appends p to dst without its parity bits.
func (c *Characters) Text(dst, p []byte) []byte {
	n := len(dst)
	dst = append(dst, p...)
	if c.Active() {
		for i := range dst[n:] {
			dst[n+i] &= 0x7f
		}
	}
	return dst
}

// Wire appends text to dst with the parity bits of the modem's line.
func (c *Characters) Wire(dst, text []byte) []byte {
	n := len(dst)
	dst = append(dst, text...)
	if c.Active() {
		for i, b := range dst[n:] {
			dst[n+i] = c.encode(b & 0x7f)
		}
	}
	return dst
}

// Receive appends p, from the modem, to dst without parity, and returns how many bytes had the wrong parity.
func (c *Characters) Receive(dst, p []byte) (text []byte, wrong int64) {
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

// Suspend ends the conversion, because the request sel that was just sent selects HDLC (mode E of IEC 62056-21). A meter may confirm it by
// sending the same, still in seven bits.
func (c *Characters) Suspend(sel []byte) {
	if c.Active() {
		c.eight, c.confirm = true, append([]byte(nil), sel...)
	}
}

// Resume begins the conversion again if p, from the program, is a sign-on.
func (c *Characters) Resume(p []byte) {
	if c.eight && isSignOn(p) {
		c.eight, c.confirm = false, nil
	}
}

// isSignOn reports whether p, from the program, is a whole IEC 62056-21 sign-on of seven or eight bits. It ends a session of HDLC, whose
// frames begin otherwise.
func isSignOn(p []byte) bool {
	p = bytes.TrimLeft(p, "\x00")
	if len(p) < 5 || p[0]&0x7f != '/' || p[1]&0x7f != '?' {
		return false
	}
	end := p[len(p)-3:]
	return end[0]&0x7f == '!' && end[1]&0x7f == '\r' && end[2]&0x7f == '\n'
}
