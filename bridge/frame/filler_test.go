package frame

import "testing"

// Frames of a program that reads VKT-7 heat calculators, which it wakes by FF FF.
const (
	vktRead   = "00 03 3F FE 00 00 29 FF"                // as the program has it
	vktOther  = "00 03 3F FB 00 00 *"                    // another
	vktStart  = "01 10 3F FF 00 00 CC 80 00 00 00 60 A8" // quantity 0, count CC
	vktAnswer = "00 03 02 12 34 *"
)

func TestFillerInFrontOfModbus(t *testing.T) {
	checkExtents(t, modbus{}, []extentCase{
		{"two", "", "FF FF | " + vktRead, true, extent{n: 2, foreign: true}},
		{"one that looks like a unit", "", "FF | 01 03 00 00 00 02 *", true, extent{n: 1, foreign: true}},
		{"zeros", "", "00 00 | 01 03 00 00 00 02 *", true, extent{n: 2, foreign: true}},
		{"mixed, and a function without a length", "", "FF 00 FF | 01 41 05 *", true, extent{n: 3, foreign: true}},
		{"nothing else yet", "", "FF FF 00", true, extent{}},
		{"all zeros and ones have a good check sum", "", "FF FF 00 00", true, extent{}},
		{"half of what is behind", "", "FF FF | 00 03 3F FE 00", true, extent{}},
		{"unit 0", "", "00 06 03 E8 00 2A *", true, extent{n: 8}},
		{"unit 0, zeros behind it", "", "00 03 00 00 00 02 *", true, extent{n: 8}},
		{"a quantity that contradicts the count", "", vktStart, true, extent{n: 13}},
		{"the same of coils", "", "01 0F 00 13 00 0A 05 CD 01 *", true, extent{n: 11}},
		{"the same of both ways", "", "01 17 00 00 00 02 00 0E 00 01 05 00 FF *", true, extent{n: 15}},
		{"a quantity that fits", "", "01 17 00 00 00 02 00 0E 00 01 02 00 FF *", true, extent{n: 15}},
		{"coils", "", "01 0F 00 13 00 0A 02 CD 01 *", true, extent{n: 11}},
	})
}

// A woken request takes the line as any other: the answer to one that was given up is late.
func TestWokenRequests(t *testing.T) {
	for _, p := range []Protocol{Modbus, Mercury} {
		l := hexPlay(t, Config{Protocol: p},
			step{0, "write", "FF FF | " + vktRead, []string{"> FF FF | " + vktRead}},
			step{2 * sec, "write", "FF FF | " + vktOther, nil},
			step{2500 * ms, "come", vktAnswer, []string{"late answer: " + vktAnswer, "> FF FF | " + vktOther}},
			step{3 * sec, "come", vktAnswer, []string{"< " + vktAnswer}},
		)
		if s := l.Stats(); s.Requests != 2 || s.UnparsedToModem != 4 {
			t.Errorf("%s: %+v", p, s)
		}
	}
	hexPlay(t, Config{Protocol: Modbus},
		step{0, "write", "FF FF | " + vktStart, []string{"> FF FF | " + vktStart}},
		step{500 * ms, "come", "01 10 3F FF 00 00 *", []string{"< 01 10 3F FF 00 00 *"}},
		step{600 * ms, "write", "FF FF | " + vktRead, []string{"> FF FF | " + vktRead}},
		step{2 * sec, "write", "FF FF | " + vktOther, nil},
		step{2500 * ms, "come", vktAnswer, []string{"late answer: " + vktAnswer, "> FF FF | " + vktOther}},
	)
}

// In two pieces the filler does not hide the frame either.
func TestWokenInPieces(t *testing.T) {
	hexPlay(t, Config{Protocol: Modbus},
		step{0, "write", "FF FF", nil},
		step{50 * ms, "write", vktRead, []string{"> FF FF | " + vktRead}},
		step{2 * sec, "write", "FF FF", nil},
		step{2020 * ms, "write", "00 03 3F FB", nil},
		step{2050 * ms, "come", vktAnswer, []string{"late answer: " + vktAnswer}},
		step{2100 * ms, "write", "00 00 14 0E", []string{"> FF FF 00 03 3F FB 00 00 14 0E"}}, // its check sum is made another way
	)
}

