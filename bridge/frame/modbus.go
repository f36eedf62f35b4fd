package frame

import (
	"bytes"
	"encoding/binary"
)

// Of a frame, check sum and all ("MODBUS over Serial Line Specification and Implementation Guide V1.02", 2.5.1).
const (
	modbusLeast = 4
	modbusMost  = 256
)

// modbus is Modbus RTU. A message has no mark at its front: its function code and byte count tell its length, its check
// sum confirms it. Functions that the specification does not know end where the check sum comes out.
//
// A message with a wrong check sum has the length that it claims. From a program it goes on as it is, and nothing answers
// it. From a meter it goes on if unit and function fit the request (the program sees the damage, and may ask again at
// once); else its first byte is taken for noise, such as drivers of RS-485 make when the direction of the line turns.
type modbus struct{}

func (modbus) request(p []byte) extent {
	if at, wait := behindFiller(p, modbusRequestEnd); at > 0 || wait {
		if at == 0 { // the filler may be the rest of something else, with a request behind it
			at = modbusWithin(p, modbusRequestLen, nil)
		}
		return extent{n: at, foreign: at > 0}
	}
	end, good := modbusFront(p, modbusRequestLen(p))
	switch {
	case good:
		return extent{n: end}
	case end == 0:
		if modbusRequestLen(p) == byCheckSum {
			i := modbusWithin(p, modbusRequestLen, nil)
			return extent{n: i, foreign: i > 0}
		}
		return extent{}
	case end == modbusMost:
		return extent{n: 1, foreign: true}
	}
	if i := modbusWithin(p, modbusRequestLen, nil); i > 0 {
		return extent{n: i, foreign: true}
	}
	return extent{n: end}
}

func (modbus) answer(p, q []byte) extent {
	if len(p) < 2 {
		return extent{}
	}
	end, good := modbusFront(p, modbusAnswerLen(p))
	if len(q) >= 2 && fitsModbus(p, q) && (end < modbusMost || good) {
		return extent{n: end}
	}
	within := p
	if end > 0 {
		within = p[:end]
	}
	if len(q) >= 2 {
		if i := modbusWithin(within, modbusAnswerLen, q); i > 0 {
			return extent{n: i, foreign: true}
		}
	}
	if end > 0 && !good {
		return extent{n: 1, foreign: true}
	}
	return extent{n: end}
}

// modbusFront tells where the message at the front of p ends if its length is n, a result of modbusRequestLen or
// modbusAnswerLen; end 0: that is not known yet.
func modbusFront(p []byte, n int) (end int, good bool) {
	switch {
	case n < 0:
		if end = modbusEnd(p, modbusLeast); end > 0 {
			return end, true
		}
		if len(p) >= modbusMost {
			return modbusMost, false
		}
		return 0, false
	case n == 0 || len(p) < n:
		return 0, false
	}
	return n, goodModbus(p[:n])
}

// modbusWithin is where in p, behind its front, the good message begins that ends first; 0: there is none. With q given,
// only messages that fit it count.
func modbusWithin(p []byte, length func([]byte) int, q []byte) int {
	begin, end := 0, len(p)+1
	for i := 1; i+modbusLeast <= len(p); i++ {
		n := length(p[i:])
		if n < modbusLeast || i+n >= end || q != nil && !fitsModbus(p[i:], q) {
			continue
		}
		if goodModbus(p[i : i+n]) {
			begin, end = i, i+n
		}
	}
	return begin
}

// fitsModbus reports whether a, of two bytes at least, has the unit and the function of q.
func fitsModbus(a, q []byte) bool {
	return (a[0] == q[0] || q[0] == 0) && a[1]&0x7F == q[1]
}

// expect takes a request that changes something at unit 0 for the broadcast that the specification means, to which nobody
// answers. A reading one makes no sense as a broadcast; it is a habit where a line has one meter, and that one answers.
func (modbus) expect(q []byte) expectation {
	if len(q) < modbusLeast || !goodModbus(q) {
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
	case len(q) < modbusLeast || len(a) < modbusLeast || !fitsModbus(a, q):
		return rejected
	case !repeatsModbus(a, q):
		return unlike
	}
	return answered
}

// doubtful is so of a request with a wrong check sum: most likely it is one that this rule does not understand.
func (modbus) doubtful(q []byte) bool { return !goodModbus(q) }

func (modbus) trails(q []byte) bool {
	return len(q) < modbusMost && modbusRequestLen(q) == byCheckSum && goodModbus(q)
}

func (modbus) sealed(a []byte) bool { return goodModbus(a) }

// mirrors is so of functions whose answer repeats the request.
func (modbus) mirrors(q []byte) bool {
	switch q[1] {
	case 5, 6, 8, 21, 22:
		return true
	}
	return modbusRequestLen(q) == byCheckSum
}

// repeatsModbus reports whether what a normal answer repeats of its request is there. A quantity of registers may be twice
// the bytes that the specification has: some devices call 32 bits one register.
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

// quantityless is so of a reading request for nothing: heat calculators exist whose list of what to send was written before.
func quantityless(q []byte) bool { return q[1] <= 4 && q[4] == 0 && q[5] == 0 }

// wholeIfSilent is so of what ends with its check sum: its byte count is not what the rule takes it for.
func (modbus) wholeIfSilent(p, q []byte) bool {
	return len(p) >= modbusLeast && len(p) <= modbusMost && len(q) >= 2 && fitsModbus(p, q) && goodModbus(p) &&
		len(p)+1 != modbusAnswerLen(p) // a check sum that ends with a zero comes out before that
}
