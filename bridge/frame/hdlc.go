package frame

const (
	hdlcFlag   = 0x7E
	hdlcFormat = 0xA0 // frame format type 3, in the upper four bits (IEC 62056-46, 6.4.1)
	hdlcLeast  = 7    // format 2, addresses 1 and 1, control 1, check sum 2
)

// hdlc is DLMS/COSEM over HDLC. The length in a frame's head ends it, never a flag: flags occur inside. A head with data
// behind it has a check sum of its own, and a length is believed only if that is right; a frame without data has just one,
// and there a flag in the right place is enough. So a damaged head belongs to no message and passes at once, while a frame
// whose data are damaged is a message that judge knows for damaged.
//
// A flag may close one frame and open the next: it goes with the first, and the second begins with its format field. Flags
// that fill the time between frames belong to no message.
type hdlc struct{}

func (hdlc) request(p []byte) extent { return hdlcExtent(p) }

func (hdlc) answer(p, _ []byte) extent { return hdlcExtent(p) }

func hdlcExtent(p []byte) extent {
	switch {
	case isHDLCFormat(p[0]):
		return flaglessExtent(p)
	case p[0] != hdlcFlag:
		return extent{n: 1, foreign: true}
	case len(p) < 2:
		return extent{}
	case !isHDLCFormat(p[1]):
		return extent{n: 1, foreign: true}
	}
	head, fault := hdlcHead(p[1:])
	switch {
	case fault > 0:
		return noMessage(p[:1+fault], isHDLCFlag)
	case head.whole == 0 || len(p) < 1+head.whole+1:
		return extent{}
	}
	frame, end := p[1:1+head.whole], p[1+head.whole]
	switch {
	case end == hdlcFlag:
		return extent{n: 1 + head.whole + 1}
	case goodHDLC(frame):
		return extent{n: 1 + head.whole}
	}
	return noMessage(p[:1+head.whole+1], isHDLCFlag)
}

// flaglessExtent measures a frame whose opening flag has been taken for the closing one of the frame before. Nothing but
// its check sums tells it from other bytes.
func flaglessExtent(p []byte) extent {
	head, fault := hdlcHead(p)
	switch {
	case fault > 0:
		return extent{n: 1, foreign: true}
	case head.whole == 0 || len(p) < head.whole:
		return extent{}
	case head.info == 0 && !goodHDLC(p[:head.whole]):
		return extent{n: 1, foreign: true}
	case len(p) == head.whole:
		return extent{}
	case p[head.whole] == hdlcFlag:
		return extent{n: head.whole + 1}
	case goodHDLC(p[:head.whole]):
		return extent{n: head.whole}
	}
	return extent{n: 1, foreign: true}
}

func isHDLCFlag(b byte) bool { return b == hdlcFlag }

func isHDLCFormat(b byte) bool { return b&0xF0 == hdlcFormat }

// hdlcFields is where the parts of a frame lie, from its format field on.
type hdlcFields struct {
	whole   int // length of all, without flags; 0: not known for sure yet
	source  int // the source address
	control int // the control field
	info    int // the data, behind the head's check sum; 0: there are none
}

// hdlcHead reads the head at the front of p. If fault is above 0, so many bytes tell that it is none.
func hdlcHead(p []byte) (f hdlcFields, fault int) {
	if len(p) < 2 {
		return f, 0
	}
	whole := int(p[0]&7)<<8 | int(p[1])
	if whole < hdlcLeast {
		return f, 2
	}
	at := 2
	for i := range 2 {
		if i == 1 {
			f.source = at
		}
		n, fault := hdlcAddressLen(p[at:])
		if fault > 0 {
			return f, at + fault
		}
		if n == 0 {
			return f, 0
		}
		at += n
	}
	f.control = at
	sum := at + 3
	switch {
	case whole == sum:
	case whole <= sum+2:
		return f, at
	case len(p) < sum:
		return f, 0
	case !goodHDLC(p[:sum]):
		return f, sum
	default:
		f.info = sum
	}
	f.whole = whole
	return f, 0
}

// hdlcAddressLen is how long the address at the front of p is: its last byte has the lowest bit set, and there are one,
// two or four (IEC 62056-46, 6.4.2). 0: more bytes are needed.
func hdlcAddressLen(p []byte) (n, fault int) {
	for i, b := range p[:min(len(p), 4)] {
		if b&1 != 0 {
			if i == 2 {
				return 0, 3
			}
			return i + 1, 0
		}
	}
	if len(p) >= 4 {
		return 0, 4
	}
	return 0, 0
}
