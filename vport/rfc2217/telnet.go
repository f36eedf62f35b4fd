// Package rfc2217 speaks Telnet with the Com Port Control Option (RFC 2217), as the Server that has a serial port and as the
// Client that uses it. It does no input and output. Server.Decode and Client.Decode take what came; telnet.addData and
// telnet.feed take it apart, and role.comPort handles the option. What is to be sent is returned, or appended by
// telnet.AppendData and the other Append methods.
package rfc2217

import (
	"bytes"
	"slices"
)

// Commands of Telnet (RFC 854; end of record: RFC 885).
const (
	cmdLeast = 239 // below it nothing is a command
	cmdSE    = 240
	cmdBreak = 243
	cmdAYT   = 246
	cmdSB    = 250
	cmdWill  = 251
	cmdWont  = 252
	cmdDo    = 253
	cmdDont  = 254
	iac      = 255
)

// maxSub bounds a subnegotiation: the longest that means anything here is a signature.
const maxSub = 256

// state says what the parser expects.
type state byte

const (
	inData   state = iota
	inIAC          // after IAC
	inOption       // after WILL, WONT, DO or DONT
	inSub          // after IAC SB
	inSubIAC       // after an IAC in a subnegotiation
)

// Out is what Decode has made of some bytes. It is valid until the next call.
type Out struct {
	Pieces  []Piece // what the peer wrote and did, in order
	Reply   []byte  // to be sent to the peer unchanged, between two writes
	Dropped int     // bytes that are neither data nor valid Telnet
}

// Piece is data or, if Data is nil, an event.
type Piece struct {
	Data  []byte
	Event Event
}

// role is what differs between the server and the client.
type role interface {
	command(b byte)         // a command without an option
	comPort(payload []byte) // a subnegotiation of the Com Port Control Option
	agreed(on bool)         // the option has been agreed, refused or withdrawn
}

// telnet is what both ends have in common.
type telnet struct {
	role   role
	ours   [optionCount]option // what we do
	theirs [optionCount]option // what the peer does
	spoken bool

	state state
	verb  byte
	sub   []byte // option and payload of the present subnegotiation
	long  bool   // it is too long and ignored
	cr    bool   // the last byte of data was a CR

	out  Out
	data []byte // the data of the pieces of out, and what follows them
	mark int    // data up to here is in a piece
}

// Spoken reports whether the peer has ever sent a command: one that only sends bytes does not know Telnet.
func (t *telnet) Spoken() bool { return t.spoken }

// Settled reports whether the peer has answered everything that it was asked at the beginning.
func (t *telnet) Settled() bool {
	asked := func(o option) bool { return o.state == wantYes || o.state == wantNo }
	return !slices.ContainsFunc(t.ours[:], asked) && !slices.ContainsFunc(t.theirs[:], asked)
}

// Available reports whether the peer knows the Com Port Control Option, as far as it has said.
func (t *telnet) Available() bool { return t.ours[optComPort].on() || t.theirs[optComPort].on() }

// Binary reports whether bytes pass unchanged in both directions, except IAC.
func (t *telnet) Binary() bool { return t.ours[optBinary].on() && t.theirs[optBinary].on() }

// decode takes p apart.
func (t *telnet) decode(p []byte) Out {
	t.out = Out{Pieces: t.out.Pieces[:0], Reply: t.out.Reply[:0]}
	t.data, t.mark = t.data[:0], 0
	t.data = slices.Grow(t.data, len(p))
	for len(p) > 0 {
		if t.state == inData {
			n := bytes.IndexByte(p, iac)
			if n < 0 {
				n = len(p)
			}
			t.addData(p[:n])
			if p = p[n:]; len(p) == 0 {
				break
			}
		}
		t.feed(p[0])
		p = p[1:]
	}
	t.cutPiece()
	return t.out
}

// addData takes data. Outside of binary mode a CR that is not a line's end is followed by a NUL (RFC 854, page 11).
func (t *telnet) addData(p []byte) {
	if t.theirs[optBinary].on() {
		t.data, t.cr = append(t.data, p...), false
		return
	}
	for _, b := range p {
		if b != 0 || !t.cr {
			t.data = append(t.data, b)
		}
		t.cr = b == '\r'
	}
}

// feed takes a byte that is not plain data.
func (t *telnet) feed(b byte) {
	switch t.state {
	case inData: // b is IAC
		t.state = inIAC
	case inIAC:
		t.afterIAC(b)
	case inOption:
		t.state = inData
		t.negotiate(t.verb, b)
	case inSub:
		if b == iac {
			t.state = inSubIAC
			return
		}
		t.subByte(b)
	case inSubIAC:
		t.afterSubIAC(b)
	}
}

func (t *telnet) afterIAC(b byte) {
	t.state = inData
	switch {
	case b == iac:
		t.addData([]byte{iac})
		return
	case b < cmdLeast:
		t.out.Dropped += 2
		return
	}
	t.spoken = true
	switch b {
	case cmdSB:
		t.state, t.sub, t.long = inSub, t.sub[:0], false
	case cmdWill, cmdWont, cmdDo, cmdDont:
		t.state, t.verb = inOption, b
	default:
		t.role.command(b)
	}
}

func (t *telnet) subByte(b byte) {
	if len(t.sub) == maxSub {
		t.long = true
	}
	if t.long {
		t.out.Dropped++
		return
	}
	t.sub = append(t.sub, b)
}

// afterSubIAC ends a subnegotiation. Any command except SE means that its end was lost; then it is ignored.
func (t *telnet) afterSubIAC(b byte) {
	switch b {
	case iac:
		t.state = inSub
		t.subByte(b)
	case cmdSE:
		t.state = inData
		if !t.long && len(t.sub) >= 2 && t.sub[0] == codeOf[optComPort] {
			t.role.comPort(t.sub[1:])
		}
	default:
		t.out.Dropped += len(t.sub)
		t.afterIAC(b)
	}
}

// event adds an event after the data so far.
func (t *telnet) event(e Event) {
	t.cutPiece()
	t.out.Pieces = append(t.out.Pieces, Piece{Event: e})
}

func (t *telnet) cutPiece() {
	if len(t.data) > t.mark {
		t.out.Pieces = append(t.out.Pieces, Piece{Data: t.data[t.mark:len(t.data):len(t.data)]})
		t.mark = len(t.data)
	}
}

func (t *telnet) reply(b ...byte) { t.out.Reply = append(t.out.Reply, b...) }

// AppendData appends data as it is sent to the peer.
func (t *telnet) AppendData(dst, data []byte) []byte {
	binary := t.ours[optBinary].on()
	for _, b := range data {
		dst = append(dst, b)
		if b == iac {
			dst = append(dst, iac)
		} else if b == '\r' && !binary {
			dst = append(dst, 0)
		}
	}
	return dst
}

// appendComPort appends a subnegotiation of the Com Port Control Option.
func appendComPort(dst []byte, command byte, value ...byte) []byte {
	dst = append(dst, iac, cmdSB, codeOf[optComPort], command)
	for _, b := range value {
		if dst = append(dst, b); b == iac {
			dst = append(dst, iac)
		}
	}
	return append(dst, iac, cmdSE)
}
