package frame

import (
	"strings"
	"testing"
)

// Messages of real exchanges: of a DRS110M and a DRS155M (capture at gist.github.com/4231981), of the tests of iec62056-21,
// the others as the standard has them.
const (
	iecSignOnAny   = "'/?!' 0D 0A"
	iecSignOnOne   = "'/?45678903!' 0D 0A"       // iec62056-21
	iecIdentified  = "'/Els6' 5C '2EK280' 0D 0A" // iec62056-21
	iecIdentified2 = "'/YTL:001511420144' 0D 0A" // DRS
	iecReadOut     = "06 '050' 0D 0A"
	iecProgram     = "06 '051' 0D 0A"
	iecBinaryMode  = "06 '252' 0D 0A"
	iecOperand     = "01 'P0' 02 '(00000000)' 03 60" // DRS
	iecPassword    = "01 'P1' 02 '(00000000)' 03 61" // DRS
	iecRead        = "01 'R1' 02 '00000034()' 03 64" // DRS
	iecBreak       = "01 'B0' 03 71"                 // DRS, iec62056-21
	iecReadData    = "02 '3:171.0(0)' 03 12"         // iec62056-21
	iecReadOutData = "02 '3:14(314*kWh)4:15(415*kWh)' 0D 0A '!' 0D 0A 03 22"
	iecBare        = "'1.8.0(012345.6*kWh)' 0D 0A '2.8.0(0)' 0D 0A '!' 0D 0A"
)

func TestIECRequests(t *testing.T) {
	checkExtents(t, iec{}, []extentCase{
		{"woken by NULs", "", "00 00 00 " + iecSignOnAny, true, extent{n: 1, foreign: true}},
		{"noise", "", "7F", true, extent{n: 1, foreign: true}},
		{"interrupted sign-on", "", "'/?12' " + iecSignOnAny, true, extent{n: 4, foreign: true}},
		{"sign-on with noise in it", "", "'/?1' 00 '!' 0D 0A", true, extent{n: 4, foreign: true}},
		{"sign-on too long", "", "'/?" + strings.Repeat("0", 200) + "'", true, extent{n: iecLine, foreign: true}},
		{"half a sign-on", "", "'/?12!' 0D", true, extent{}},
		{"lone ACK", "", "06", true, extent{}},
		{"ACK, then something else", "", "06 01", true, extent{n: 1}},
		{"select that is none", "", "06 '05' 06", true, extent{n: 1}},
		{"half a command", "", "01 'R1' 02 '1.8.0()' 03", true, extent{}},
		{"command begun anew", "", "01 'R1' 02 '1.8' " + iecRead, true, extent{n: 7, foreign: true}},
		{"command too long", "", "01 'R1' 02 '" + strings.Repeat("0", 3000) + "'", true, extent{n: iecCommand, foreign: true}},

		{"sign-on", "", iecSignOnAny, true, extent{n: 5}},
		{"sign-on, an address", "", iecSignOnOne, true, extent{n: 13}},
		{"NAK", "", "15", true, extent{n: 1}},
		{"select", "", iecReadOut, true, extent{n: 6}},
		{"password", "", iecPassword, true, extent{n: 16}},
		{"break", "", iecBreak, true, extent{n: 5}},
		{"check character like CR", "", "01 'R1' 02 '()' 03 0D", true, extent{n: 8}},
		{"check character like a flag", "", "01 'R1' 02 '()' 04 7E", true, extent{n: 8}},
		{"binary mode", "", frameSNRM, true, extent{n: 10}},
	})
}

func TestIECAnswers(t *testing.T) {
	long := strings.Repeat("1", iecBlock)
	checkExtents(t, iec{}, []extentCase{
		{"NUL", iecSignOnAny, "00 " + iecIdentified, false, extent{n: 1, foreign: true}},
		{"half an identification", iecSignOnAny, "'/Els6' 5C '2EK280' 0D", false, extent{}},
		{"half a block", iecReadOut, "02 '3:14(314*kWh)'", false, extent{stream: true}},
		{"block without its check character", iecReadOut, "02 '3:14(314*kWh)' 03", false, extent{stream: true}},
		{"block that has lost its end", iecReadOut, "02 '3:14(3' " + iecReadOutData, false, extent{n: 7, foreign: true}},
		{"endless block", iecReadOut, "02 '" + long + "'", false, extent{n: iecBlock, foreign: true}},
		{"text is no block", iecReadOut, "'NO CARRIER'", false, extent{n: 1, foreign: true}},
		{"no block behind a command", iecRead, iecBare, false, extent{n: 1, foreign: true}},
		{"block without STX, half a code", iecSignOnAny, "'1.8.0'", false, extent{}},
		{"block without STX, broken off", iecSignOnAny, "'1.8.0(01' " + iecReadOutData, false, extent{n: 8, foreign: true}},
		{"block without STX, another meter", iecSignOnAny, "'1.8.0(01)' 0D 0A " + iecIdentified, false, extent{n: 11, foreign: true}},
		{"block without STX, no end", iecSignOnAny, "'1.8.0(01!)' 0D 0A '!x' 0D 0A", false, extent{stream: true}},
		{"endless block without STX", "", "'(" + long + "'", false, extent{n: iecBlock, foreign: true}},

		{"identification", iecSignOnAny, iecIdentified, false, extent{n: 14}},
		{"identification, no speed", iecSignOnAny, iecIdentified2, false, extent{n: 19}},
		{"operand", iecProgram, iecOperand, false, extent{n: 16}},
		{"data", iecRead, iecReadData, false, extent{n: 13, stream: true}},
		{"read-out", iecReadOut, iecReadOutData, false, extent{n: 34, stream: true}},
		{"partial block", iecRead, "02 '1(2)' 04 2F", false, extent{n: 7, stream: true}},
		{"block without STX", iecSignOnAny, iecBare, false, extent{n: 34, stream: true}},
		{"block without STX behind an empty line", "", "0D 0A " + iecBare, false, extent{n: 36, stream: true}},
		{"block with a check sum", "", "'1-3:0.2.8(50)' 0D 0A '!1A2F' 0D 0A", false, extent{n: 22, stream: true}},
		{"ACK", iecPassword, "06", false, extent{n: 1}},
		{"NAK", iecPassword, "15", false, extent{n: 1}},
		{"ACK to a part", "06", "06", false, extent{n: 1}},
		{"binary mode confirmed", iecBinaryMode, iecBinaryMode, false, extent{n: 6}},
		{"binary mode, half confirmed", iecBinaryMode, "06 '25'", false, extent{}},
		{"binary mode", frameSNRM, frameUA, false, extent{n: 33}},
	})
}

