package frame

import (
	"bytes"
	"encoding/hex"
	"testing"

	"meterline/bridge/frame/hdlc"
	"meterline/relay/crc16"
)

// Frames of real exchanges. Those with a name are data of the tests of dlms-cosem and of gosem (MIT).
const (
	frameSNRM = "7E A0 08 02 23 21 93 BD 64 7E"                                                                                                                                                 // dlms-cosem
	frameUA   = "7E A0 1F 21 02 23 73 E6 C7 81 80 12 05 01 9A 06 01 9A 07 04 00 00 00 01 08 04 00 00 00 01 CC A2 7E"                                                                            // dlms-cosem
	frameAARQ = "7E A0 2C 02 23 21 10 AF 9F E6 E6 00 60 1D A1 09 06 07 60 85 74 05 08 01 01 BE 10 04 0E 01 00 00 00 06 5F 1F 04 00 00 1E 1D FF FF C5 E4 7E"                                     // dlms-cosem
	frameAARE = "7E A0 38 21 02 23 30 34 E7 E6 E7 00 61 29 A1 09 06 07 60 85 74 05 08 01 01 A2 03 02 01 00 A3 05 A1 03 02 01 00 BE 10 04 0E 08 00 06 5F 1F 04 00 00 1E 1D 04 C8 00 07 B8 6A 7E" // dlms-cosem
	frameGet  = "7E A0 1A 02 21 05 32 1D 83 E6 E6 00 C0 01 C1 00 01 01 00 00 02 00 FF 02 00 4B BB 7E"                                                                                           // gosem
	frameGot  = "7E A0 18 05 02 21 52 BE 09 E6 E7 00 C4 01 C1 00 09 05 56 30 34 31 31 F6 B6 7E"                                                                                                 // gosem
	frameDISC = "7E A0 08 02 21 93 53 D7 1E 7E"                                                                                                                                                 // gosem
)

// frameSegment is one with a flag for the lower half of its length, and many inside.
var frameSegment = hex.EncodeToString(hdlcOf(true, 0x96, true, bytes.Repeat([]byte{hdlc.Flag, 0x01}, 59)[1:]))

// hdlcOf makes a frame between client 16 and server 1, at one byte each, to or from the server.
func hdlcOf(fromMeter bool, control byte, segmented bool, info []byte) []byte {
	format := byte(0xA0)
	if segmented {
		format |= 8
	}
	body := []byte{format, 0, 0x03, 0x21, control}
	if fromMeter {
		body[2], body[3] = body[3], body[2]
	}
	body[1] = byte(len(body) + 2 + len(info))
	if len(info) > 0 {
		body[1] += 2
		body = append(appendFCS(body), info...)
	}
	return append(append([]byte{hdlc.Flag}, appendFCS(body)...), hdlc.Flag)
}

func appendFCS(p []byte) []byte {
	sum := ^crc16.HDLC.Sum(p)
	return append(p, byte(sum), byte(sum>>8))
}

