package frame

// iecBareExtent measures a data block without STX and block check, as mode D and some meters of modes A and B send it: lines of data
// sets, and a line that begins with '!'. Nothing marks its front. So it counts as one only when a data set's code and opening bracket
// have come; otherwise printable noise would hold up a message behind it.
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

// iecBareFront reports whether p begins like a block: empty lines, and then a data set's code up to its bracket, or the end mark. If at is
// above 0, the byte before at shows that p does not.
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

// iecBareEnd returns the length of the last line at the front of p: '!', perhaps a check sum in hex, CR, LF. It is 0 if more bytes are
// needed, and below 0 if p is no such line.
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
