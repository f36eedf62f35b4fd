package frame

import (
	"meterline/bridge/frame/hdlc"
)

// Control characters of ISO 646 that IEC 62056-21 uses.
const (
	iecSOH = 0x01
	iecSTX = 0x02
	iecETX = 0x03
	iecEOT = 0x04
	iecACK = 0x06
	iecNAK = 0x15
)

// The longest messages. A message that has lost its end must not swallow everything behind it.
const (
	iecLine    = 128       // sign-on and identification; the standard has 37 and 23
	iecCommand = 2 << 10   // a command
	iecBlock   = 64 << 10  // a data block
	iecSelect  = 6         // acknowledgement with option select
	iecCode    = 24        // from a data set's begin to its bracket
	iecEmpty   = 4         // CR and LF in front of a block without STX
	iecFold    = 4         // hex digits that some meters have behind the mark that ends a block without block check
	iecHDLC    = hdlc.Flag // what binary mode begins with
)

// iec is IEC 62056-21, modes A to E, without parity. In mode E the frames of binary mode are HDLC, both ways, and are left to HDLC's rule.
//
// An ACK is a request by itself, and also the first byte of an option select. The byte that follows shows which. The block
// check character behind ETX or EOT is not checked, since a wrong one ends its message as well.
type iec struct{}

func (iec) request(p []byte) extent {
	switch p[0] {
	case '/':
		return iecLineExtent(p)
	case iecACK:
		return iecSelectExtent(p)
	case iecNAK:
		return extent{n: 1}
	case iecSOH, iecSTX:
		return iecBlockExtent(p, iecCommand)
	}
	if isBinaryMode(p) {
		return hdlcExtent(p)
	}
	return extent{n: 1, foreign: true}
}

func (iec) answer(p, q []byte) extent {
	switch p[0] {
	case '/':
		return iecLineExtent(p)
	case iecACK:
		return iecAckExtent(p, q)
	case iecNAK:
		return extent{n: 1}
	case iecSOH:
		return iecBlockExtent(p, iecCommand)
	case iecSTX:
		e := iecBlockExtent(p, iecBlock)
		e.stream = !e.foreign
		return e
	}
	switch {
	case isBinaryMode(p):
		return hdlcExtent(p)
	case len(q) > 0 && (q[0] == iecSOH || isBinaryMode(q)):
		return extent{n: 1, foreign: true}
	}
	return iecBareExtent(p)
}

// isBinaryMode reports whether a message is an HDLC frame, perhaps without its opening flag.
func isBinaryMode(p []byte) bool { return len(p) > 0 && (p[0] == iecHDLC || hdlc.IsFormat(p[0])) }

func iecBegins(b byte) bool {
	switch b {
	case '/', iecACK, iecNAK, iecSOH, iecSTX, iecHDLC:
		return true
	}
	return false
}

// iecLineExtent measures a sign-on or an identification, which LF ends. A second '/' begins anew.
func iecLineExtent(p []byte) extent {
	for i, b := range p[:min(len(p), iecLine)] {
		switch {
		case b == '\n':
			return extent{n: i + 1}
		case i > 0 && b == '/', b < ' ' && b != '\r', b >= 0x7F:
			return noMessage(p[:i+1], iecBegins)
		}
	}
	if len(p) >= iecLine {
		return noMessage(p[:iecLine], iecBegins)
	}
	return extent{}
}

// iecSelectExtent measures ACK V Z Y CR LF. If something else follows the ACK, that is a message by itself.
func iecSelectExtent(p []byte) extent {
	for i, b := range p[:min(len(p), iecSelect)] {
		ok := true
		switch i {
		case 1:
			ok = b >= '0' && b <= '9'
		case 2, 3:
			ok = b > ' ' && b < 0x7F
		case 4:
			ok = b == '\r'
		case 5:
			ok = b == '\n'
		}
		if !ok {
			return extent{n: 1}
		}
	}
	if len(p) < iecSelect {
		return extent{}
	}
	return extent{n: iecSelect}
}

// iecAckExtent measures an ACK from a meter. If the option select asks for binary mode the meter repeats it (annex E), and so does a line
// that returns what is sent.
func iecAckExtent(p, q []byte) extent {
	if len(q) < iecSelect || q[0] != iecACK {
		return extent{n: 1}
	}
	return iecSelectExtent(p)
}

// iecBlockExtent measures what SOH or STX begins. ETX or EOT ends it, and a block check character follows. Another SOH or STX shows that
// the end has been lost, except for the STX behind the command.
func iecBlockExtent(p []byte, most int) extent {
	text := p[0] == iecSTX
	for i, b := range p[:min(len(p), most)] {
		switch {
		case b == iecETX, b == iecEOT:
			if len(p) < i+2 {
				return extent{}
			}
			return extent{n: i + 2}
		case i == 0:
		case b == iecSOH, b == iecSTX && text:
			return extent{n: i, foreign: true}
		case b == iecSTX:
			text = true
		}
	}
	if len(p) >= most {
		return extent{n: most, foreign: true}
	}
	return extent{}
}
