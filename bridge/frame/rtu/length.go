package rtu

import "encoding/binary"

// The lengths of a frame with its check sum, in bytes ("MODBUS over Serial Line Specification and Implementation Guide V1.02", 2.5.1).
const (
	Least = 4
	Most  = 256
)

// ByCheckSum stands for the length of a message that only its check sum ends.
const ByCheckSum = -1

// RequestLen returns the length that the request at the front of p claims ("MODBUS Application Protocol Specification V1.1b3", 6);
// 0 if more bytes are needed.
func RequestLen(p []byte) int {
	if len(p) < 2 {
		return 0
	}
	switch p[1] {
	case 1, 2, 3, 4, 5, 6:
		return 8
	case 7, 11, 12, 17:
		return 4
	case 8:
		return diagnosticLen(p)
	case 15, 16:
		return writtenLen(p, 4, p[1] == 15)
	case 20, 21:
		return countedLen(p, 2, 5)
	case 22:
		return 10
	case 23:
		return writtenLen(p, 8, false)
	case 24:
		return 6
	case 43:
		return encapsulatedLen(p, func([]byte) int { return 7 })
	}
	return ByCheckSum
}

// AnswerLen does the same for an answer.
func AnswerLen(p []byte) int {
	if len(p) < 2 {
		return 0
	}
	if p[1]&0x80 != 0 {
		return 5
	}
	switch p[1] {
	case 1, 2, 3, 4, 12, 17, 20, 21, 23:
		return countedLen(p, 2, 5)
	case 5, 6, 11, 15, 16:
		return 8
	case 7:
		return 5
	case 8:
		return diagnosticLen(p)
	case 22:
		return 10
	case 24:
		if len(p) < 4 {
			return 0
		}
		return boundedLen(6 + int(binary.BigEndian.Uint16(p[2:])))
	case 43:
		return encapsulatedLen(p, identificationLen)
	}
	return ByCheckSum
}

// countedLen returns rest and the count at i.
func countedLen(p []byte, i, rest int) int {
	if len(p) <= i {
		return 0
	}
	return boundedLen(rest + int(p[i]))
}

// writtenLen returns the length of a request that writes many values: at i stands their number, and behind it the number of bytes. If the
// two contradict one another the message has another form, as some heat calculators have it at the start of a session.
func writtenLen(p []byte, i int, single bool) int {
	if len(p) < i+3 {
		return 0
	}
	quantity, count := int(binary.BigEndian.Uint16(p[i:])), int(p[i+2])
	if single && count != (quantity+7)/8 || !single && count != 2*quantity && count != 4*quantity {
		return ByCheckSum
	}
	return boundedLen(i + 5 + count)
}

// boundedLen returns n, or ByCheckSum if no frame is that long.
func boundedLen(n int) int {
	if n > Most {
		return ByCheckSum
	}
	return n
}

// diagnosticLen is for function 8, which has one word of data. Only data to be sent back may be longer.
func diagnosticLen(p []byte) int {
	switch {
	case len(p) < 4:
		return 0
	case p[2] == 0 && p[3] == 0:
		return ByCheckSum
	}
	return 8
}

// encapsulatedLen is for function 43. Only "read device identification" has a form that gives the length.
func encapsulatedLen(p []byte, identification func([]byte) int) int {
	switch {
	case len(p) < 3:
		return 0
	case p[2] != 14:
		return ByCheckSum
	}
	return identification(p)
}

// identificationLen is for an answer with a list of objects: each is a number, a length, and so many bytes.
func identificationLen(p []byte) int {
	const objects = 8
	if len(p) < objects {
		return 0
	}
	n := objects
	for range p[objects-1] {
		if n+2 > Most-2 {
			return ByCheckSum
		}
		if len(p) < n+2 {
			return 0
		}
		n += 2 + int(p[n+1])
	}
	return boundedLen(n + 2)
}
