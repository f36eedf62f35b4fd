package frame

import "meterline/bridge/frame/hdlc"

// dlms is DLMS/COSEM over HDLC. The length in a frame's head ends it, never a flag: flags occur inside. A head with data behind it has a
// check sum of its own, and its length counts only if that is right. A frame without data has one check sum; there a flag in the
// right place is enough. So a damaged head belongs to no message and passes at once, while a frame with damaged data is a message,
// whose damage judge sees.
//
// A flag may close one frame and open the next. It belongs to the first then, and the second begins with its format field. Flags that
// fill the time between frames belong to no message.
type dlms struct{}

func (dlms) request(p []byte) extent { return hdlcExtent(p) }

func (dlms) answer(p, _ []byte) extent { return hdlcExtent(p) }

func hdlcExtent(p []byte) extent {
	switch {
	case hdlc.IsFormat(p[0]):
		return flaglessExtent(p)
	case p[0] != hdlc.Flag:
		return extent{n: 1, foreign: true}
	case len(p) < 2:
		return extent{}
	case !hdlc.IsFormat(p[1]):
		return extent{n: 1, foreign: true}
	}
	head, fault := hdlc.Head(p[1:])
	whole := head.Whole
	switch {
	case fault > 0:
		return noMessage(p[:1+fault], isHDLCFlag)
	case whole == 0 || len(p) < 1+whole+1:
		return extent{}
	case p[1+whole] == hdlc.Flag:
		return extent{n: 1 + whole + 1}
	case hdlc.Good(p[1 : 1+whole]):
		return extent{n: 1 + whole}
	}
	return noMessage(p[:1+whole+1], isHDLCFlag)
}

// flaglessExtent measures a frame whose opening flag was taken for the closing flag of the frame before. Only its check sums distinguish
// it from other bytes.
func flaglessExtent(p []byte) extent {
	head, fault := hdlc.Head(p)
	whole := head.Whole
	switch {
	case fault > 0:
		return extent{n: 1, foreign: true}
	case whole == 0 || len(p) < whole:
		return extent{}
	case head.Info == 0 && !hdlc.Good(p[:whole]):
		return extent{n: 1, foreign: true}
	case len(p) == whole:
		return extent{}
	case p[whole] == hdlc.Flag:
		return extent{n: whole + 1}
	case hdlc.Good(p[:whole]):
		return extent{n: whole}
	}
	return extent{n: 1, foreign: true}
}

func isHDLCFlag(b byte) bool { return b == hdlc.Flag }
