package frame

import "bytes"

// expect takes a lone ACK for unanswered: it may ask for the next part of a block, but most often it confirms the last, and
// waiting for an answer would only hold up the next sign-on. If a block comes, judge knows it.
func (iec) expect(q []byte) expectation {
	switch {
	case len(q) == 0:
		return unanswered
	case isBinaryMode(q):
		return hdlc{}.expect(q)
	case len(q) == 1 && q[0] == iecACK, isBreak(q):
		return unanswered
	}
	return anonymous
}

// isBreak tells whether q is the command that ends programming mode.
func isBreak(q []byte) bool { return len(q) >= 3 && q[0] == iecSOH && q[1] == 'B' }

// iecKind is what a message is by its front.
type iecKind int

const (
	kindUnknown iecKind = iota
	kindSignOn          // or an identification
	kindSelect          // an option select
	kindACK             // a lone one
	kindNAK
	kindCommand // SOH …
	kindData    // STX …, or a block without it
	kindBinary  // HDLC
)

func iecKindOf(p []byte) iecKind {
	switch {
	case len(p) == 0:
		return kindUnknown
	case isBinaryMode(p):
		return kindBinary
	}
	switch p[0] {
	case '/':
		return kindSignOn
	case iecACK:
		if len(p) >= iecSelect {
			return kindSelect
		}
		return kindACK
	case iecNAK:
		return kindNAK
	case iecSOH:
		return kindCommand
	case iecSTX, '(', '!', '\r', '\n':
		return kindData
	}
	if isIECCode(p[0]) {
		return kindData
	}
	return kindUnknown
}

// judge knows which kind of message may follow which. Meters of mode D identify themselves and send data when a button is
// pressed or time has come; heads for reading by light send back what they are sent.
func (r iec) judge(a, q []byte, nth int) judgement {
	got := iecKindOf(a)
	asked := iecKindOf(q)
	switch {
	case asked == kindUnknown:
		if got == kindSignOn || got == kindData {
			return onItsOwn
		}
		if got == kindBinary {
			return hdlc{}.judge(a, nil, nth)
		}
		return rejected
	case got == kindBinary || asked == kindBinary:
		if got != asked { // the mode has been left on one side
			return rejected
		}
		return hdlc{}.judge(a, q, nth)
	case asked == kindSelect && got == kindSelect:
		if q[1] == '2' { // confirms binary mode
			return answered
		}
		return onItsOwn
	case len(q) > 1 && bytes.Equal(a, q):
		return onItsOwn
	case asked == kindSignOn && got == kindData && nth > 0: // modes A and B: data without an acknowledgement
		return onItsOwn
	}
	return answeredIf(r.follows(got, asked, q))
}

func (iec) follows(got, asked iecKind, q []byte) bool {
	switch asked {
	case kindSignOn: // data come at once if the request is one of the maker's own ("/#…")
		return got == kindSignOn || got == kindData && (len(q) < 2 || q[1] != '?')
	case kindSelect:
		switch q[3] {
		case '0':
			return got == kindData || got == kindNAK
		case '1': // data: the select was not understood (6.4.3)
			return got == kindCommand || got == kindData || got == kindNAK
		}
		return got != kindSignOn && got != kindUnknown
	case kindCommand:
		return !isBreak(q) && (got == kindCommand || got == kindData || got == kindACK || got == kindNAK)
	case kindACK:
		return got == kindCommand || got == kindData || got == kindNAK
	case kindNAK, kindData:
		return got == kindCommand || got == kindData || got == kindACK || got == kindNAK
	}
	return false
}
