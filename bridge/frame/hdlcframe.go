package frame

// hdlcFrame is a frame taken apart.
type hdlcFrame struct {
	to, from  hdlcAddress
	control   byte
	info      []byte
	segmented bool // the data go on in the next frame
	good      bool // the check sum is right
}

// hdlcAddress is an address in its two parts; a client has no lower one.
type hdlcAddress struct{ upper, lower, bits int }

// parseHDLC takes a message apart that hdlcExtent has measured.
func parseHDLC(p []byte) (hdlcFrame, bool) {
	for len(p) > 0 && p[0] == hdlcFlag {
		p = p[1:]
	}
	if len(p) < hdlcLeast || !isHDLCFormat(p[0]) {
		return hdlcFrame{}, false
	}
	at, _ := hdlcHead(p)
	if at.whole == 0 || len(p) < at.whole {
		return hdlcFrame{}, false
	}
	p = p[:at.whole]
	f := hdlcFrame{
		to:        parseHDLCAddress(p[2:at.source]),
		from:      parseHDLCAddress(p[at.source:at.control]),
		control:   p[at.control],
		segmented: p[0]&8 != 0,
		good:      goodHDLC(p),
	}
	if at.info > 0 {
		f.info = p[at.info : len(p)-2]
	}
	return f, true
}

func parseHDLCAddress(p []byte) hdlcAddress {
	switch len(p) {
	case 2:
		return hdlcAddress{int(p[0] >> 1), int(p[1] >> 1), 7}
	case 4:
		return hdlcAddress{int(p[0]>>1)<<7 | int(p[1]>>1), int(p[2]>>1)<<7 | int(p[3]>>1), 14}
	}
	return hdlcAddress{upper: int(p[0] >> 1), lower: -1, bits: 7}
}

// same reports whether two addresses can be those of one station. One of a single byte has no lower part and fits any; a part
// of nothing but ones means everybody (IEC 62056-46, 6.4.2).
func (a hdlcAddress) same(b hdlcAddress) bool {
	if a.upper != b.upper && !a.everybody(a.upper) && !b.everybody(b.upper) {
		return false
	}
	return a.lower < 0 || b.lower < 0 || a.lower == b.lower || a.everybody(a.lower) || b.everybody(b.lower)
}

func (a hdlcAddress) everybody(part int) bool { return part == 1<<a.bits-1 }

// Control fields, without the poll and final bit (IEC 62056-46, 6.4.3).
const (
	hdlcFinal      = 0x10
	hdlcReady      = 0x01 // RR; in the lower four bits
	hdlcNotReady   = 0x05 // RNR
	hdlcUI         = 0x03
	hdlcUA         = 0x63
	hdlcDM         = 0x0F
	hdlcFRMR       = 0x87
	hdlcSNRM       = 0x83
	hdlcDisconnect = 0x43
)

func (f hdlcFrame) final() bool      { return f.control&hdlcFinal != 0 }
func (f hdlcFrame) isInfo() bool     { return f.control&1 == 0 }
func (f hdlcFrame) isSuper() bool    { return f.control&3 == 1 }
func (f hdlcFrame) unnumbered() byte { return f.control &^ hdlcFinal }
func (f hdlcFrame) sent() int        { return int(f.control>>1) & 7 }
func (f hdlcFrame) received() int    { return int(f.control >> 5) }

// apdu is what the frame's data carry behind the LLC header of a client's ("command") or a meter's message; nil: the data do
// not begin with it, or it is the middle of something longer.
func (f hdlcFrame) apdu(command bool) []byte {
	quality := byte(0xE7)
	if command {
		quality = 0xE6
	}
	if len(f.info) < 4 || f.info[0] != 0xE6 || f.info[1] != quality || f.info[2] != 0 {
		return nil
	}
	return f.info[3:]
}
