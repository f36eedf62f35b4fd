package frame

// The first bytes of M-Bus frames (EN 13757-2), and the last byte of frames with more than one.
const (
	mbusSingle = 0xE5
	mbusShort  = 0x10
	mbusLong   = 0x68
	mbusStop   = 0x16
)

// Addresses with a meaning (EN 13757-2).
const (
	mbusSelected = 0xFD // the meter that has been selected by its secondary address
	mbusAnyone   = 0xFE // whoever is there answers
	mbusEveryone = 0xFF // nobody answers
)

// Bits and functions of the control field (EN 13757-2).
const (
	mbusFromMaster = 0x40
	mbusSendReset  = 0x00 // SND_NKE
	mbusSendData   = 0x03 // SND_UD
	mbusStatus     = 0x09 // REQ_SKE
	mbusAlarms     = 0x0A // REQ_UD1
	mbusData       = 0x0B // REQ_UD2
)

// mbus is M-Bus. A frame with the right length bytes and stop byte is a message even if its check sum is wrong: the program gets it and
// sees the damage. The 55h that wake a meter belong to no message.
type mbus struct{}

func (mbus) request(p []byte) extent { return mbusExtent(p, false) }

func (mbus) answer(p, _ []byte) extent { return mbusExtent(p, true) }

func mbusExtent(p []byte, single bool) extent {
	begins := func(b byte) bool { return b == mbusShort || b == mbusLong || single && b == mbusSingle }
	switch {
	case single && p[0] == mbusSingle:
		return extent{n: 1}
	case p[0] == mbusShort:
		return mbusEnd(p, 5, begins)
	case p[0] != mbusLong:
		return extent{n: 1, foreign: true}
	}
	if n := mbusHeadFault(p); n > 0 {
		return noMessage(p[:n], begins)
	}
	if len(p) < 4 {
		return extent{}
	}
	return mbusEnd(p, 6+int(p[1]), begins)
}

// mbusHeadFault returns how many bytes of p show that it does not begin like a long frame; 0 if it does so far.
func mbusHeadFault(p []byte) int {
	switch {
	case len(p) > 1 && p[1] < 3:
		return 2
	case len(p) > 2 && p[2] != p[1]:
		return 3
	case len(p) > 3 && p[3] != mbusLong:
		return 4
	}
	return 0
}

func mbusEnd(p []byte, n int, begins func(byte) bool) extent {
	switch {
	case len(p) < n:
		return extent{}
	case p[n-1] != mbusStop || p[0] == mbusShort && p[1]+p[2] != p[3]:
		return noMessage(p[:n], begins)
	}
	return extent{n: n}
}

// mbusFields returns the control field and the address of a frame of more than one byte.
func mbusFields(p []byte) (control, address byte, ok bool) {
	switch {
	case len(p) == 5 && p[0] == mbusShort:
		return p[1], p[2], true
	case len(p) >= 9 && p[0] == mbusLong:
		return p[4], p[5], true
	}
	return 0, 0, false
}

func (mbus) expect(q []byte) expectation {
	_, address, ok := mbusFields(q)
	if !ok || address == mbusEveryone {
		return unanswered
	}
	return anonymous
}

func (mbus) judge(a, q []byte, _ int) judgement {
	control, address, ok := mbusFields(q)
	if !ok || len(a) == 0 {
		return rejected
	}
	acknowledged, data := false, false
	switch control & 0x0F {
	case mbusSendReset, mbusSendData:
		acknowledged = true
	case mbusAlarms:
		acknowledged, data = true, true
	case mbusData, mbusStatus:
		data = true
	default:
		acknowledged, data = true, true
	}
	if a[0] == mbusSingle {
		return answeredIf(acknowledged)
	}
	control, from, ok := mbusFields(a)
	if !ok || control&mbusFromMaster != 0 {
		return rejected
	}
	anyone := address == mbusAnyone || address == mbusSelected || address == mbusEveryone
	return answeredIf(data && (from == address || anyone))
}

func answeredIf(ok bool) judgement {
	if ok {
		return answered
	}
	return rejected
}
