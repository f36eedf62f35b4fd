package frame

import "testing"

// Frames with a name are of libmbus' tests (BSD), the requests and the first answers of the A43/A44 meters' manual.
const (
	mbusReset     = "10 40 FE 3E 16"
	mbusRequest   = "10 7B FE 79 16"
	mbusSend      = "68 12 12 68 73 FE 51 CE C0 80 80 00 ED FF F9 30 01 02 03 22 12 11 B0 16"
	mbusExample1  = "68 31 31 68 08 01 72 45 58 57 03 B4 05 34 04 9E 00 27 B6 03 06 F9 34 15 03 15 C6 00 4D 05 2E 00 00 00 00 05 3D 00 00 00 00 05 5B 22 F3 26 42 05 5F C7 DA 0D 42 FA 16" // example_data_01
	mbusManual2   = "68 13 13 68 08 05 73 78 56 34 12 0A 00 E9 7E 01 00 00 00 35 01 00 00 3C 16"                                                                                           // manual_frame2
	mbusUnspecErr = "68 04 04 68 08 01 70 00 79 16"                                                                                                                                        // unspecified_error
)

func TestMBusExtents(t *testing.T) {
	checkExtents(t, mbus{}, []extentCase{
		{"wake-up", "", "55 55 55 " + mbusReset, true, extent{n: 1, foreign: true}},
		{"short with a wrong check sum", "", "10 40 FE 3F 16", true, extent{n: 5, foreign: true}},
		{"short without its stop, another inside", "", "10 10 40 FE 3E 16", true, extent{n: 1, foreign: true}},
		{"lengths differ", "", "68 04 05 68", false, extent{n: 3, foreign: true}},
		{"too short a length", "", "68 02 02 68", false, extent{n: 2, foreign: true}},
		{"no second start", "", "68 04 04 08", false, extent{n: 4, foreign: true}},
		{"starts again", "", "68 68 04 04 68", false, extent{n: 1, foreign: true}},
		{"no stop", "", "68 04 04 68 08 01 70 00 79 17", false, extent{n: 3, foreign: true}},
		{"acknowledgement from a program", "", "E5", true, extent{n: 1, foreign: true}},
		{"half", "", "68 04 04 68 08 01", false, extent{}},
		{"wrong check sum", "", "68 04 04 68 08 01 70 00 78 16", false, extent{n: 10}},

		{"reset", "", mbusReset, true, extent{n: 5}},
		{"request", "", mbusRequest, true, extent{n: 5}},
		{"send", "", mbusSend, true, extent{n: 24}},
		{"acknowledgement", mbusReset, "E5", false, extent{n: 1}},
		{"data", mbusRequest, mbusExample1, false, extent{n: 0x31 + 6}},
		{"error", mbusRequest, mbusUnspecErr, false, extent{n: 10}},
	})
}

func TestMBusJudgements(t *testing.T) {
	checkJudgements(t, mbus{}, []judgeCase{
		{"nothing asked", "", mbusExample1, 0, rejected},
		{"acknowledgement, nothing asked", "", "E5", 0, rejected},
		{"another meter", "10 5B 02 5D 16", mbusExample1, 0, rejected},
		{"acknowledgement of a request for data", "10 5B 01 5C 16", "E5", 0, rejected},
		{"data to a reset", "10 40 01 41 16", mbusExample1, 0, rejected},
		{"another master", "10 5B 01 5C 16", "10 7B 01 7C 16", 0, rejected},

		{"data", "10 5B 01 5C 16", mbusExample1, 0, answered},
		{"error", "10 7B 01 7C 16", mbusUnspecErr, 0, answered},
		{"anyone's data", mbusRequest, mbusManual2, 0, answered},
		{"data of the one selected", "10 5B FD 58 16", mbusManual2, 0, answered},
		{"acknowledgement of a reset", "10 40 01 41 16", "E5", 0, answered},
		{"acknowledgement of data sent", mbusSend, "E5", 0, answered},
		{"no alarm", "10 5A 01 5B 16", "E5", 0, answered},
		{"alarm", "10 5A 01 5B 16", mbusUnspecErr, 0, answered},
	})
	checkExpectations(t, mbus{}, map[string]expectation{
		"":               unanswered,
		"10 40 FF 3F 16": unanswered,
		mbusReset:        anonymous,
		mbusSend:         anonymous,
	})
}

func TestMBusStreams(t *testing.T) {
	checkConcatenation(t, mbus{}, nil, false, octets(t, mbusExample1), octets(t, "E5"), octets(t, "E5"), octets(t, mbusManual2), octets(t, mbusUnspecErr))
	checkConcatenation(t, mbus{}, nil, true, octets(t, mbusReset), octets(t, mbusSend), octets(t, mbusRequest))
	checkNoise(t, mbus{}, octets(t, mbusExample1), nil, false, []byte{0x00, 0xFF, 0x55, 0x7F, 0x16})
	checkNoise(t, mbus{}, octets(t, mbusReset), nil, true, []byte{0x00, 0xFF, 0x55, 0xE5, 0x16})
}

func FuzzMBusRule(f *testing.F) {
	fuzzRule(f, MBus, mbusReset, mbusRequest, mbusSend, mbusExample1, mbusUnspecErr, "E5", "55 55 "+mbusReset, "68 68 04 04 68")
}
