package frame

import (
	"bytes"
	"encoding/binary"

	"meterline/bridge/frame/rtu"
)

// modbus is Modbus RTU. Nothing marks the front of a message: the function code and the byte count give its length, and the check sum
// confirms it. A message with a function that the specification does not have ends where the check sum is right.
//
// A message with a wrong check sum has the length that it claims. From a program it is sent as it is. From a meter it is handed over if
// unit and function fit the request: the program sees the damage, and may ask again at once. Otherwise its first byte is taken for
// noise, such as drivers of RS-485 make when the line turns.
type modbus struct{}

func (modbus) request(p []byte) extent {
	if at, wait := behindFiller(p, modbusRequestEnd); at > 0 || wait {
		if at == 0 { // the filler may be the rest of something else, with a request behind it
			at = modbusWithin(p, rtu.RequestLen, nil)
		}
		return extent{n: at, foreign: at > 0}
	}
	end, good := modbusFront(p, rtu.RequestLen(p))
	switch {
	case good:
		return extent{n: end}
	case end == 0:
		if rtu.RequestLen(p) == rtu.ByCheckSum {
			i := modbusWithin(p, rtu.RequestLen, nil)
			return extent{n: i, foreign: i > 0}
		}
		return extent{}
	case end == rtu.Most:
		return extent{n: 1, foreign: true}
	}
	if i := modbusWithin(p, rtu.RequestLen, nil); i > 0 {
		return extent{n: i, foreign: true}
	}
	return extent{n: end}
}

func (modbus) answer(p, q []byte) extent {
	if len(p) < 2 {
		return extent{}
	}
	end, good := modbusFront(p, rtu.AnswerLen(p))
	if len(q) >= 2 && fitsModbus(p, q) && (end < rtu.Most || good) {
		return extent{n: end}
	}
	within := p
	if end > 0 {
		within = p[:end]
	}
	if len(q) >= 2 {
		if i := modbusWithin(within, rtu.AnswerLen, q); i > 0 {
			return extent{n: i, foreign: true}
		}
	}
	if end > 0 && !good {
		return extent{n: 1, foreign: true}
	}
	return extent{n: end}
}

// modbusFront returns where the message at the front of p ends, 0 if that is not known yet. Its length n is a result of rtu.RequestLen or
// rtu.AnswerLen.
func modbusFront(p []byte, n int) (end int, good bool) {
	switch {
	case n < 0:
		if end = rtu.End(p, rtu.Least); end > 0 {
			return end, true
		}
		if len(p) >= rtu.Most {
			return rtu.Most, false
		}
		return 0, false
	case n == 0 || len(p) < n:
		return 0, false
	}
	return n, rtu.Good(p[:n])
}

// modbusWithin returns where, behind the front of p, the good message begins that ends first; 0 if there is none. If q is given only
// messages that fit it count.
func modbusWithin(p []byte, length func([]byte) int, q []byte) int {
	begin, end := 0, len(p)+1
	for i := 1; i+rtu.Least <= len(p); i++ {
		n := length(p[i:])
		if n < rtu.Least || i+n >= end || q != nil && !fitsModbus(p[i:], q) {
			continue
		}
		if rtu.Good(p[i : i+n]) {
			begin, end = i, i+n
		}
	}
	return begin
}

// fitsModbus reports whether a, of two bytes at least, has the unit and the function of q.
func fitsModbus(a, q []byte) bool {
	return (a[0] == q[0] || q[0] == 0) && a[1]&0x7F == q[1]
}

// expect takes a request to unit 0 that changes something for the specification's broadcast, which nobody answers. A request to unit 0 that
// reads is common where a line has one meter, which answers.
func (modbus) expect(q []byte) expectation {
	if len(q) < rtu.Least || !rtu.Good(q) {
		return unanswered
	}
	if q[0] == 0 {
		switch q[1] {
		case 5, 6, 15, 16, 21, 22:
			return unanswered
		}
	}
	return anonymous
}

func (modbus) judge(a, q []byte, _ int) judgement {
	switch {
	case len(q) < rtu.Least || len(a) < rtu.Least || !fitsModbus(a, q):
		return rejected
	case !repeatsModbus(a, q):
		return unlike
	}
	return answered
}

// doubtful: a request with a wrong check sum is most likely one that this rule does not understand.
func (modbus) doubtful(q []byte) bool { return !rtu.Good(q) }

func (modbus) trails(q []byte) bool {
	return len(q) < rtu.Most && rtu.RequestLen(q) == rtu.ByCheckSum && rtu.Good(q)
}

func (modbus) sealed(a []byte) bool { return rtu.Good(a) }

// mirrors: the answers of these functions repeat the request.
func (modbus) mirrors(q []byte) bool {
	switch q[1] {
	case 5, 6, 8, 21, 22:
		return true
	}
	return rtu.RequestLen(q) == rtu.ByCheckSum
}

// repeatsModbus reports whether a has what a normal answer repeats of its request q. There may be twice as many bytes as the specification
// has for a quantity of registers: some devices call 32 bits one register.
func repeatsModbus(a, q []byte) bool {
	if a[1]&0x80 != 0 || len(q) < 8 || len(a) < 5 || quantityless(q) {
		return true
	}
	quantity := int(binary.BigEndian.Uint16(q[4:]))
	count := int(a[2])
	switch q[1] {
	case 1, 2:
		return count == (quantity+7)/8
	case 3, 4, 23:
		return count == 2*quantity || count == 4*quantity
	case 5, 6, 15, 16:
		return bytes.HasPrefix(a[2:], q[2:6])
	case 22:
		return bytes.HasPrefix(a[2:], q[2:8])
	}
	return true
}

// quantityless reports whether q reads no registers. Some heat calculators then send a list that was written before.
func quantityless(q []byte) bool { return q[1] <= 4 && q[4] == 0 && q[5] == 0 }

// wholeIfSilent: what ends with its check sum is whole. Its byte count means something else than the rule expects.
func (modbus) wholeIfSilent(p, q []byte) bool {
	return len(p) >= rtu.Least && len(p) <= rtu.Most && len(q) >= 2 && fitsModbus(p, q) && rtu.Good(p) &&
		len(p)+1 != rtu.AnswerLen(p) // a check sum that ends with a zero comes out before that
}
