package rfc2217

import (
	"fmt"
	"strconv"
)

// Settings are how a serial port is set. A zero field is not known, or must be left alone.
type Settings struct {
	Speed    int // bits per second
	DataBits int // 5 to 8
	Parity   Parity
	StopBits StopBits
}

// Parity is how a character's bits are checked, as RFC 2217 counts.
type Parity byte

// The parities.
const (
	ParityNone Parity = iota + 1
	ParityOdd
	ParityEven
	ParityMark
	ParitySpace
)

// String returns the letter for the parity: N, O, E, M or S, and ? for the zero value.
func (p Parity) String() string {
	if p < ParityNone || p > ParitySpace {
		return "?"
	}
	return "NOEMS"[p-1 : p]
}

// StopBits is how long the pause after a character is, as RFC 2217 counts.
type StopBits byte

// The stop bits.
const (
	StopOne StopBits = iota + 1
	StopTwo
	StopOneAndHalf
)

// String returns 1, 2 or 1.5, and ? for the zero value.
func (s StopBits) String() string {
	switch s {
	case StopOne:
		return "1"
	case StopTwo:
		return "2"
	case StopOneAndHalf:
		return "1.5"
	}
	return "?"
}

// String returns text such as 9600 8N1, with a ? for what is not known.
func (s Settings) String() string {
	known := func(n int) string {
		if n == 0 {
			return "?"
		}
		return strconv.Itoa(n)
	}
	return fmt.Sprintf("%s %s%v%v", known(s.Speed), known(s.DataBits), s.Parity, s.StopBits)
}

// Over returns s with its zero fields filled in from below.
func (s Settings) Over(below Settings) Settings {
	if s.Speed != 0 {
		below.Speed = s.Speed
	}
	if s.DataBits != 0 {
		below.DataBits = s.DataBits
	}
	if s.Parity != 0 {
		below.Parity = s.Parity
	}
	if s.StopBits != 0 {
		below.StopBits = s.StopBits
	}
	return below
}

// usual is what a server answers before anything was set.
var usual = Settings{Speed: 9600, DataBits: 8, Parity: ParityNone, StopBits: StopOne}