func TestHDLCExtents(t *testing.T) {
	noClosing := frameAARE[:len(frameAARE)-3]
	checkExtents(t, dlms{}, []extentCase{
		{"flag alone", "", "7E", false, extent{}},
		{"fill flags", "", "7E 7E 7E " + frameSNRM, true, extent{n: 1, foreign: true}},
		{"flag, then something else", "", "7E 01 02", false, extent{n: 1, foreign: true}},
		{"text", "", "'NO CARRIER'", false, extent{n: 1, foreign: true}},
		{"damaged head", "", "7E A0 38 21 02 23 30 34 E8 E6 E7 00", false, extent{n: 9, foreign: true}},
		{"damaged head, a flag in it", "", "7E A0 38 21 02 23 30 7E A0 08", false, extent{n: 7, foreign: true}},
		{"length too small", "", "7E A0 05 21 03", false, extent{n: 3, foreign: true}},
		{"no end of an address", "", "7E A0 38 20 02 22 30 34", false, extent{n: 7, foreign: true}},
		{"address of three bytes", "", "7E A0 38 20 02 23 30 34", false, extent{n: 6, foreign: true}},
		{"bytes lost", "", "7E A0 08 02 23 21 93 BD 7E A0", true, extent{n: 8, foreign: true}},
		{"length too small for its head", "", "7E A0 0A 02 23 21 93 BD 64 7E", true, extent{n: 6, foreign: true}},
		{"half", "", "7E A0 38 21 02 23 30 34 E7 E6 E7 00", false, extent{}},
		{"without an opening flag, damaged", "", "A0 08 02 23 21 93 BD 65 7E", true, extent{n: 1, foreign: true}},
		{"without an opening flag, half", "", "A0 08 02 23 21 93", true, extent{}},
		{"damaged data", "", "7E A0 18 05 02 21 52 BE 09 E6 E7 00 C4 01 C1 00 09 05 56 30 34 31 32 F6 B6 7E", false, extent{n: 26}},
		{"damaged, no data", "", "7E A0 08 02 23 21 93 BD 65 7E", true, extent{n: 10}},
		{"closing flag damaged", "", noClosing + "7C", false, extent{n: 57}},

		{"snrm", "", frameSNRM, true, extent{n: 10}},
		{"ua", "", frameUA, false, extent{n: 33}},
		{"aarq", "", frameAARQ, true, extent{n: 46}},
		{"aare", "", frameAARE, false, extent{n: 58}},
		{"segment with a flag for its length", "", frameSegment, false, extent{n: 128}},
		{"without an opening flag", "", "A0 08 02 23 21 93 BD 64 7E", true, extent{n: 9}},
		{"without an opening flag, data", "", frameAARE[3:], false, extent{n: 57}},
	})
}

func TestHDLCAnonymousJudgements(t *testing.T) {
	checkJudgements(t, dlms{}, []judgeCase{
		{"nothing asked", "", frameUA, 0, rejected},
		{"not legible", frameSNRM, "7E 7E", 0, rejected},
		{"other addresses", frameDISC, frameUA, 0, rejected},
		{"data to snrm", frameSNRM, frameAARE, 0, rejected},
		{"snrm", frameSNRM, frameUA, 0, answered},
		{"another form of address", "7E A0 07 03 21 93 0F 01 7E", frameUA, 0, answered},
		{"event without a request", "", "7E A0 07 21 03 13 00 00 7E", 0, rejected},
	})
	ui := hdlcOf(true, 0x13, false, octets(t, "E6 E7 00 C2 00 00 07 01 00 63 01 00 FF 02 00"))
	for _, q := range [][]byte{nil, octets(t, frameGet), hdlcOf(false, 0x13, false, octets(t, "E6 E6 00 C0 01 C1"))} {
		if got := (dlms{}).judge(ui, q, 0); got != onItsOwn {
			t.Errorf("event during % x: %d", q, got)
		}
	}
	damaged := octets(t, frameUA)
	damaged[20] ^= 1
	if got := (dlms{}).judge(damaged, octets(t, frameSNRM), 0); got != answered {
		t.Errorf("damaged ua: %d", got)
	}
	checkExpectations(t, dlms{}, map[string]expectation{
		"":                              unanswered,
		"7E A0 08 02 23 21 93 BD 65 7E": unanswered,
		frameSNRM:                       anonymous,
		frameDISC:                       anonymous,
		frameAARQ:                       numbered,
		frameGet:                        numbered,
	})
}

