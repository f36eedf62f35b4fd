package meters

import "encoding/binary"

// The most that one request may read or write ("MODBUS Application Protocol Specification V1.1b3", 6).
const (
	maxReadBits       = 2000
	maxReadRegisters  = 125
	maxWriteCoils     = 1968
	maxWriteRegisters = 123
)

func (m *Modbus) readBits(pdu []byte) ModbusError {
	addr, count := span(pdu)
	if count == 0 || count > maxReadBits {
		return ErrIllegalValue
	}
	if addr+count > bitCount {
		return ErrIllegalAddress
	}
	bits := m.coils
	if pdu[0] == 2 {
		bits = simInputs
	}
	bits = bits >> addr & (1<<count - 1)
	size := (count + 7) / 8
	m.out = append(m.out, byte(size), byte(bits))
	if size > 1 {
		m.out = append(m.out, byte(bits>>8))
	}
	return 0
}

func (m *Modbus) readRegisters(pdu []byte) ModbusError {
	addr, count := span(pdu)
	if count == 0 || count > maxReadRegisters {
		return ErrIllegalValue
	}
	m.out = append(m.out, byte(2*count))
	for i := range count {
		v, ok := m.modbusRegister(addr + i)
		if !ok {
			return ErrIllegalAddress
		}
		m.out = binary.BigEndian.AppendUint16(m.out, v)
	}
	return 0
}

func (m *Modbus) writeCoil(pdu []byte) ModbusError {
	addr, value := span(pdu)
	if value != 0 && value != 0xFF00 {
		return ErrIllegalValue
	}
	if addr >= bitCount {
		return ErrIllegalAddress
	}
	m.setCoil(addr, value != 0)
	m.out = append(m.out, pdu[1:5]...)
	return 0
}

func (m *Modbus) setCoil(addr int, on bool) {
	m.coils &^= 1 << addr
	if on {
		m.coils |= 1 << addr
	}
}

func (m *Modbus) writeCoils(pdu []byte) ModbusError {
	addr, count := span(pdu)
	if count == 0 || count > maxWriteCoils || int(pdu[5]) != (count+7)/8 {
		return ErrIllegalValue
	}
	if addr+count > bitCount {
		return ErrIllegalAddress
	}
	for i := range count {
		m.setCoil(addr+i, pdu[6+i/8]>>(i%8)&1 != 0)
	}
	m.out = append(m.out, pdu[1:5]...)
	return 0
}

func (m *Modbus) writeRegister(pdu []byte) ModbusError {
	addr, value := span(pdu)
	if !inScratch(addr, 1) {
		return ErrIllegalAddress
	}
	m.scratch[addr-scratchAt] = uint16(value)
	m.out = append(m.out, pdu[1:5]...)
	return 0
}

func (m *Modbus) writeRegisters(pdu []byte) ModbusError {
	addr, count := span(pdu)
	if count == 0 || count > maxWriteRegisters || int(pdu[5]) != 2*count {
		return ErrIllegalValue
	}
	if !inScratch(addr, count) {
		return ErrIllegalAddress
	}
	for i := range count {
		m.scratch[addr-scratchAt+i] = binary.BigEndian.Uint16(pdu[6+2*i:])
	}
	m.out = append(m.out, pdu[1:5]...)
	return 0
}

func inScratch(addr, count int) bool {
	return addr >= scratchAt && addr+count <= scratchAt+scratchCount
}

// reportID reports that we run (0xFF), and after that who we are, in the order that most meters use.
func (m *Modbus) reportID(unit byte, pdu []byte) ModbusError {
	if len(pdu) != 1 {
		return ErrIllegalValue
	}
	m.out = append(m.out, byte(2+len(Name)), unit, 0xFF)
	m.out = append(m.out, Name...)
	return 0
}
