package frame

import (
	"encoding/binary"
	"testing"
)

// Wrappers of gurux' and dlms-cosem's tests, between client 16 and server 1.
const (
	wrapperAARQ = "00 01 00 10 00 01 00 1F 60 1D A1 09 06 07 60 85 74 05 08 01 01 BE 10 04 0E 01 00 00 00 06 5F 1F 04 00 00 1E 1D FF FF"
	wrapperAARE = "00 01 00 01 00 10 00 2B 61 29 A1 09 06 07 60 85 74 05 08 01 01 A2 03 02 01 00 A3 05 A1 03 02 01 00 BE 10 04 0E 08 00 06 5F 1F 04 00 00 1E 1D 04 C8 00 07"
	wrapperGet  = "00 01 00 10 00 01 00 0D C0 01 C1 00 01 01 00 00 02 00 FF 02 00"
	wrapperGot  = "00 01 00 01 00 10 00 0B C4 01 C1 00 09 05 56 30 34 31 31"
	wrapperPush = "00 01 00 01 00 66 00 06 0F 00 00 00 01 00"
)

// wrapped is a wrapper between client 16 and server 1.
func wrapped(fromMeter bool, unit []byte) []byte {
	p := []byte{0, 1, 0, 0x10, 0, 1}
	if fromMeter {
		p = []byte{0, 1, 0, 1, 0, 0x10}
	}
	return append(binary.BigEndian.AppendUint16(p, uint16(len(unit))), unit...)
}

func TestWrapperExtents(t *testing.T) {
	checkExtents(t, wrapper{}, []extentCase{
		{"zero alone", "", "00", false, extent{}},
		{"zeros in front", "", "00 00 " + wrapperGet, true, extent{n: 1, foreign: true}},
		{"text", "", "'NO CARRIER'", false, extent{n: 1, foreign: true}},
		{"another version", "", "00 02 00 01 00 10 00 01 C4", false, extent{n: 2, foreign: true}},
		{"from no station", "", "00 01 00 00 00 10 00 01 C4", false, extent{n: 2, foreign: true}},
		{"to no station", "", "00 01 00 01 00 00 00 01 C4", false, extent{n: 2, foreign: true}},
		{"no data unit", "", "00 01 00 01 00 10 00 00 C4", false, extent{n: 2, foreign: true}},
		{"half a header", "", "00 01 00 01 00", false, extent{}},
		{"half", "", "00 01 00 01 00 10 00 0B C4 01 C1 00 09 05 56 30 34 31", false, extent{}},
		{"too long to be", "", "00 01 00 01 00 10 40 00 C4 01", false, extent{n: 2, foreign: true}},
		{"a station that is none", "", "00 01 C0 01 00 10 00 01 C4", false, extent{n: 4, foreign: true}},
		{"as long as can be", "", "00 01 00 01 00 10 3F FF C4 01", false, extent{}},
		{"given up, and another", "", "00 01 00 10 00 01 00 0D C0 01 C1 " + wrapperGet, true, extent{n: 11, foreign: true}},
		{"the header again in an answer", "", "00 01 00 01 00 10 00 07 C4 00 01 00 01 00 10", false, extent{n: 15}},

		{"aarq", "", wrapperAARQ, true, extent{n: 39}},
		{"aare", "", wrapperAARE, false, extent{n: 51}},
		{"get", "", wrapperGet, true, extent{n: 21}},
		{"got", "", wrapperGot + " 00 01", false, extent{n: 19}},
	})
}

func TestWrapperJudgements(t *testing.T) {
	const block, last = "00 01 00 01 00 10 00 07 E0 41 00 01 00 00 00", "00 01 00 01 00 10 00 07 E0 81 00 02 00 00 00"
	checkJudgements(t, wrapper{}, []judgeCase{
		{"nothing asked", "", wrapperGot, 0, rejected},
		{"another client's", "00 01 00 11 00 01 00 0D C0 01 C1 00 01 01 00 00 02 00 FF 02 00", wrapperGot, 0, rejected},
		{"another server's", "00 01 00 10 00 02 00 0D C0 01 C1 00 01 01 00 00 02 00 FF 02 00", wrapperGot, 0, rejected},
		{"another id", "00 01 00 10 00 01 00 0D C0 01 C2 00 01 01 00 00 02 00 FF 02 00", wrapperGot, 0, rejected},
		{"another service", wrapperGet, wrapperAARE, 0, rejected},
		{"an echo", wrapperGet, wrapperGet, 0, rejected},
		{"a push", wrapperGet, wrapperPush, 0, onItsOwn},
		{"a push unasked", "", wrapperPush, 0, onItsOwn},
		{"a block of many", wrapperGet, block, 0, partOf},
		{"the last block", wrapperGet, last, 1, answered},
		{"ciphered", wrapperGet, "00 01 00 01 00 10 00 04 CC 02 30 00", 0, answered},
		{"refused", wrapperGet, "00 01 00 01 00 10 00 03 D8 01 02", 0, answered},
		{"aare", wrapperAARQ, wrapperAARE, 0, answered},
		{"got", wrapperGet, wrapperGot, 0, answered},
	})
	checkExpectations(t, wrapper{}, map[string]expectation{"": unanswered, wrapperGet: anonymous, wrapperAARQ: anonymous})
}

func TestWrapperStreams(t *testing.T) {
	checkConcatenation(t, wrapper{}, nil, false, octets(t, wrapperAARE), octets(t, wrapperGot), octets(t, wrapperPush), octets(t, wrapperGot))
	checkConcatenation(t, wrapper{}, nil, true, octets(t, wrapperAARQ), octets(t, wrapperGet), octets(t, wrapperGet))
	checkNoise(t, wrapper{}, octets(t, wrapperGot), nil, false, []byte{0x00, 0xFF, 0x55, 0x7E})
	checkNoise(t, wrapper{}, octets(t, wrapperGet), nil, true, []byte{0x00, 0xFF, 0x55, 0x7E})
}

// Nothing but time tells a late answer from the next one's: the next request waits for it, and gets its own.
func TestWrapperLate(t *testing.T) {
	const next, its = "00 01 00 10 00 01 00 0D C0 01 C1 00 03 01 00 01 08 00 FF 02 00", "00 01 00 01 00 10 00 06 C4 01 C1 00 11 07"
	hexPlay(t, Config{Protocol: Wrapper},
		step{0, "write", wrapperGet, []string{"> " + wrapperGet}},
		step{2 * sec, "write", next, nil},
		step{3 * sec, "come", wrapperGot, []string{"late answer: " + wrapperGot, "> " + next}},
		step{4 * sec, "come", wrapperPush, []string{"< " + wrapperPush}},
		step{5 * sec, "come", its, []string{"< " + its}},
		step{6 * sec, "write", wrapperGet, []string{"> " + wrapperGet}},
		step{7 * sec, "come", wrapperGot[:20], nil},
		step{7500 * ms, "come", wrapperGot[20:], []string{"< " + wrapperGot}},
	)
}

func FuzzWrapperRule(f *testing.F) {
	fuzzRule(f, Wrapper, wrapperGet, wrapperAARQ, wrapperGot, wrapperAARE, wrapperPush, "00 00 "+wrapperGet, "00 01 00 01 00 10 FF FF")
}