// A request with a check sum that is wrong, or made another way, is one that no rule knows: it takes the line.
func TestModbusRequestThatIsNotUnderstood(t *testing.T) {
	const strange = "01 03 00 00 00 02 AA BB CC"
	hexPlay(t, Config{Protocol: Modbus},
		step{0, "write", strange, []string{"> " + strange}},
		step{2 * sec, "write", "01 03 00 10 00 02 *", nil},
		step{2500 * ms, "come", "01 03 04 00 01 00 02 *", []string{"late answer: 01 03 04 00 01 00 02 *"}},
		step{2700 * ms, "", "", []string{"> 01 03 00 10 00 02 *"}},
	)
}

// Noise of a line that is switched hides no answer.
func TestFillerInFrontOfMercuryAnswers(t *testing.T) {
	const unknown = "80 08 01 00 *" // its answer has no known length
	checkExtents(t, mercury{}, []extentCase{
		{"length known", energySum, "FF 00 | " + energyAnswer, false, extent{n: 2, foreign: true}},
		{"length not known", unknown, "FF 00 | 80 01 02 03 04 05 06 07 08 *", false, extent{n: 2, foreign: true}},
		{"a refusal instead of data", energySum, "FF | 80 05 *", false, extent{n: 1, foreign: true}},
		{"a status", "80 00 *", "00 | 80 00 *", false, extent{n: 1, foreign: true}},
		{"four bytes of address", energy206, "00 | " + energy206reply, false, extent{n: 1, foreign: true}},
		{"the address is like filler", mercuryPing0, "00 00 *", false, extent{n: 4}},
		{"noise of another kind", unknown, "12 | 80 01 02 03 04 05 06 07 08 *", false, extent{}},
	})
}

// What has good check sums and no other request to belong to is the answer, however long it is.
func TestOddAnswers(t *testing.T) {
	const lithium = "01 03 0C 43 3F 00 00 20 4C 49 54 48 49 55 4D D0 05"
	l := hexPlay(t, Config{Protocol: Modbus},
		step{0, "write", "01 03 07 EE 00 02 A5 4A", []string{"> 01 03 07 EE 00 02 A5 4A"}},
		step{500 * ms, "come", lithium, []string{"< " + lithium}},
		step{600 * ms, "write", "01 03 00 01 00 01 *", []string{"> 01 03 00 01 00 01 *"}},
		step{900 * ms, "come", "01 03 00 *", []string{"< 01 03 00 *"}},
		step{1 * sec, "write", "01 03 00 02 00 01 *", []string{"> 01 03 00 02 00 01 *"}},
		step{1500 * ms, "come", "02 03 02 00 01 *", []string{"< 02 03 02 00 01 *"}},
	)
	if s := l.Stats(); s.Odd != 3 || s.Late+s.Unfit+s.Unasked != 0 {
		t.Errorf("%+v", s)
	}
	hexPlay(t, Config{Protocol: Mercury},
		step{0, "write", energySum, []string{"> " + energySum}},
		step{500 * ms, "come", voltageAnswer, nil},
		step{1500 * ms, "", "", []string{"< " + voltageAnswer}}, // it could have been the front of an answer
		step{1600 * ms, "write", "80 00 *", []string{"> 80 00 *"}},
	)
	hexPlay(t, Config{Protocol: Modbus},
		step{0, "write", "01 03 00 00 00 02 *", []string{"> 01 03 00 00 00 02 *"}},
		step{500 * ms, "come", "01 03 08 01 02 *", nil}, // a count of bits, say
		step{1500 * ms, "", "", []string{"< 01 03 08 01 02 *"}},
		step{1600 * ms, "write", "01 03 00 01 00 02 *", []string{"> 01 03 00 01 00 02 *"}},
	)
	hexPlay(t, Config{Protocol: MBus},
		step{0, "write", mbusRequest, []string{"> " + mbusRequest}},
		step{500 * ms, "come", "E5", []string{"< E5"}},
		step{600 * ms, "come", mbusExample1, []string{"< " + mbusExample1}},
		step{700 * ms, "come", mbusExample1, []string{"answer to no request: " + mbusExample1}},
	)
}
