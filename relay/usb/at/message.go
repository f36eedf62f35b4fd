package at

import (
	"encoding/hex"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
)

// Message is a short message that has come in.
type Message struct {
	From string // its sender's number, or the name that a service gives itself; printable
	Text string // without control characters except line ends; at most textMax bytes
	Part bool   // it is one piece of a longer message
}

// textMax bounds a message: 160 characters of up to three bytes.
const textMax = 480

// header is the line before a message's text (27.005, 3.4.1 and 3.5.3): what +CMT and +CMGR have in common.
type header struct {
	from   string
	coding coding
	udh    bool // the text begins with a header of its own
	length int  // of the text in characters; 0: not told
}

// coding says how a text is encoded, by the data coding scheme of 23.038, clause 4.
type coding int

const (
	codingUnknown coding = iota
	codingGSM
	codingOctets
	codingUCS2
)

// headerOf reads what follows "+CMT:", or the status of "+CMGR:". The fields after the time come only with +CSDH=1.
func headerOf(s string) header {
	f := fieldsOf(s)
	field := func(i int) int {
		if i >= len(f) {
			return 0
		}
		n, err := strconv.Atoi(f[i])
		if err != nil || n < 0 {
			return 0
		}
		return n
	}
	h := header{udh: field(4)&0x40 != 0, length: min(field(9), textMax)}
	if len(f) > 0 {
		h.from = printable(f[0], 32)
	}
	if len(f) > 6 {
		h.coding = codingOf(byte(field(6)))
	}
	return h
}

func codingOf(dcs byte) coding {
	bits := dcs >> 2 & 3
	switch {
	case dcs>>4 == 0xf:
		bits &= 1
	case dcs>>4 == 0xe:
		return codingUCS2
	case dcs>>4 >= 8:
		return codingGSM
	}
	return [...]coding{codingGSM, codingOctets, codingUCS2, codingGSM}[bits]
}

// fieldsOf splits s at commas outside of quotes, and removes the quotes.
func fieldsOf(s string) []string {
	var fields []string
	var field strings.Builder
	quoted := false
	for _, c := range []byte(s) {
		switch {
		case c == '"':
			quoted = !quoted
		case c == ',' && !quoted:
			fields = append(fields, strings.TrimSpace(field.String()))
			field.Reset()
		default:
			field.WriteByte(c)
		}
	}
	return append(fields, strings.TrimSpace(field.String()))
}

// message makes a message of its text as the modem gave it.
func (h header) message(raw []byte) Message {
	m := Message{From: h.from, Part: h.udh}
	switch octets, err := hex.DecodeString(strings.TrimSpace(string(raw))); {
	case err != nil || len(octets) == 0:
		m.Text = readable(string(raw))
	case h.udh && (h.coding == codingGSM || h.coding == codingUnknown):
		m.Text = readable(h.septets(octets))
	case h.coding == codingOctets:
		m.Text = readable(string(octets[bodyAt(octets, h.udh):]))
	case h.coding == codingUCS2:
		m.Text = readable(ucs2(octets[bodyAt(octets, h.udh):]))
	case h.coding == codingUnknown && plausible(octets):
		m.Text = readable(ucs2(octets))
	default:
		m.Text = readable(string(raw))
	}
	return m
}

// bodyAt returns where the text begins: after its header, if it has one (23.040, 9.2.3.24).
func bodyAt(octets []byte, udh bool) int {
	if !udh {
		return 0
	}
	return min(1+int(octets[0]), len(octets))
}

func ucs2(octets []byte) string {
	units := make([]uint16, len(octets)/2)
	for i := range units {
		units[i] = uint16(octets[2*i])<<8 | uint16(octets[2*i+1])
	}
	return string(utf16.Decode(units))
}

// plausible reports whether hexadecimal digits of unknown meaning are a text in UCS2: then all of it is Latin, Greek, Cyrillic
// or punctuation. "1234" is not.
func plausible(octets []byte) bool {
	if len(octets)%2 != 0 {
		return false
	}
	for _, r := range ucs2(octets) {
		text := r >= ' ' && r < 0x530 && !unicode.IsControl(r) || r >= 0x2010 && r < 0x20d0 || r == '№' || r == '\n' || r == '\r'
		if !text {
			return false
		}
	}
	return true
}

// septets unpacks the text of a message in the default alphabet, after its header.
func (h header) septets(octets []byte) string {
	var b strings.Builder
	body := (bodyAt(octets, true)*8 + 6) / 7 // septets of the header, with the bits that fill the last one
	n := len(octets) * 8 / 7
	// Seven unused bits in the last octet look like an @, and only the length shows which they are. Some modems count the
	// header in.
	if n*7 == len(octets)*8 && octets[len(octets)-1]>>1 == 0 && (h.length == n-1 || h.length == n-1-body) {
		n--
	}
	for bit := body * 7; bit < n*7; bit += 7 {
		i, shift := bit/8, bit%8
		c := octets[i] >> shift
		if shift > 1 {
			c |= octets[i+1] << (8 - shift)
		}
		b.WriteRune(alphabet(c & 0x7f))
	}
	return b.String()
}

// alphabet decodes the default alphabet of 23.038 where it equals ASCII; other characters do not occur in an answer.
func alphabet(c byte) rune {
	switch {
	case c == 0:
		return '@'
	case c == 2:
		return '$'
	case c == 0x11:
		return '_'
	case c == '\n', c >= ' ' && c <= 'Z' && c != '$' && c != '@', c >= 'a' && c <= 'z':
		return rune(c)
	}
	return '?'
}

// readable returns s without what could harm a terminal or log.
func readable(s string) string {
	s = strings.Map(func(r rune) rune {
		if r != '\n' && !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
	if len(s) > textMax {
		s = strings.ToValidUTF8(s[:textMax], "")
	}
	return strings.TrimSpace(s)
}