func TestHDLCNumberedJudgements(t *testing.T) {
	request := func(control byte, info string) []byte { return hdlcOf(false, control, false, octets(t, info)) }
	answer := func(control byte, info string) []byte { return hdlcOf(true, control, false, octets(t, info)) }
	const getC1, dataC1 = "E6 E6 00 C0 01 C1 00 01", "E6 E7 00 C4 01 C1 00 05"
	i11, rr3 := request(0x32, getC1), request(0x71, "")
	damaged := answer(0x52, dataC1)
	damaged[len(damaged)-4] ^= 1
	for _, c := range []struct {
		name string
		q, a []byte
		nth  int
		want judgement
	}{
		{"acknowledges another request", i11, answer(0x32, dataC1), 0, rejected},
		{"another number", i11, answer(0x54, dataC1), 0, rejected},
		{"another invoke id", i11, answer(0x52, "E6 E7 00 C4 01 C2 00 05"), 0, rejected},
		{"another service", i11, answer(0x52, "E6 E7 00 C5 01 C1 00"), 0, rejected},
		{"response to another association", request(0x10, "E6 E6 00 60 1D A1 09"), answer(0x30, dataC1), 0, rejected},
		{"the first part again", i11, answer(0x52, dataC1), 1, rejected},
		{"not ready, not acknowledged", i11, answer(0x35, ""), 0, rejected},
		{"ua", i11, answer(0x73, ""), 0, rejected},
		{"damaged", i11, damaged, 0, rejected},
		{"part of another number", rr3, answer(0x54, dataC1), 0, rejected},

		{"data", i11, answer(0x52, dataC1), 0, answered},
		{"another priority", i11, answer(0x52, "E6 E7 00 C4 01 41 00 05"), 0, answered},
		{"ciphered", i11, answer(0x52, "E6 E7 00 CC 05 30 00 05"), 0, answered},
		{"refused as a whole", i11, answer(0x52, "E6 E7 00 D8 01 01"), 0, answered},
		{"without its final bit", i11, answer(0x42, dataC1), 0, partOf},
		{"second part", i11, answer(0x54, "01 02 03"), 1, answered},
		{"ready", i11, answer(0x51, ""), 0, answered},
		{"part asked for", rr3, answer(0x76, "01 02 03"), 0, answered},
		{"part asked for, not final", rr3, answer(0x66, "01 02 03"), 0, partOf},
		{"second part asked for", rr3, answer(0x78, "01 02 03"), 1, answered},
		{"disconnected", i11, answer(0x1F, ""), 0, answered},
		{"frame rejected", i11, answer(0x97, "01 02 03"), 0, answered},
	} {
		if got := (dlms{}).judge(c.a, c.q, c.nth); got != c.want {
			t.Errorf("%s: % x to % x: got %d, want %d", c.name, c.a, c.q, got, c.want)
		}
	}
	checkJudgements(t, dlms{}, []judgeCase{
		{"associated", frameAARQ, frameAARE, 0, answered},
		{"read", frameGet, frameGot, 0, answered},
		{"of another session", frameGet, frameAARE, 0, rejected},
	})
	for q, want := range map[string]expectation{
		string(hdlcOf(false, 0x20, true, []byte("segment"))): unanswered,
		string(hdlcOf(false, 0x30, true, []byte("segment"))): numbered,
		string(hdlcOf(false, 0x03, false, []byte("told"))):   unanswered,
		string(hdlcOf(false, 0x13, false, []byte("asked"))):  anonymous,
		string(rr3): numbered,
	} {
		if got := (dlms{}).expect([]byte(q)); got != want {
			t.Errorf("% x: got %d, want %d", q, got, want)
		}
	}
}

func TestHDLCStreams(t *testing.T) {
	checkConcatenation(t, dlms{}, nil, false, octets(t, frameUA), octets(t, frameAARE), octets(t, frameSegment), octets(t, frameGot), octets(t, frameUA))
	checkConcatenation(t, dlms{}, nil, true, octets(t, frameSNRM), octets(t, frameAARQ), octets(t, frameGet), octets(t, frameDISC))
	checkConcatenation(t, dlms{}, nil, false, octets(t, frameSegment), octets(t, frameSegment[2:]), octets(t, frameAARE[3:]), octets(t, frameUA))
	checkNoise(t, dlms{}, octets(t, frameAARE), nil, false, []byte{0x00, 0xFF, 0x7E, 0x55, 0xA0, 0x0D})
}

func FuzzHDLCRule(f *testing.F) {
	fuzzRule(f, HDLC, frameSNRM, frameGet, frameAARQ, frameUA, frameAARE, frameSegment, frameGot, frameDISC, "7E 7E "+frameSNRM, frameAARE[3:])
}
