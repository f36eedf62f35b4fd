package meters

import (
	"encoding/binary"
	"time"

	"meterline/relay/crc16"
)

// modbusSilence ends an unfinished request. The standard's 3.5 characters mean nothing on a network that cuts frames. It is
// well above the pauses between the pieces of one request, and below the 500 ms after which libmodbus repeats one.
const modbusSilence = 300 * time.Millisecond

// modbusMax is the longest frame that Modbus RTU allows, with address and check sum.
const modbusMax = 256

// modbusUnknown is the longest request with an unknown function, whose length is unknown as well. Garbage that looks like the
// beginning of one hides what follows for no longer than that. A longer one is not answered.
const modbusUnknown = 32

// Modbus is a simulated three-phase meter that speaks Modbus RTU. Its registers are listed at modbusRegister.
//
// It does not answer requests with a wrong check sum or for another unit. A request that it cannot serve gets an exception.
// Unit 0 is the broadcast: obeyed, not answered.
type Modbus struct {
	Unit   byte   // its address, 1 to 247; 0: it answers to any
	Serial string // up to 16 characters of ASCII in registers 208 to 215; empty: "SIM00000001"

	buf      []byte // an unfinished request
	last     time.Time
	out      []byte
	scratch  [scratchCount]uint16
	coils    uint16
	answered uint32
}

// NewModbus makes a meter with the address unit, 0 for any.
func NewModbus(unit byte) *Modbus { return &Modbus{Unit: unit} }

// Feed takes requests, whole or in pieces.
func (m *Modbus) Feed(p []byte, now time.Time) []byte {
	if len(p) == 0 {
		return nil
	}
	if now.Sub(m.last) > modbusSilence {
		m.buf = m.buf[:0]
	}
	m.last = now
	m.out = m.out[:0]
	for _, b := range p {
		m.buf = append(m.buf, b)
		m.scan()
	}
	return m.out
}

// scan serves the requests in the buffer. What cannot be one is dropped byte by byte until something can.
func (m *Modbus) scan() {
	for len(m.buf) > 0 {
		n := m.frame()
		switch {
		case n == 0:
			return
		case n > 0:
			m.serve(m.buf[:n-2])
			m.buf = append(m.buf[:0], m.buf[n:]...)
		default:
			m.buf = append(m.buf[:0], m.buf[1:]...)
		}
	}
}

// frame returns the length of the request that the buffer begins with, 0 while that is not known, negative if it begins with
// none.
func (m *Modbus) frame() int {
	if m.Unit != 0 && m.buf[0] != m.Unit && m.buf[0] != 0 {
		return -1
	}
	if len(m.buf) < 2 {
		return 0
	}
	n := 8
	switch function := m.buf[1]; {
	case function == 0 || function > 127 || m.buf[0] == 0 && !writes(function): // only writes are broadcast
		return -1
	case function <= 6:
	case function == 15 || function == 16:
		if len(m.buf) < 7 {
			return 0
		}
		n = 9 + int(m.buf[6])
	default:
		return m.frameByCRC()
	}
	switch {
	case n > modbusMax:
		return -1
	case len(m.buf) < n:
		return 0
	case CRC16(m.buf[:n]) != 0: // the sum of a frame with its own check sum is 0
		return -1
	}
	return n
}

// frameByCRC finds the end of a request with an unknown function: the place where a check sum fits.
func (m *Modbus) frameByCRC() int {
	crc := uint16(crc16.Start)
	for i, b := range m.buf {
		crc = crc16.Modbus.Step(crc, b)
		if crc == 0 && i >= 3 {
			return i + 1
		}
	}
	if len(m.buf) >= modbusUnknown {
		return -1
	}
	return 0
}

func writes(function byte) bool {
	return function == 5 || function == 6 || function == 15 || function == 16
}

// serve obeys one request, given without its check sum.
func (m *Modbus) serve(request []byte) {
	unit, pdu := request[0], request[1:]
	begin := len(m.out)
	m.out = append(m.out, unit, pdu[0])
	if fault := m.obey(unit, pdu); fault != 0 {
		m.out = append(m.out[:begin], unit, pdu[0]|0x80, byte(fault))
	}
	if unit == 0 {
		m.out = m.out[:begin]
		return
	}
	m.answered++
	crc := CRC16(m.out[begin:])
	m.out = append(m.out, byte(crc), byte(crc>>8))
}

// obey appends to the answer what follows its function code.
func (m *Modbus) obey(unit byte, pdu []byte) ModbusError {
	switch pdu[0] {
	case 1, 2:
		return m.readBits(pdu)
	case 3, 4:
		return m.readRegisters(pdu)
	case 5:
		return m.writeCoil(pdu)
	case 6:
		return m.writeRegister(pdu)
	case 15:
		return m.writeCoils(pdu)
	case 16:
		return m.writeRegisters(pdu)
	case 17:
		return m.reportID(unit, pdu)
	}
	return ErrIllegalFunction
}

// span returns the address and the count that most requests begin with.
func span(pdu []byte) (addr, count int) {
	return int(binary.BigEndian.Uint16(pdu[1:])), int(binary.BigEndian.Uint16(pdu[3:]))
}

// CRC16 returns the check sum of Modbus RTU and of Mercury meters. It is sent low byte first.
func CRC16(p []byte) uint16 { return crc16.Modbus.Sum(p) }

// AppendCRC16 appends p's check sum to it as it is sent.
func AppendCRC16(p []byte) []byte { return crc16.Modbus.Append(p) }
