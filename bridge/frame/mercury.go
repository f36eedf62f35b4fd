package frame

import (
	"bytes"

	"meterline/bridge/frame/rtu"
)

// mercury is the protocol of Меркурий meters, in its two families. Three-phase meters (230 and its successors) have an address of one byte,
// then a command. Single-phase meters (200 to 206) have an address of four bytes, then a command, which answers repeat. Messages of
// both end with the check sum of Modbus and have no length.
//
// So a message ends where the check sum is right, at four bytes or more. Once in 65,536 times it is right too early by chance, which would
// cut one value in so many, always the same one. Therefore the length that the request announces comes first where it is known; the
// check sum decides only if it is not right there.
type mercury struct{}

const (
	mercuryLeast = 4
	mercuryMost  = 256
	mercuryNoise = 8 // bytes of noise behind which an answer is found; drivers of RS-485 make some when the line turns
)

// Addresses that mean any meter.
const (
	mercuryAny = 0x00
	mercuryAll = 0xFE
)

func (mercury) request(p []byte) extent {
	if at, wait := behindFiller(p, mercuryEnd); at > 0 || wait {
		return extent{n: at, foreign: at > 0}
	}
	return endsByModbus(p, mercuryLeast)
}

func endsByModbus(p []byte, least int) extent {
	n := rtu.End(p, least)
	if n == 0 && len(p) >= mercuryMost {
		return extent{n: 1, foreign: true}
	}
	return extent{n: n}
}

func (mercury) answer(p, q []byte) extent {
	least := mercuryLeast
	if singlePhase(q) {
		least = 7
	}
	n := mercuryAnswerLen(q)
	if n == 0 || n == mercuryLeast {
		if i := mercuryBehindNoise(p, q, least); i > 0 {
			return extent{n: i, foreign: true}
		}
		return endsByModbus(p, least)
	}
	if i := mercuryBehindNoise(p, q, n); i > 0 && least == mercuryLeast && isRefusal(p[i:]) {
		return extent{n: i, foreign: true}
	}
	if least == mercuryLeast && isRefusal(p) {
		return extent{n: mercuryLeast}
	}
	switch {
	case len(p) < n:
		return extent{}
	case rtu.Good(p[:n]):
		return extent{n: n}
	}
	front := endsByModbus(p, mercuryLeast)
	for i := 1; i <= mercuryNoise && i+n <= len(p); i++ {
		if front.n > 0 && !front.foreign && front.n <= i+n {
			break
		}
		if p[i] == q[0] && rtu.Good(p[i:i+n]) {
			return extent{n: i, foreign: true}
		}
	}
	return front
}

// mercuryBehindNoise returns where, behind filler, a good message begins that q's meter may have sent; 0 if there is none.
func mercuryBehindNoise(p, q []byte, least int) int {
	if len(q) < mercuryLeast || len(p) == 0 || !isFiller(p[0]) || p[0] == q[0] {
		return 0
	}
	for i := 1; i <= mercuryNoise && i < len(p) && isFiller(p[i-1]); i++ {
		if p[i] != q[0] && q[0] != mercuryAny && q[0] != mercuryAll {
			continue
		}
		if rtu.End(p[i:], mercuryLeast) >= min(least, mercuryLeast) {
			return i
		}
	}
	return 0
}

// isRefusal reports whether the front of p is an answer that gives a reason why there are no data.
func isRefusal(p []byte) bool {
	return len(p) >= mercuryLeast && p[1]&0x0F != 0 && rtu.Good(p[:mercuryLeast])
}

// singlePhase reports whether q is certainly a request of the family with four bytes of address: it has seven bytes, and the byte where
// the other family has its command is none of those commands.
func singlePhase(q []byte) bool { return len(q) == 7 && q[1] > lastMercuryCommand }

// The commands of three-phase meters whose answers have a known length.
const (
	mercuryPing        = 0x00
	mercuryOpen        = 0x01
	mercuryClose       = 0x02
	mercuryWrite       = 0x03
	mercuryLog         = 0x04
	mercuryEnergy      = 0x05
	mercuryMemory      = 0x06
	mercuryParameter   = 0x08
	lastMercuryCommand = 0x0B
)

