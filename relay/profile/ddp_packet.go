package profile

import "strings"

// A DDP packet begins with a mark, its type, its length of two bytes, high byte first, and the modem's id of eleven; it
// ends, or its header ends, with another mark.
const (
	ddpMark = '{'
	ddpID   = 11
	ddpHead = 4 + ddpID         // all up to the id
	ddpBare = ddpHead + 1       // the length of a packet without data
	ddpCall = ddpBare + 6       // of a registration, which tells address and port
	ddpData = 1024              // at most in a packet
	ddpMost = ddpBare + ddpData // the longest packet
	ddpDown = 0x80              // added to the type of what goes to the modem
)

// Types of packets, as the modem sends them.
const (
	ddpRegister = 0x01
	ddpLogout   = 0x02
	ddpInvalid  = 0x04 // it did not understand
	ddpTaken    = 0x05 // it acknowledges data
	ddpUser     = 0x09 // the meter's data
	ddpQueried  = 0x0B // answers to questions about its settings, which we do not ask
	ddpSet      = 0x0D
	ddpLog      = 0x0E
	ddpUpgrade  = 0x0F
)

// ddpForm is where a packet has its data. Descriptions and implementations know three manners.
type ddpForm int32

const (
	ddpUnknown ddpForm = iota
	ddpInside          // between the id and the closing mark; the length counts them. Makers' form over TCP
	ddpApart           // behind the closing mark; the length counts the header only. Makers' form over UDP, also met over TCP
	ddpBehind          // behind the closing mark; the length counts them
)

// appendDDP appends a packet with data.
func appendDDP(dst []byte, kind byte, id string, form ddpForm, data []byte) []byte {
	length := ddpBare
	if form != ddpApart {
		length += len(data)
	}
	dst = append(dst, ddpMark, kind, byte(length>>8), byte(length))
	dst = append(dst, id...)
	if form == ddpInside {
		return append(append(dst, data...), ddpMark)
	}
	return append(append(dst, ddpMark), data...)
}

// ddpPacket is what a header tells.
type ddpPacket struct {
	kind   byte
	length int
	own    bool // of this session's modem
}

// fits tells whether a packet from a modem may be like that.
func (h *ddpPacket) fits() bool {
	switch h.kind {
	case ddpRegister:
		return h.length == ddpCall
	case ddpLogout:
		return h.length == ddpBare
	}
	return h.length >= ddpBare && h.length <= ddpMost
}

// match is what some bytes are.
type match int

const (
	matchNo match = iota
	matchMore
	matchYes
)

// matchDDP tells whether p, which is not empty, begins with a header. One with another id than this session's is less
// certain, so it is taken for one only where its closing mark stands in the right place, too.
func matchDDP(p []byte, id string) (h ddpPacket, m match) {
	switch {
	case p[0] != ddpMark:
		return h, matchNo
	case len(p) == 1:
		return h, matchMore
	}
	switch h.kind = p[1]; h.kind {
	case ddpRegister, ddpLogout, ddpInvalid, ddpTaken, ddpUser, ddpQueried, ddpSet, ddpLog, ddpUpgrade:
	default:
		return h, matchNo
	}
	if len(p) < 4 {
		return h, matchMore
	}
	h.length = int(p[2])<<8 | int(p[3])
	name := string(p[4:min(len(p), ddpHead)])
	h.own = strings.HasPrefix(id, name)
	closed := h.length == ddpBare || h.kind == ddpRegister // the closing mark's place is certain
	switch {
	case !h.fits(), !visible(name), !h.own && !closed:
		return h, matchNo
	case len(name) < ddpID, closed && len(p) < h.length:
		return h, matchMore
	case closed && p[h.length-1] != ddpMark:
		return h, matchNo
	}
	return h, matchYes
}

// visible tells whether s is visible ASCII throughout.
func visible(s string) bool {
	return !strings.ContainsFunc(s, func(c rune) bool { return c <= ' ' || c > '~' })
}
