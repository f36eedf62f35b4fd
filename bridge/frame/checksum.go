package frame

import "meterline/relay/crc16"

// goodModbus reports whether p ends with its own check sum.
func goodModbus(p []byte) bool { return crc16.Modbus.Sum(p) == 0 }

// modbusEnd returns the shortest length, at least least, at which the front of p ends with its own check sum; 0 if there is none.
//
// A check sum whose last byte is zero is right without that byte as well. So a zero behind that place belongs to the message if nothing
// follows it, or a message does.
func modbusEnd(p []byte, least int) int {
	n := modbusSum(p, least)
	switch rest := p[n:]; {
	case n == 0, n == modbusMost, len(rest) == 0, rest[0] != 0:
	case len(rest) == 1, modbusSum(rest, least) == 0 && modbusSum(rest[1:], least) > 0:
		n++
	}
	return n
}

// modbusSum returns where the check sum is right for the first time.
func modbusSum(p []byte, least int) int {
	sum := uint16(crc16.Start)
	for i, b := range p[:min(len(p), modbusMost)] {
		sum = crc16.Modbus.Step(sum, b)
		if sum == 0 && i+1 >= least {
			return i + 1
		}
	}
	return 0
}

// noMessage returns the extent of bytes that turned out to be no message: up to the next byte in p at which one could begin. It must take
// all of p to see that, so that the extent stays the same when more bytes come.
func noMessage(p []byte, begins func(byte) bool) extent {
	n := 1
	for n < len(p) && !begins(p[n]) {
		n++
	}
	return extent{n: n, foreign: true}
}
