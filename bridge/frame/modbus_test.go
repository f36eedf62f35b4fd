package frame

import "testing"

// Frames with a source are test data of pymodbus (BSD), the specification's examples, or of the facts about simulated and
// real meters; the others complete a case with a check sum that is worked out.
const (
	readHolding = "01 03 00 0B 00 01 *"
	oneRegister = "01 03 02 61 4E *"
)

func TestModbusRequests(t *testing.T) {
	checkExtents(t, modbus{}, []extentCase{
		{"bad check sum", "", "02 03 00 01 00 7D D4 19", true, extent{n: 8}}, // pymodbus
		{"noise in front", "", "55 01 03 00 0B 00 01 *", true, extent{n: 8}},
		{"noise and the request within its length", "", "11 10 07 00 00 00 06 | 01 03 00 0B 00 01 *", true, extent{n: 7, foreign: true}},
		{"half", "", "01 03 00 0B", true, extent{}},
		{"one byte", "", "01", true, extent{}},
		{"unknown function, not whole", "", "01 41 00", true, extent{}},
		{"byte count too large", "", "01 10 00 00 00 01 FF", true, extent{}},

		{"read", "", "11 03 00 7C 00 02 07 43", true, extent{n: 8}}, // pymodbus
		{"read 125 registers", "", "02 03 00 01 00 7D D4 18 02 03", true, extent{n: 8}},
		{"write one", "", "01 06 03 E8 00 2A *", true, extent{n: 8}},
		{"write many", "", "01 10 03 E8 00 02 04 00 01 00 02 *", true, extent{n: 13}},
		{"write coils", "", "01 0F 00 13 00 0A 02 CD 01 *", true, extent{n: 11}}, // specification, 6.11
		{"exception status", "", "01 07 *", true, extent{n: 4}},
		{"diagnostics", "", "01 08 00 0A 00 00 *", true, extent{n: 8}},
		{"diagnostics, echo", "", "01 08 00 00 A5 37 12 *", true, extent{n: 9}},
		{"report id", "", "01 11 *", true, extent{n: 4}},
		{"read file", "", "01 14 07 06 00 04 00 01 00 02 *", true, extent{n: 12}},
		{"write file", "", "01 15 0D 06 00 04 00 07 00 03 06 AF 04 BE 10 0D *", true, extent{n: 18}},
		{"mask write", "", "01 16 00 04 00 F2 00 25 *", true, extent{n: 10}},
		{"read and write", "", "01 17 00 03 00 06 00 0E 00 03 06 00 FF 00 FF 00 FF *", true, extent{n: 19}},
		{"read queue", "", "01 18 04 DE *", true, extent{n: 6}},
		{"identification", "", "01 2B 0E 01 00 *", true, extent{n: 7}},
		{"unknown function", "", "01 41 01 02 03 *", true, extent{n: 7}},
	})
}

func TestModbusAnswers(t *testing.T) {
	const q = readHolding
	checkExtents(t, modbus{}, []extentCase{
		{"bad check sum", q, "01 03 02 61 4E 00 00", false, extent{n: 7}},
		{"bad check sum of another unit", q, "02 03 02 61 4E 00 00", false, extent{n: 1, foreign: true}},
		{"nothing asked, bad check sum", "", "01 03 02 61 4E 00 00", false, extent{n: 1, foreign: true}},
		{"noise in front", q, "00 | 01 03 02 61 4E *", false, extent{n: 1, foreign: true}},
		{"noise that claims a length", q, "FE 03 05 | 01 03 02 61 4E *", false, extent{n: 3, foreign: true}},
		{"noise like an exception", q, "01 83 | 01 03 02 61 4E *", false, extent{n: 5}},
		{"half", q, "01 03 02 61", false, extent{}},

		{"registers", q, oneRegister, false, extent{n: 7}},
		{"two registers", "11 03 00 7C 00 02 07 43", "11 03 04 00 8D 00 8E FB BD", false, extent{n: 9}}, // pymodbus
		{"exception", "11 03 00 7C 00 02 07 43", "11 83 02 C1 34", false, extent{n: 5}},                 // pymodbus
		{"late one of another unit", q, "02 03 04 00 8D 00 8E *", false, extent{n: 9}},
		{"coils", "01 01 00 13 00 13 *", "01 01 03 CD 6B 05 *", false, extent{n: 8}}, // specification, 6.1
		{"written", "01 10 00 01 00 02 04 00 0A 01 02 *", "01 10 00 01 00 02 *", false, extent{n: 8}},
		{"status", "01 07 *", "01 07 6D *", false, extent{n: 5}},
		{"event counter", "01 0B *", "01 0B FF FF 01 08 *", false, extent{n: 8}},
		{"event log", "01 0C *", "01 0C 08 00 00 01 08 01 21 20 00 *", false, extent{n: 13}},
		{"mask write", "01 16 00 04 00 F2 00 25 *", "01 16 00 04 00 F2 00 25 *", false, extent{n: 10}},
		{"queue", "01 18 04 DE *", "01 18 00 06 00 02 01 B8 12 84 *", false, extent{n: 12}},
		{"id", "01 11 *", "01 11 03 01 FF 41 *", false, extent{n: 8}},
		{"identification", "01 2B 0E 01 00 *", "01 2B 0E 01 01 00 00 02 00 03 'ABC' 01 02 'DE' *", false, extent{n: 19}},
		{"unknown function", "01 41 *", "01 41 05 *", false, extent{n: 5}},
	})
}

