package meters

import (
	"encoding/binary"
	"fmt"
	"math"
)

// The addresses of the registers; see modbusRegister.
const (
	integersAt   = 0
	floatsAt     = 100
	nameAt       = 200
	serialAt     = 208
	textCount    = 8 // registers of each text
	answeredAt   = 300
	scratchAt    = 1000
	scratchCount = 64
	bitCount     = 16
)

// simInputs are the discrete inputs that function 2 reads, the first in bit 0.
const simInputs uint16 = 0b0101_0011_0000_1101

// ModbusError is the code with which a meter refuses a request ("MODBUS Application Protocol Specification V1.1b3", 7).
type ModbusError byte

// The codes that a simulated meter uses.
const (
	ErrIllegalFunction ModbusError = 1
	ErrIllegalAddress  ModbusError = 2
	ErrIllegalValue    ModbusError = 3
)

func (e ModbusError) Error() string {
	switch e {
	case ErrIllegalFunction:
		return "modbus exception 1: illegal function"
	case ErrIllegalAddress:
		return "modbus exception 2: illegal data address"
	case ErrIllegalValue:
		return "modbus exception 3: illegal data value"
	}
	return fmt.Sprintf("modbus exception %d", byte(e))
}

// modbusRegister reads one register; holding registers (function 3) and input registers (4) are the same. Addresses count
// from 0, as they go over the line; what needs two registers has its high word first.
//
//	0–2        voltage L1–L3, 0.1 V           3–5      current L1–L3, 0.01 A
//	6          active power, W                7        power factor, 0.001
//	8          frequency, 0.01 Hz             9        always 0
//	10–11      energy, Wh, 32 bits            12–13    the same of tariff 1
//	14–15      the same of tariff 2
//	100–119    float32: voltage L1–L3 in V, current L1–L3 in A, power in W, power factor, frequency in Hz, energy in kWh
//	200–207    "METERLINE-SIM", padded with NUL
//	208–215    the serial number, padded with NUL
//	300–301    requests answered since the start, 32 bits
//	1000–1063  scratch: functions 6 and 16 write here, and only here
//
// Functions 1, 5 and 15 read and write coils 0–15, function 2 reads the fixed inputs 0–15, function 17 reports the name.
func (m *Modbus) modbusRegister(addr int) (uint16, bool) {
	switch {
	case addr < 10:
		return integerRegister(addr), true
	case addr < 16:
		energies := [3]uint32{simEnergy, simEnergyTariff1, simEnergyTariff2}
		return half(energies[(addr-10)/2], addr-10), true
	case addr >= floatsAt && addr < floatsAt+2*len(simFloats):
		return half(math.Float32bits(simFloats[(addr-floatsAt)/2]), addr-floatsAt), true
	case addr >= nameAt && addr < nameAt+textCount:
		return textRegister(Name, addr-nameAt), true
	case addr >= serialAt && addr < serialAt+textCount:
		return textRegister(m.serial(), addr-serialAt), true
	case addr >= answeredAt && addr < answeredAt+2:
		return half(m.answered, addr-answeredAt), true
	case addr >= scratchAt && addr < scratchAt+scratchCount:
		return m.scratch[addr-scratchAt], true
	}
	return 0, false
}

var simFloats = [10]float32{
	simVoltage[0], simVoltage[1], simVoltage[2], simCurrent[0], simCurrent[1], simCurrent[2],
	simPower, simFactor, simFrequency, float32(simEnergy) / 1000,
}

func integerRegister(addr int) uint16 {
	scaled := [10]float32{
		simVoltage[0] * 10, simVoltage[1] * 10, simVoltage[2] * 10,
		simCurrent[0] * 100, simCurrent[1] * 100, simCurrent[2] * 100,
		simPower, simFactor * 1000, simFrequency * 100,
	}
	return uint16(math.Round(float64(scaled[addr-integersAt])))
}

// half is the high word of v where the offset is even, else the low one.
func half(v uint32, offset int) uint16 {
	if offset%2 == 0 {
		return uint16(v >> 16)
	}
	return uint16(v)
}

func textRegister(s string, i int) uint16 {
	var text [2 * textCount]byte
	copy(text[:], s)
	return binary.BigEndian.Uint16(text[2*i:])
}

func (m *Modbus) serial() string {
	if m.Serial == "" {
		return "SIM00000001"
	}
	return m.Serial
}
