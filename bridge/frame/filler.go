package frame

import "slices"

const (
	// fillerMost is how many bytes of filler in front of a frame are looked behind.
	fillerMost = 64
	// fillerWithin is how many bytes at the front of a frame may look like filler: four of an address, or address and command.
	fillerWithin = 4
)

// filler is what programs and lines put in front of a frame, to wake a meter or because the line is switched: all zeros or
// all ones.
func isFiller(b byte) bool { return b == 0x00 || b == 0xFF }

// behindFiller finds a good frame behind filler. End tells where the good frame at the front of p ends; 0: there is none.
// Wait: there may be one when more bytes have come. At is how many bytes of filler stand in front of it; 0: none do, or there
// is no frame, or the frame is made of them.
//
// A frame that is made of filler is found by its check sum alone, and one time in 65,536 by chance; it stands back behind one whose
// function is known and whose end is still to come.
func behindFiller(p []byte, end func(p []byte) (n int, wait, known bool)) (at int, waits bool) {
	if len(p) == 0 || !isFiller(p[0]) {
		return 0, false
	}
	filler := slices.IndexFunc(p[:min(len(p), fillerMost)], func(b byte) bool { return !isFiller(b) })
	if filler < 0 {
		return 0, len(p) < fillerMost // of filler alone nothing can be told, though it has a good check sum at times
	}
	expected := false
	for at = filler; at >= max(0, filler-fillerWithin); at-- { // what does not look like filler is an address most likely
		n, wait, known := end(p[at:])
		if n > filler-at && (known || !expected) {
			return at, false
		}
		waits = waits || wait && at > 0
		expected = expected || wait && known && at > 0
	}
	return 0, waits && len(p) < modbusMost
}

// modbusRequestEnd is where the good request at the front of p ends; known: its function tells.
func modbusRequestEnd(p []byte) (n int, wait, known bool) {
	claimed := modbusRequestLen(p)
	switch {
	case claimed == byCheckSum:
		n := modbusEnd(p, modbusLeast)
		return n, n == 0 && len(p) < modbusMost, false
	case claimed == 0, len(p) < claimed:
		return 0, true, claimed > 0
	case !goodModbus(p[:claimed]):
		return 0, false, true
	}
	return claimed, false, true
}

// mercuryEnd is where the good message at the front of p ends.
func mercuryEnd(p []byte) (n int, wait, known bool) {
	n = modbusEnd(p, mercuryLeast)
	return n, n == 0 && len(p) < mercuryMost, false
}
