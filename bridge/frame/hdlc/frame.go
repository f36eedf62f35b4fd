package hdlc

// Frame is a frame taken apart.
type Frame struct {
	To, From  Address
	Control   byte
	Info      []byte
	Segmented bool // the data go on in the next frame
	Good      bool // the check sum is right
}

// Address is an address in its two parts. A client has no lower one.
type Address struct{ upper, lower, bits int }

// Parse takes apart the frame p, with or without flags. It reports false if p is none.
func Parse(p []byte) (Frame, bool) {
	for len(p) > 0 && p[0] == Flag {
		p = p[1:]
	}
	if len(p) < Least || !IsFormat(p[0]) {
		return Frame{}, false
	}
	at, _ := Head(p)
	if at.Whole == 0 || len(p) < at.Whole {
		return Frame{}, false
	}
	p = p[:at.Whole]
	f := Frame{
		To:        parseAddress(p[2:at.Source]),
		From:      parseAddress(p[at.Source:at.Control]),
		Control:   p[at.Control],
		Segmented: p[0]&8 != 0,
		Good:      Good(p),
	}
	if at.Info > 0 {
		f.Info = p[at.Info : len(p)-2]
	}
	return f, true
}

func parseAddress(p []byte) Address {
	switch len(p) {
	case 2:
		return Address{int(p[0] >> 1), int(p[1] >> 1), 7}
	case 4:
		return Address{int(p[0]>>1)<<7 | int(p[1]>>1), int(p[2]>>1)<<7 | int(p[3]>>1), 14}
	}
	return Address{upper: int(p[0] >> 1), lower: -1, bits: 7}
}

// Same reports whether two addresses can be those of one station. An address of a single byte has no lower part, which then fits any. A
// part of nothing but ones means all stations (6.4.2).
func (a Address) Same(b Address) bool {
	if a.upper != b.upper && !a.everybody(a.upper) && !b.everybody(b.upper) {
		return false
	}
	return a.lower < 0 || b.lower < 0 || a.lower == b.lower || a.everybody(a.lower) || b.everybody(b.lower)
}

func (a Address) everybody(part int) bool { return part == 1<<a.bits-1 }

// Control fields, without the poll and final bit (6.4.3).
const (
	Final      = 0x10 // the poll and final bit
	UI         = 0x03
	UA         = 0x63
	DM         = 0x0F
	FRMR       = 0x87
	SNRM       = 0x83
	Disconnect = 0x43
)

// IsFinal reports whether f has the final bit.
func (f Frame) IsFinal() bool { return f.Control&Final != 0 }

// IsInfo reports whether f is an information frame.
func (f Frame) IsInfo() bool { return f.Control&1 == 0 }

// IsSupervisory reports whether f is RR or RNR.
func (f Frame) IsSupervisory() bool { return f.Control&3 == 1 }

// Unnumbered returns the control field of a frame that is neither.
func (f Frame) Unnumbered() byte { return f.Control &^ Final }

// Sent returns the number of an information frame.
func (f Frame) Sent() int { return int(f.Control>>1) & 7 }

// Received returns the number of the information frame that f expects next.
func (f Frame) Received() int { return int(f.Control >> 5) }

// APDU returns what the frame's data carry behind the LLC header of a client's (command) or a meter's message. It is nil if the data do
// not begin with that header, or are the middle of something longer.
func (f Frame) APDU(command bool) []byte {
	quality := byte(0xE7)
	if command {
		quality = 0xE6
	}
	if len(f.Info) < 4 || f.Info[0] != 0xE6 || f.Info[1] != quality || f.Info[2] != 0 {
		return nil
	}
	return f.Info[3:]
}