func TestIECJudgements(t *testing.T) {
	checkJudgements(t, iec{}, []judgeCase{
		{"ACK, nothing asked", "", "06", 0, rejected},
		{"command, nothing asked", "", iecOperand, 0, rejected},
		{"frame, nothing asked", "", frameUA, 0, rejected},
		{"ACK to a sign-on", iecSignOnAny, "06", 0, rejected},
		{"data to a sign-on", iecSignOnAny, iecReadOutData, 0, rejected},
		{"identification to a read-out", iecReadOut, iecIdentified, 0, rejected},
		{"operand to a read-out", iecReadOut, iecOperand, 0, unlike},
		{"identification to a command", iecRead, iecIdentified, 0, rejected},
		{"data to a break", iecBreak, iecReadData, 0, rejected},
		{"identification to an ACK", "06", iecIdentified, 0, rejected},
		{"frame to a sign-on", iecSignOnAny, frameUA, 0, rejected},
		{"data in binary mode", frameSNRM, iecReadData, 0, rejected},
		{"another frame in binary mode", frameSNRM, frameAARE, 0, rejected},

		{"identified unasked", "", iecIdentified, 0, onItsOwn},
		{"data unasked", "", iecBare, 0, onItsOwn},
		{"identified", iecSignOnAny, iecIdentified, 0, partOrAll},
		{"identified twice", iecSignOnAny, iecIdentified, 1, rejected},
		{"mode A, data behind the identification", iecSignOnAny, iecReadOutData, 1, answered},
		{"data to a maker's request", "'/#1' 0D 0A", iecBare, 0, answered},
		{"read-out", iecReadOut, iecReadOutData, 0, answered},
		{"read-out without STX", iecReadOut, iecBare, 0, answered},
		{"operand", iecProgram, iecOperand, 0, answered},
		{"read-out, the select was not understood", iecProgram, iecReadOutData, 0, answered},
		{"maker's mode", "06 '056' 0D 0A", "06", 0, answered},
		{"password accepted", iecPassword, "06", 0, answered},
		{"password refused", iecPassword, "15", 0, answered},
		{"broken off", iecPassword, iecBreak, 0, answered},
		{"read", iecRead, iecReadData, 0, answered},
		{"next part", "06", iecReadData, 0, answered},
		{"again", "15", iecReadData, 0, answered},
		{"binary mode confirmed", iecBinaryMode, iecBinaryMode, 0, answered},
		{"binary mode", frameSNRM, frameUA, 0, answered},
	})
	checkExpectations(t, iec{}, map[string]expectation{
		"":           unanswered,
		"06":         optional,
		iecBreak:     unanswered,
		"15":         anonymous,
		iecSignOnAny: anonymous,
		iecReadOut:   anonymous,
		iecRead:      anonymous,
		frameSNRM:    anonymous,
		frameGet:     numbered,
	})
}

func TestIECStreams(t *testing.T) {
	checkConcatenation(t, iec{}, octets(t, iecReadOut), false, octets(t, iecIdentified), octets(t, iecReadOutData), octets(t, "15"),
		octets(t, iecOperand), octets(t, iecBare), octets(t, iecIdentified2), octets(t, iecReadData))
	checkConcatenation(t, iec{}, nil, true, octets(t, iecSignOnAny), octets(t, iecProgram), octets(t, iecPassword), octets(t, "15"),
		octets(t, iecRead), octets(t, frameSNRM), octets(t, iecBreak))
	checkNoise(t, iec{}, octets(t, iecReadOutData), octets(t, iecReadOut), false, []byte{0x00, 0x7F, 0x55, 'x', '1', 0x0D})
	checkNoise(t, iec{}, octets(t, iecSignOnAny), nil, true, []byte{0x00, 0x7F, 0x55, 'x', '/', 0x0D})
}

func FuzzIECRule(f *testing.F) {
	fuzzRule(f, IEC, iecReadOut, iecSignOnAny, iecBinaryMode, iecIdentified, iecOperand, iecPassword, iecRead, iecBreak, iecReadData,
		iecReadOutData, iecBare, "06", "15", frameSNRM, frameUA, "'1-3:0.2.8(50)' 0D 0A '!1A2F' 0D 0A", "00 00 "+iecSignOnOne)
}
