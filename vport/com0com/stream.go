// Package com0com knows what is particular to com0com, the null-modem driver for Windows: how it puts news of the other end of a
// pair into the bytes that are read from this one, how its pairs are listed, and the commands that make them. It does no I/O.
package com0com

import (
	"encoding/binary"
	"errors"

	"meterline/vport/rfc2217"
)

// Lines are the modem lines that come into one end of a pair, as GetCommModemStatus has them (winbase.h, MS_CTS_ON and others).
type Lines byte

// The lines.
const (
	CTS Lines = 0x10
	DSR Lines = 0x20
	RI  Lines = 0x40
	DCD Lines = 0x80

	allLines = CTS | DSR | RI | DCD
)

// Kind is what a piece of the stream is.
type Kind byte

// The kinds of pieces.
const (
	Data    Kind = iota + 1
	Status       // Lines
	Break        // On: it has begun; not On: it is over
	Speed        // Settings.Speed of the other end
	Framing      // the other Settings of it
)

// Piece is one thing in the stream.
type Piece struct {
	Kind     Kind
	Data     []byte // not empty; it is the caller's until the next Decode
	Lines    Lines
	On       bool
	Settings rfc2217.Settings
}

// Escape is the byte that begins an insertion, and is doubled, so to say, where it is data. It must be neither zero nor XON or
// XOFF (0x11, 0x13), and better rare: each costs a byte of the driver's buffer.
const Escape = 0xF1

// What follows the escape character: the first four are Windows' (ntddser.h, SERIAL_LSRMST_…), the others com0com's (cncext.h,
// C0CE_INSERT_…).
const (
	insEscaped  = 0  // nothing: the escape character itself was sent
	insLSRData  = 1  // line status, and the byte that it is about
	insLSR      = 2  // line status
	insStatus   = 3  // modem status
	insSpeed    = 16 // ULONG, little endian
	insFraming  = 17 // data bits, parity and stop bits as in SERIAL_LINE_CONTROL
	lsrBreak    = 0x10
	longestTail = 4
)

// Stream takes apart what is read from an end that has insertions switched on. Its zero value is ready.
type Stream struct {
	kind    byte // of the insertion that is being read
	state   state
	tail    [longestTail]byte
	have    int
	broken  bool // a break has begun
	pieces  []Piece
	garbage int
	data    []byte // kept for its room
}

type state byte

const (
	plain   state = iota
	escaped       // the escape character has come
	inside        // and what it begins
)

// Garbage counts insertions that nobody knows.
func (s *Stream) Garbage() int { return s.garbage }

// Decode takes what was read. The pieces are valid until the next call.
func (s *Stream) Decode(p []byte) []Piece {
	s.pieces, s.data = s.pieces[:0], s.data[:0]
	if cap(s.data) < len(p)+1 {
		s.data = make([]byte, 0, len(p)+1) // an escape character may have been held back; pieces share the room, so it must not move
	}
	begin := 0
	for _, b := range p {
		switch s.state {
		case plain:
			if b == Escape {
				s.state = escaped
				continue
			}
			s.data = append(s.data, b)
		case escaped:
			s.begin(b)
		case inside:
			s.tail[s.have] = b
			s.have++
		}
		if s.state == inside && s.have == tailOf(s.kind) {
			begin = s.flush(begin)
			s.insertion()
			s.state = plain
		}
	}
	s.flush(begin)
	return s.pieces
}

// flush makes a piece of the data behind begin, and answers where the next one begins.
func (s *Stream) flush(begin int) int {
	if len(s.data) > begin {
		s.pieces = append(s.pieces, Piece{Kind: Data, Data: s.data[begin:len(s.data):len(s.data)]})
	}
	return len(s.data)
}

// begin looks at the byte behind the escape character.
func (s *Stream) begin(b byte) {
	switch {
	case b == insEscaped:
		s.data = append(s.data, Escape)
		s.state = plain
	case tailOf(b) == 0: // nobody knows how long that is
		s.garbage++
		s.state = plain
	default:
		s.kind, s.have, s.state = b, 0, inside
	}
}

// tailOf is how many bytes follow the kind of an insertion, 0: it is unknown.
func tailOf(kind byte) int {
	switch kind {
	case insLSRData:
		return 2
	case insLSR, insStatus:
		return 1
	case insSpeed:
		return 4
	case insFraming:
		return 3
	}
	return 0
}

// insertion makes a piece of one that is complete.
func (s *Stream) insertion() {
	switch s.kind {
	case insStatus:
		s.pieces = append(s.pieces, Piece{Kind: Status, Lines: Lines(s.tail[0]) & allLines})
	case insLSR, insLSRData:
		s.lineStatus()
	case insSpeed:
		speed := binary.LittleEndian.Uint32(s.tail[:])
		if speed > 0 && speed <= 1<<30 {
			s.pieces = append(s.pieces, Piece{Kind: Speed, Settings: rfc2217.Settings{Speed: int(speed)}})
		}
	case insFraming:
		if f, ok := framing(s.tail[0], s.tail[1], s.tail[2]); ok {
			s.pieces = append(s.pieces, Piece{Kind: Framing, Settings: f})
		}
	}
}

// lineStatus tells of breaks. A byte in error is data all the same; that of a break is none.
func (s *Stream) lineStatus() {
	on := s.tail[0]&lsrBreak != 0
	if on != s.broken {
		s.broken = on
		s.pieces = append(s.pieces, Piece{Kind: Break, On: on})
	}
	if s.kind == insLSRData && !on {
		s.pieces = append(s.pieces, Piece{Kind: Data, Data: []byte{s.tail[1]}})
	}
}

// framing reads data bits, parity and stop bits as SERIAL_LINE_CONTROL has them.
func framing(bits, parity, stop byte) (rfc2217.Settings, bool) {
	stops := []rfc2217.StopBits{rfc2217.StopOne, rfc2217.StopOneAndHalf, rfc2217.StopTwo}
	if bits < 5 || bits > 8 || parity > 4 || int(stop) >= len(stops) {
		return rfc2217.Settings{}, false
	}
	return rfc2217.Settings{DataBits: int(bits), Parity: rfc2217.Parity(parity + 1), StopBits: stops[stop]}, true
}

// ErrNotCom0com says that a driver does not know the extension.
var ErrNotCom0com = errors.New("the driver does not know com0com's extension")
