// Package com0com knows what is particular to com0com, the null-modem driver for Windows. It knows how the driver inserts news
// of a pair's other end into the bytes read from this one, how pairs are listed, and the commands that make them. It does no
// I/O; that is package com's.
//
// Stream.Decode separates bytes and news. SetInsert makes the request that switches the news on, FromList reads a list of
// pairs, and InstallCommands returns the commands that make them.
package com0com

import (
	"encoding/binary"
	"errors"

	"meterline/vport/rfc2217"
)

// Lines are the modem lines that come into one end of a pair, as GetCommModemStatus returns them (winbase.h, MS_CTS_ON and
// others).
type Lines byte

// The lines.
const (
	CTS Lines = 0x10
	DSR Lines = 0x20
	RI  Lines = 0x40
	DCD Lines = 0x80

	allLines = CTS | DSR | RI | DCD
)

// Kind is the kind of a piece of the stream.
type Kind byte

// The kinds of pieces.
const (
	Data    Kind = iota + 1
	Status       // Lines
	Break        // it begins (On) or ends
	Speed        // Settings.Speed of the other end
	Framing      // the other Settings of the other end
)

// Piece is one thing in the stream.
type Piece struct {
	Kind     Kind
	Data     []byte // not empty; valid until the next Decode
	Lines    Lines
	On       bool
	Settings rfc2217.Settings
}

// Escape is the byte that begins an insertion. Where it is data it is followed by a zero. It must be neither zero nor XON or
// XOFF (0x11, 0x13), and should be rare: each costs an additional byte of the driver's buffer.
const Escape = 0xF1

// What follows the escape character. The first four are Windows' (ntddser.h, SERIAL_LSRMST_…), the others com0com's (cncext.h,
// C0CE_INSERT_…).
const (
	insEscaped  = 0  // nothing: the escape character itself was sent
	insLSRData  = 1  // line status, and the byte that it applies to
	insLSR      = 2  // line status
	insStatus   = 3  // modem status
	insSpeed    = 16 // ULONG, little endian
	insFraming  = 17 // data bits, parity and stop bits as in SERIAL_LINE_CONTROL
	lsrBreak    = 0x10
	longestTail = 4
)

// Stream takes apart what is read from an end with insertions. Its zero value is ready.
type Stream struct {
	kind    byte // of the insertion being read
	state   state
	tail    [longestTail]byte
	have    int
	broken  bool // a break has begun
	pieces  []Piece
	garbage int
	data    []byte // reused buffer
}

type state byte

const (
	plain   state = iota
	escaped       // after the escape character
	inside        // inside an insertion
)

// Garbage returns how many insertions were unknown.
func (s *Stream) Garbage() int { return s.garbage }

// Decode takes what was read. The pieces are valid until the next call.
func (s *Stream) Decode(p []byte) []Piece {
	s.pieces, s.data = s.pieces[:0], s.data[:0]
	if cap(s.data) < len(p)+1 {
		s.data = make([]byte, 0, len(p)+1) // one more for an escape character that was held back; the pieces share the buffer, so it must not move
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

// flush makes a piece of the data from begin on, and returns where the next one begins.
func (s *Stream) flush(begin int) int {
	if len(s.data) > begin {
		s.pieces = append(s.pieces, Piece{Kind: Data, Data: s.data[begin:len(s.data):len(s.data)]})
	}
	return len(s.data)
}

// begin takes the byte after the escape character.
func (s *Stream) begin(b byte) {
	switch {
	case b == insEscaped:
		s.data = append(s.data, Escape)
		s.state = plain
	case tailOf(b) == 0: // its length is unknown
		s.garbage++
		s.state = plain
	default:
		s.kind, s.have, s.state = b, 0, inside
	}
}

// tailOf returns how many bytes follow the kind of an insertion, 0 if it is unknown.
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

// insertion makes a piece of a complete insertion.
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

// lineStatus reports breaks. A byte with an error is data all the same; that of a break is not.
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

// framing reads data bits, parity and stop bits as in SERIAL_LINE_CONTROL.
func framing(bits, parity, stop byte) (rfc2217.Settings, bool) {
	stops := []rfc2217.StopBits{rfc2217.StopOne, rfc2217.StopOneAndHalf, rfc2217.StopTwo}
	if bits < 5 || bits > 8 || parity > 4 || int(stop) >= len(stops) {
		return rfc2217.Settings{}, false
	}
	return rfc2217.Settings{DataBits: int(bits), Parity: rfc2217.Parity(parity + 1), StopBits: stops[stop]}, true
}

// ErrNotCom0com means that a driver does not know the extension.
var ErrNotCom0com = errors.New("the driver does not know com0com's extension")
