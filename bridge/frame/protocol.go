// Package frame stands between a program and a modem's session and knows what passes: where the messages of a meter
// protocol end, which answer belongs to which request, and how seven bits with parity travel over eight without.
//
// It does no I/O and knows no clock: bytes and times go in, bytes and times come out. Package bridge moves them.
package frame

import "slices"

// Protocol is a meter protocol, by the word that the configuration uses.
type Protocol string

// The protocols.
const (
	None    Protocol = "none"        // bytes pass as they come
	Gap     Protocol = "gap"         // messages end by silence
	IEC     Protocol = "iec62056-21" // IEC 62056-21, modes A to E
	HDLC    Protocol = "dlms-hdlc"   // DLMS/COSEM over HDLC, IEC 62056-46 (СПОДЭС)
	Modbus  Protocol = "modbus-rtu"  // Modbus over serial line V1.02
	Mercury Protocol = "mercury"     // Меркурий 203.2TD, 204, 206, 230, 231, 234, 236 …
	MBus    Protocol = "mbus"        // M-Bus, EN 13757-2
)

// Protocols are all of them, in the order in which the documentation explains them.
func Protocols() []Protocol { return []Protocol{IEC, HDLC, Modbus, Mercury, MBus, Gap, None} }

// Known reports whether p is one of them.
func (p Protocol) Known() bool { return slices.Contains(Protocols(), p) }

// rules are the protocols whose messages end by themselves. A new one is a file and a line here.
var rules = map[Protocol]rule{
	IEC:     iec{},
	HDLC:    hdlc{},
	Modbus:  modbus{},
	Mercury: mercury{},
	MBus:    mbus{},
}

// rule knows the messages of one protocol. It has no state: all follows from the bytes.
type rule interface {
	// request measures the message at the front of p, which comes from a program.
	request(p []byte) extent
	// answer measures the message at the front of p, which comes from a meter; q is the latest whole request, empty if
	// there was none. The extent of p must not depend on bytes behind the message's own end, and must stay the same when
	// more bytes follow.
	answer(p, q []byte) extent
	// expect tells how an answer to the whole request q is known.
	expect(q []byte) expectation
	// judge tells what the whole message a, from the meter, is to the request q; nth messages have been accepted for q
	// already.
	judge(a, q []byte, nth int) judgement
}

// extent is what is known of the message at the front of some bytes. Its zero value says that more bytes are needed.
type extent struct {
	// n > 0: the message, or what is no message, has so many bytes; 0: more are needed to tell.
	n int
	// foreign: the n bytes at the front belong to no message of this protocol: wake-up characters, noise, another protocol.
	foreign bool
	// stream: the message is long by nature and is handed on as it comes (IEC data blocks). Known before n is.
	stream bool
}

// expectation is how an answer is known to belong to its request.
type expectation int

const (
	// unanswered: the request has no answer (a broadcast, a break).
	unanswered expectation = iota
	// optional: an answer may come or not, and nobody waits for it to come (IEC 62056-21's lone ACK).
	optional
	// anonymous: nothing in an answer tells it from the answer to an earlier request of the same kind.
	anonymous
	// numbered: answers carry a number (HDLC's sequence numbers, DLMS invoke ids) that tells.
	numbered
)

// judgement is what a message from the meter is to the latest request.
type judgement int

const (
	rejected  judgement = iota // it cannot be the answer: another address, function or number
	unlike                     // address and function fit, but not what the request says of its answer
	partOf                     // it belongs to the answer, and more is to come
	partOrAll                  // it belongs to the answer, and more may follow within a short time (see arriving)
	answered                   // it is the answer, or the last part of it
	onItsOwn                   // meters send it without being asked; the answer is still to come
)

// fits reports whether a message so judged belongs to the answer.
func (j judgement) fits() bool { return j == partOf || j == partOrAll || j == answered }

// A rule may know more of its protocol.
type (
	// mirror is a rule whose meters answer some requests with the very same bytes.
	mirror interface {
		mirrors(q []byte) bool
	}
	// stepper is a rule of dialogues: next reports whether req goes on where the first part of the answer to q has ended.
	stepper interface {
		next(req, q []byte) bool
	}
	// confuser is a rule of numbered messages: alike reports whether the answers to two different requests have the same
	// numbers, so that one could be taken for the other.
	confuser interface {
		alike(q, other []byte) bool
	}
	// doubter is a rule that measures requests which it does not understand: doubtful reports whether q is one.
	doubter interface {
		doubtful(q []byte) bool
	}
	// silencer is a rule whose messages have a length that it may be wrong about: wholeIfSilent reports whether p, to which
	// nothing is added for as long as it may be held, is a whole answer to q.
	silencer interface {
		wholeIfSilent(p, q []byte) bool
	}
	// sealer is a rule of messages with a check sum that hardly comes out by chance: sealed reports whether that of a does.
	sealer interface {
		sealed(a []byte) bool
	}
	// trailer is a rule of messages that only a check sum ends: trails reports whether a zero behind the request q may be the
	// last byte of that.
	trailer interface {
		trails(q []byte) bool
	}
	// namer is a rule whose streams have no name of their own: unnamed reports whether the answer to q begins with a message
	// that names the meter, so that a stream without one in front of it is not that answer.
	namer interface {
		unnamed(q []byte) bool
	}
)
