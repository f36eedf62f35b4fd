package frame

import (
	"slices"

	"meterline/bridge/frame/rtu"
)

const (
	// fillerMost limits how much filler may stand in front of a frame, in bytes.
	fillerMost = 64
	// fillerWithin is how many bytes at the front of a frame may look like filler: an address of four, or address and command.
	fillerWithin = 4
)

// isFiller reports whether b may be filler: all zeros or all ones, which programs write to wake a meter and lines add when they are
// switched.
func isFiller(b byte) bool { return b == 0x00 || b == 0xFF }

// behindFiller finds a good frame behind filler. The function end returns the length of the good frame at the front of p, 0 if there is
// none; wait reports whether one may be there when more bytes have come, known whether its function is known. At is the length of the
// filler; 0 if there is none or no frame, or if what looks like filler belongs to the frame.
//
// A frame that seems to begin in the filler is found by its check sum alone, which is right by chance once in 65,536 times. So a frame
// whose function is known and whose end is still to come has precedence.
func behindFiller(p []byte, end func(p []byte) (n int, wait, known bool)) (at int, waits bool) {
	if len(p) == 0 || !isFiller(p[0]) {
		return 0, false
	}
	filler := slices.IndexFunc(p[:min(len(p), fillerMost)], func(b byte) bool { return !isFiller(b) })
	if filler < 0 {
		return 0, len(p) < fillerMost // filler alone says nothing, though its check sum may be right
	}
	expected := false
	for at = filler; at >= max(0, filler-fillerWithin); at-- { // most likely the first byte that is no filler is an address
		n, wait, known := end(p[at:])
		if n > filler-at && (known || !expected) {
			return at, false
		}
		waits = waits || wait && at > 0
		expected = expected || wait && known && at > 0
	}
	return 0, waits && len(p) < rtu.Most
}

// modbusRequestEnd is behindFiller's end for Modbus.
func modbusRequestEnd(p []byte) (n int, wait, known bool) {
	claimed := rtu.RequestLen(p)
	switch {
	case claimed == rtu.ByCheckSum:
		n := rtu.End(p, rtu.Least)
		return n, n == 0 && len(p) < rtu.Most, false
	case claimed == 0, len(p) < claimed:
		return 0, true, claimed > 0
	case !rtu.Good(p[:claimed]):
		return 0, false, true
	}
	return claimed, false, true
}

// mercuryEnd is behindFiller's end for Mercury.
func mercuryEnd(p []byte) (n int, wait, known bool) {
	n = rtu.End(p, mercuryLeast)
	return n, n == 0 && len(p) < mercuryMost, false
}
