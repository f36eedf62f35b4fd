package frame

// iecBareExtent measures a data block without STX and block check, as mode D has it and some meters of modes A and B: lines
// of data sets, and one that begins with '!'. Nothing marks its front, so it is taken for one only when a data set's code
// and opening bracket have come; anything else that can be printed would do as well for noise, and hold up a real message.
func iecBareExtent(p []byte) extent {
	at, known := iecBareFront(p)
	switch {
	case at > 0:
		return extent{n: 1, foreign: true}
	case !known:
		return extent{}
	}
	lineBegin := true
	for i, b := range p[:min(len(p), iecBlock)] {
		switch {
		case b == '!' && lineBegin:
			if n := iecBareEnd(p[i:]); n == 0 {
				return extent{stream: true}
			} else if n > 0 {
				return extent{n: i + n, stream: true}
			}
		case b == '/' && lineBegin, b < ' ' && b != '\r' && b != '\n' && b != '\t', b >= 0x7F:
			return extent{n: i, foreign: true}
		}
		lineBegin = b == '\n' || lineBegin && b == '\r'
	}
	if len(p) >= iecBlock {
		return extent{n: iecBlock, foreign: true}
	}
	return extent{stream: true}
}

// iecBareFront reports whether p begins like a block: empty lines, then a data set's code up to its bracket, or the end mark
// at once. at > 0: the byte before it tells that p does not.
func iecBareFront(p []byte) (at int, known bool) {
	code := 0
	for i, b := range p {
		switch {
		case b == '(', b == '!' && code == 0:
			return 0, true
		case code == 0 && (b == '\r' || b == '\n') && i < iecEmpty:
		case isIECCode(b) && code < iecCode:
			code++
		default:
			return i + 1, false
		}
	}
	return 0, false
}

func isIECCode(b byte) bool {
	switch {
	case b >= '0' && b <= '9', b >= 'A' && b <= 'Z', b >= 'a' && b <= 'z':
		return true
	}
	return b == '.' || b == ':' || b == '-' || b == '*' || b == '&' || b == '_'
}

// iecBareEnd is how long the last line at the front of p is: '!', perhaps a check sum in hex, CR, LF. 0: more bytes are
// needed; below 0: it is none.
func iecBareEnd(p []byte) int {
	for i, b := range p[1:] {
		switch {
		case b == '\n':
			return i + 2
		case b == '\r', i < iecFold && (b >= '0' && b <= '9' || b >= 'A' && b <= 'F' || b >= 'a' && b <= 'f'):
		default:
			return -1
		}
	}
	return 0
}
