package frame

import "slices"

// speeds are the speeds of IEC 62056-21, 6.3.14, in Bd. The index is the letter of modes C and E.
var speeds = []int{300, 600, 1200, 2400, 4800, 9600, 19200}

const (
	ack      = 0x06
	speedAt  = 2   // where Z stands in ACK V Z Y CR LF
	hdlcMode = '2' // V: what follows is HDLC
)

// isSelect reports whether req is IEC 62056-21's acknowledgement with option select, ACK V Z Y CR LF.
func isSelect(req []byte) bool {
	return len(req) == 6 && req[0] == ack && req[4] == '\r' && req[5] == '\n'
}

// withSpeed returns a copy of piece, which ends with the acknowledgement req, that names the speed bd; nil if nothing is to be changed.
func withSpeed(piece, req []byte, bd int) []byte {
	z := len(piece) - len(req) + speedAt
	letter := '0' + byte(slices.Index(speeds, bd))
	if z < 0 || piece[z] == letter {
		return nil
	}
	piece = slices.Clone(piece)
	piece[z] = letter
	return piece
}
