package rfc2217

import (
	"fmt"
	"strconv"
)

// Settings are how a serial port is set. A field that is zero is not known, or is to be left as it is.
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

// String is the letter by which serial ports are described: N, O, E, M or S, and ? for the zero value.
func (p Parity) String() string {
	if p < ParityNone || p > ParitySpace {
		return "?"
	}
	return "NOEMS"[p-1 : p]
}

// StopBits is how long the pause behind a character is, as RFC 2217 counts.
type StopBits byte

// The stop bits.
const (
	StopOne StopBits = iota + 1
	StopTwo
	StopOneAndHalf
)

// String is 1, 2 or 1.5, and ? for the zero value.
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

// String is such as 9600 8N1, with a ? for what is not known.
func (s Settings) String() string {
	known := func(n int) string {
		if n == 0 {
			return "?"
		}
		return strconv.Itoa(n)
	}
	return fmt.Sprintf("%s %s%v%v", known(s.Speed), known(s.DataBits), s.Parity, s.StopBits)
}

// Over is s where it says something, and otherwise below.
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

// usual is what a server answers that has not been told anything.
var usual = Settings{Speed: 9600, DataBits: 8, Parity: ParityNone, StopBits: StopOne}
