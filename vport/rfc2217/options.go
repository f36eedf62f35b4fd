package rfc2217

import "slices"

// The options that are known here, in the order in which they are offered. All others are refused.
const (
	optBinary  = iota // RFC 856
	optSGA            // RFC 858: suppress go ahead
	optEcho           // RFC 857: the server does it, so that terminals do not show what they send themselves
	optComPort        // RFC 2217
	optionCount
)

var codeOf = [optionCount]byte{optBinary: 0, optSGA: 3, optEcho: 1, optComPort: 44}

// optionState is how far one side's use of an option has been agreed, by RFC 1143, "The Q Method of Implementing TELNET Option
// Negotiation": nothing is sent that does not change the state, so that two ends never answer each other for ever. Our wishes
// never change, so that the RFC's queue is not needed.
//
//	no ──ask──► wantYes ──yes──► yes
//	▲              │             │
//	└──────no──────┘◄─────no─────┘
type optionState byte

const (
	no optionState = iota
	yes
	wantYes // we have asked
	wantNo  // we have withdrawn it, and the peer has not answered yet
)

// option is one side's use of an option.
type option struct {
	state optionState
	may   bool // we agree if the peer asks
}

func (o option) on() bool { return o.state == yes }

// said takes the peer's yes or no. It returns our answer, and whether to send it.
func (o *option) said(positive bool) (answer, send bool) {
	switch {
	case positive && o.state == wantYes:
		o.state = yes
	case positive && o.state == no && o.may:
		o.state = yes
		return true, true
	case positive && o.state == no:
		return false, true
	case !positive && o.state == yes:
		o.state = no
		return false, true
	case !positive, o.state == wantNo: // the second case is the peer's mistake, which RFC 1143 takes for a no
		o.state = no
	}
	return false, false
}

// offer appends the request for an option, once.
func (t *telnet) offer(dst []byte, which int, ours bool) []byte {
	o, verb := &t.theirs[which], byte(cmdDo)
	if ours {
		o, verb = &t.ours[which], cmdWill
	}
	if o.state != no {
		return dst
	}
	o.state = wantYes
	return append(dst, iac, verb, codeOf[which])
}

// negotiate takes WILL, WONT, DO or DONT.
func (t *telnet) negotiate(verb, code byte) {
	ours, positive := verb == cmdDo || verb == cmdDont, verb == cmdDo || verb == cmdWill
	var stranger option
	o, which := &stranger, slices.Index(codeOf[:], code)
	before := t.Available()
	switch {
	case which < 0:
	case ours:
		o = &t.ours[which]
	default:
		o = &t.theirs[which]
	}
	asked := o.state == wantYes
	answer, send := o.said(positive)
	if send {
		t.reply(iac, answerVerb(ours, answer), code)
	}
	switch {
	case which == optBinary && !ours:
		t.cr = false
	case which == optComPort && (before != t.Available() || asked && !positive && !before):
		t.role.agreed(t.Available())
	}
}

func answerVerb(ours, positive bool) byte {
	switch {
	case ours && positive:
		return cmdWill
	case ours:
		return cmdWont
	case positive:
		return cmdDo
	}
	return cmdDont
}