func TestModbusJudgements(t *testing.T) {
	const q = readHolding
	checkJudgements(t, modbus{}, []judgeCase{
		{"nothing asked", "", oneRegister, 0, rejected},
		{"another unit", q, "02 03 02 61 4E *", 0, rejected},
		{"another function", q, "01 04 02 61 4E *", 0, rejected},
		{"another quantity", q, "01 03 06 61 4E 00 00 00 00 *", 0, unlike},
		{"no register", q, "01 03 00 *", 0, unlike},
		{"exception to another function", q, "01 84 02 *", 0, rejected},
		{"coils for another quantity", "01 01 00 13 00 13 *", "01 01 01 CD *", 0, unlike},
		{"another register written", "01 06 03 E8 00 2A *", "01 06 03 E9 00 2A *", 0, unlike},
		{"another value written", "01 06 03 E8 00 2A *", "01 06 03 E8 00 2B *", 0, unlike},
		{"other registers written", "01 10 03 E8 00 02 04 00 01 00 02 *", "01 10 00 E8 00 02 *", 0, unlike},
		{"fewer registers written", "01 10 03 E8 00 02 04 00 01 00 02 *", "01 10 03 E8 00 01 *", 0, unlike},

		{"registers", q, oneRegister, 0, answered},
		{"a register of 32 bits", q, "01 03 04 61 4E 00 00 *", 0, answered},
		{"exception", q, "01 83 02 *", 0, answered},
		{"damaged", q, "01 03 02 61 4E 00 00", 0, answered},
		{"any unit", "00 03 00 0B 00 01 *", oneRegister, 0, answered},
		{"coils", "01 01 00 13 00 13 *", "01 01 03 CD 6B 05 *", 0, answered},
		{"written", "01 06 03 E8 00 2A *", "01 06 03 E8 00 2A *", 0, answered},
	})
	checkExpectations(t, modbus{}, map[string]expectation{
		"":                                   unanswered,
		"01 03 00 0B 00 01 00 00":            unanswered,
		"00 06 03 E8 00 2A *":                unanswered,
		"00 10 03 E8 00 02 04 00 01 00 02 *": unanswered,
		"00 03 00 0B 00 01 *":                anonymous,
		q:                                    anonymous,
	})
}

func TestModbusStreams(t *testing.T) {
	q := octets(t, readHolding)
	checkConcatenation(t, modbus{}, q, false, octets(t, oneRegister), octets(t, "01 83 02 *"), octets(t, "07 04 04 01 02 03 04 *"), octets(t, oneRegister))
	checkConcatenation(t, modbus{}, nil, true, q, octets(t, "01 11 *"), octets(t, "01 10 03 E8 00 02 04 00 01 00 02 *"), q)
	checkNoise(t, modbus{}, octets(t, oneRegister), q, false, []byte{0x00, 0xFF, 0x7F, 0xFE})
}

func FuzzModbusRule(f *testing.F) {
	fuzzRule(f, Modbus, readHolding, oneRegister, "01 2B 0E 01 00 *", "01 2B 0E 01 01 00 00 02 00 03 'ABC' 01 02 'DE' *",
		"00 | 01 03 02 61 4E *", "01 18 00 06 00 02 01 B8 12 84 *", "01 41 05 *", "01 10 03 E8 00 02 04 00 01 00 02 *")
}
