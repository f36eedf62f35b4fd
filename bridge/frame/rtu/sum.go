// Package rtu knows how long a frame of Modbus RTU claims to be, and where the check sum of one is right. Mercury's messages have the same
// check sum.
package rtu

import "meterline/relay/crc16"

// Good reports whether p ends with its own check sum.
func Good(p []byte) bool { return crc16.Modbus.Sum(p) == 0 }

// End returns the shortest length, at least least, at which the front of p ends with its own check sum; 0 if there is none.
//
// Where the second byte of a check sum is zero, the sum seems to be right one byte too early. So a zero byte behind the end that was found
// is taken into the message if it is the last byte of p, or if another message begins behind it.
func End(p []byte, least int) int {
	n := firstGood(p, least)
	switch rest := p[n:]; {
	case n == 0, n == Most, len(rest) == 0, rest[0] != 0:
	case len(rest) == 1, firstGood(rest, least) == 0 && firstGood(rest[1:], least) > 0:
		n++
	}
	return n
}

// firstGood returns where the check sum is right for the first time.
func firstGood(p []byte, least int) int {
	sum := uint16(crc16.Start)
	for i, b := range p[:min(len(p), Most)] {
		sum = crc16.Modbus.Step(sum, b)
		if sum == 0 && i+1 >= least {
			return i + 1
		}
	}
	return 0
}
