// Package frame stands between a program and a modem's session. It knows where the messages of a meter protocol end, which
// answer belongs to which request, and how seven bits with parity travel over eight bits without.
//
// It does no I/O and reads no clock: bytes and times go in, bytes and times come out. Package modem moves them.
//
// Bytes from the program:
//
//  1. Line.FromProgram notes when they were written and takes the parity off.
//  2. Line.findRequests adds them to what the program has begun, and asks the protocol's rule where requests end.
//  3. Line.restarted looks whether the program has given up what it had begun; Line.giveUpFront drops that.
//  4. Line.keepRest keeps what is not yet a request; Line.duePart sends it when the program has paused.
//  5. Line.takeRequest absorbs a repeat of the request under way. Another request waits while the answer to that one could be
//     taken for its own.
//  6. Line.send sends the request, and remembers the one before in Line.retire and what the line may return in Line.expectEcho.
//
// Bytes from the modem:
//
//  1. Line.FromModem takes the parity off and adds them to the message that is not whole yet, in Line.receive.
//  2. Line.parse finds what is whole; Line.measure looks for an echo first, and then asks the rule.
//  3. Line.echoCame hands over or drops an echo.
//  4. Line.message hands over or drops a whole message. Line.verdict says which: late, unfit, not asked for, or the answer.
//  5. Line.dropSevered drops what continues a message whose front was dropped before.
//  6. Line.foreign hands over what belongs to no message.
//  7. Line.hold ends the waiting for a message that does not become whole: it passes as it comes, or is smoothed or dropped.
//
// Line.Tick does what becomes due by time alone, and Line.Due says when.
package frame

import "slices"

// Protocol is a meter protocol, by the word that the configuration uses.
type Protocol string

// The protocols.
const (
	None    Protocol = "none"         // bytes pass as they come
	Gap     Protocol = "gap"          // messages end by silence
	IEC     Protocol = "iec62056-21"  // IEC 62056-21, modes A to E
	HDLC    Protocol = "dlms-hdlc"    // DLMS/COSEM over HDLC, IEC 62056-46 (СПОДЭС)
	Wrapper Protocol = "dlms-wrapper" // DLMS/COSEM in wrappers, as over TCP, IEC 62056-47
	Modbus  Protocol = "modbus-rtu"   // Modbus over serial line V1.02
	Mercury Protocol = "mercury"      // Меркурий 203.2TD, 204, 206, 230, 231, 234, 236 …
	MBus    Protocol = "mbus"         // M-Bus, EN 13757-2
)

// Protocols are all of them, in the order in which the documentation explains them.
func Protocols() []Protocol { return []Protocol{IEC, HDLC, Wrapper, Modbus, Mercury, MBus, Gap, None} }

// Known reports whether p is one of Protocols.
func (p Protocol) Known() bool { return slices.Contains(Protocols(), p) }

// rules are the rules of the protocols whose messages have an end of their own. A new protocol is a file and a line here.
var rules = map[Protocol]rule{
	IEC:     iec{},
	HDLC:    dlms{},
	Wrapper: wrapper{},
	Modbus:  modbus{},
	Mercury: mercury{},
	MBus:    mbus{},
}

// rule knows the messages of one protocol. It has no state: all follows from the bytes.
type rule interface {
	// request measures the message at the front of p, which comes from a program.
	request(p []byte) extent
	// answer measures the message at the front of p, which comes from a meter. The latest whole request is q, empty if there
	// was none. The result must not depend on bytes behind the message's end, and must not change when more bytes follow.
	answer(p, q []byte) extent
	// expect returns how the answer to the whole request q is recognised.
	expect(q []byte) expectation
	// judge compares the whole message a, from the meter, with the request q, for which nth messages have been accepted.
	judge(a, q []byte, nth int) judgement
}

// extent is what is known about the message at the front of some bytes. The zero value says that more bytes are needed.
type extent struct {
	// n is the length of the message, or of what is no message; 0 while more bytes are needed to tell.
	n int
	// foreign says that the n bytes belong to no message of this protocol: wake-up characters, noise, another protocol.
	foreign bool
	// stream says that the message is long by nature and may be handed over as it comes (IEC data blocks). It is known before n.
	stream bool
}

// noMessage returns the extent of bytes that turned out to be no message: up to the next byte in p at which one could begin. It must take
// all of p to see that, so that the extent stays the same when more bytes come.
func noMessage(p []byte, begins func(byte) bool) extent {
	n := 1
	for n < len(p) && !begins(p[n]) {
		n++
	}
	return extent{n: n, foreign: true}
}

// expectation is how an answer is recognised as that of its request.
type expectation int

const (
	// unanswered: the request has no answer (a broadcast, a break).
	unanswered expectation = iota
	// optional: an answer may come or not, and nobody waits for it (IEC 62056-21's lone ACK).
	optional
	// anonymous: nothing in an answer distinguishes it from the answer to an earlier request of the same kind.
	anonymous
	// numbered: answers carry a number that distinguishes them (HDLC's sequence numbers, DLMS invoke ids).
	numbered
)

// judgement is the result of comparing a message from the meter with a request.
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

// Optional abilities of a rule.
type (
	// mirror is a rule whose meters answer some requests with the same bytes.
	mirror interface {
		mirrors(q []byte) bool
	}
	// stepper is a rule of dialogues: next reports whether req is the next step after the first part of the answer to q.
	stepper interface {
		next(req, q []byte) bool
	}
	// confuser is a rule of numbered messages: alike reports whether the answers to two requests have the same numbers, so that
	// one could be taken for the other.
	confuser interface {
		alike(q, other []byte) bool
	}
	// doubter is a rule that also measures requests it does not understand: doubtful reports whether q is one.
	doubter interface {
		doubtful(q []byte) bool
	}
	// silencer is a rule that may be wrong about a message's length: wholeIfSilent reports whether p is a whole answer to q if
	// nothing follows it for as long as it may be held.
	silencer interface {
		wholeIfSilent(p, q []byte) bool
	}
	// sealer is a rule of messages with a strong check sum: sealed reports whether that of a is right.
	sealer interface {
		sealed(a []byte) bool
	}
	// trailer is a rule of messages that only a check sum ends: trails reports whether a zero behind the request q may be the
	// check sum's last byte.
	trailer interface {
		trails(q []byte) bool
	}
	// namer is a rule whose streams do not name their meter: unnamed reports whether the answer to q begins with a message that
	// does, so that a stream without it is not the answer.
	namer interface {
		unnamed(q []byte) bool
	}
)
