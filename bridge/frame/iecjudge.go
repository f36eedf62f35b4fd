package frame

// expect does not wait for an answer to a lone ACK. It may ask for the next part of a block, but most often confirms the last one, and
// waiting would hold up the next sign-on. If a block comes, judge accepts it.
func (iec) expect(q []byte) expectation {
	switch {
	case len(q) == 0:
		return unanswered
	case isBinaryMode(q):
		return dlms{}.expect(q)
	case len(q) == 1 && q[0] == iecACK:
		return optional
	case isBreak(q):
		return unanswered
	}
	return anonymous
}

// isBreak reports whether q is the command that ends programming mode.
func isBreak(q []byte) bool { return len(q) >= 3 && q[0] == iecSOH && q[1] == 'B' }

// iecKind is the kind of a message, by its front.
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

// mirrors: a meter confirms the change to binary mode by repeating the select, and a NAK may answer a NAK.
func (iec) mirrors(q []byte) bool {
	return len(q) == 1 || iecKindOf(q) == kindSelect && q[1] == hdlcMode
}

// next reports whether req goes on with the meter that has identified itself to the sign-on q.
func (iec) next(req, q []byte) bool {
	return iecKindOf(q) == kindSignOn && iecKindOf(req) != kindSignOn
}

// unnamed: a meter answers the standard's sign-on with its identification; in modes A and B data follow at once.
func (iec) unnamed(q []byte) bool { return len(q) > 1 && q[0] == '/' && q[1] == '?' }

// sealed is dlms's in binary mode. Block check characters are not looked at.
func (iec) sealed(a []byte) bool { return isBinaryMode(a) && dlms{}.sealed(a) }

// alike is dlms's in binary mode.
func (iec) alike(q, other []byte) bool {
	return isBinaryMode(q) && isBinaryMode(other) && dlms{}.alike(q, other)
}

// judge compares the kinds of messages. Meters of mode D identify themselves and send data without a request, when a button is pressed or
// at certain times.
func (r iec) judge(a, q []byte, nth int) judgement {
	got := iecKindOf(a)
	asked := iecKindOf(q)
	switch {
	case asked == kindUnknown:
		if got == kindSignOn || got == kindData {
			return onItsOwn
		}
		if got == kindBinary {
			return dlms{}.judge(a, nil, nth)
		}
		return rejected
	case got == kindBinary || asked == kindBinary:
		if got != asked { // the mode has been left on one side
			return rejected
		}
		return dlms{}.judge(a, q, nth)
	case asked == kindSelect && got == kindSelect:
		return answeredIf(q[1] == hdlcMode)
	case asked == kindSignOn && got == kindSignOn && nth == 0: // in modes A and B data follow without an acknowledgement
		return partOrAll
	case asked == kindSignOn && got == kindSignOn:
		return rejected
	case asked == kindSignOn && got == kindData && nth > 0:
		return answered
	}
	switch {
	case r.follows(got, asked, q):
		return answered
	case (asked == kindSelect || asked == kindCommand && !isBreak(q)) && (got == kindData || got == kindCommand):
		return unlike
	}
	return rejected
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