// mercuryAnswerLen returns the length of the answer to q, 0 if it is not known.
//
// The lengths are those that public clients of the 203.2TD to 238 and of the 200 to 206 read. What differs between models (the variant of
// execution, all tariffs at once, most logs) is left unknown.
func mercuryAnswerLen(q []byte) int {
	const around = 3 // address and check sum
	if singlePhase(q) {
		return singlePhaseLen[q[4]]
	}
	if len(q) < mercuryLeast {
		return 0
	}
	switch q[1] {
	case mercuryPing, mercuryClose:
		return statusIf(len(q) == 4)
	case mercuryOpen:
		return statusIf(len(q) == 11 && q[2] > 0 && q[2] <= 3) // the level of access
	case mercuryWrite:
		return statusIf(len(q) < 7) // longer ones may be of the other family
	case mercuryLog:
		if len(q) == 5 && q[2] == 0 {
			return around + 8 // the time
		}
	case mercuryEnergy:
		switch {
		case len(q) != 6 || q[3] > 4:
			return 0
		case q[2]>>4 == 6:
			return around + 3*4 // active energy of three phases
		}
		return around + 4*4 // active and reactive, both ways
	case mercuryMemory:
		if len(q) == 8 && q[5] > 0 && int(q[5])+around <= mercuryMost {
			return around + int(q[5])
		}
	case mercuryParameter:
		return mercuryParameterLen(q)
	}
	return 0
}

func statusIf(ok bool) int {
	if ok {
		return mercuryLeast
	}
	return 0
}

func mercuryParameterLen(q []byte) int {
	const around = 3
	switch {
	case len(q) == 5 && q[2] == 0x00: // serial number, date of manufacture
		return around + 7
	case len(q) == 5 && q[2] == 0x03: // version
		return around + 3
	case len(q) == 5 && q[2] == 0x05: // address
		return around + 2
	case len(q) != 6:
		return 0
	}
	quantity := q[3] >> 4
	switch q[2] {
	case 0x11: // one value
		if quantity <= 5 {
			return around + 3
		}
	case 0x16: // the values of all phases, where there is one the sum in front
		return [16]int{0: around + 12, 1: around + 9, 2: around + 9, 3: around + 12, 4: around + 3, 5: around + 9}[quantity]
	}
	return 0
}

// singlePhaseLen is the length of a single-phase meter's answer, by command.
var singlePhaseLen = [256]int{
	0x21: 14, 0x2B: 14, 0x2C: 14, // times
	0x26: 9,  // power
	0x27: 23, // energy of four tariffs
	0x28: 13, // version
	0x29: 9,  // voltage of the battery
	0x2F: 11, // serial number
	0x63: 14, // voltage, current, power
}

// expect takes only a command that changes something in all meters for unanswered. Other requests to all meters, or to any, are written
// where the line has one meter, which answers.
func (mercury) expect(q []byte) expectation {
	switch {
	case len(q) < mercuryLeast || !rtu.Good(q):
		return unanswered
	case q[0] == mercuryAll && q[1] == mercuryWrite && !singlePhase(q):
		return unanswered
	}
	return anonymous
}

func (mercury) judge(a, q []byte, _ int) judgement {
	if len(q) < mercuryLeast || len(a) < mercuryLeast || !fitsMercury(a, q) {
		return rejected
	}
	if len(q) >= 7 && len(a) >= 7 && bytes.HasPrefix(a, q[:5]) {
		return answered // in the family that repeats the address and the command, even if q looked like the other family
	}
	if n := mercuryAnswerLen(q); n == 0 || n == len(a) || !singlePhase(q) && len(a) == mercuryLeast && isRefusal(a) {
		return answered
	}
	return unlike
}

// wholeIfSilent: what ends with its check sum is whole. This meter's answer is shorter than those of others.
func (mercury) wholeIfSilent(p, q []byte) bool {
	return len(p) >= mercuryLeast && len(p) <= mercuryMost && len(q) >= mercuryLeast && fitsMercury(p, q) && rtu.Good(p) &&
		len(p)+1 != mercuryAnswerLen(q) // a check sum that ends with a zero comes out before that
}

func (mercury) trails(q []byte) bool {
	return len(q) >= mercuryLeast && len(q) < mercuryMost && rtu.Good(q)
}

func (mercury) sealed(a []byte) bool { return rtu.Good(a) }

// mirrors: the answer to a request without data may have the same bytes.
func (mercury) mirrors(q []byte) bool { return len(q) == mercuryLeast }

// fitsMercury reports whether a comes from the meter that q asked, and repeats the command if its family does that.
func fitsMercury(a, q []byte) bool {
	if singlePhase(q) {
		return bytes.HasPrefix(a, q[:5])
	}
	if len(q) >= 7 && len(a) >= 7 && bytes.HasPrefix(a, q[:4]) && q[1] > lastMercuryCommand {
		return a[4] == q[4]
	}
	return a[0] == q[0] || q[0] == mercuryAny || q[0] == mercuryAll
}
