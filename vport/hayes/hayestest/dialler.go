// Package hayestest has programs that dial: they drive a modem, emulated or real, as three families of meter-reading software
// do, byte for byte and with their pauses. The facts are from the sources of such programs. It has no modem of its own.
//
// Each Dialler sends its commands by command and reads the results by await.
package hayestest

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// Wire is a dialling program's serial port or connection. A serial port opened as an *os.File must have been opened without
// blocking, or it has no deadlines.
type Wire interface {
	io.ReadWriter
	SetDeadline(t time.Time) error
}

// Dialler is a program that dials. It keeps no state between calls, and does not close the wire: closing it also hangs up.
type Dialler interface {
	// Dial prepares the modem and dials number. It returns nil after CONNECT, when the program would begin to read its meter. A
	// failed call is a *CallError.
	Dial(w Wire, number string) error
	// Answer waits up to ringing for an incoming call, and answers it.
	Answer(w Wire, ringing time.Duration) error
	// HangUp ends the call by the escape and ATH. It is an error if the modem does not confirm it.
	HangUp(w Wire) error
}

// families by name. A new one is one more entry here.
var families = []struct {
	name string
	make func() Dialler
}{
	{"energyict", func() Dialler { return &EnergyICT{} }},
	{"gurux", func() Dialler { return Gurux{} }},
	{"russian", func() Dialler { return Russian{} }},
}

// Names returns the names that New accepts.
func Names() []string {
	names := make([]string, 0, len(families))
	for _, f := range families {
		names = append(names, f.name)
	}
	return names
}

// New makes a program by the name of its family.
func New(name string) (Dialler, error) {
	for _, f := range families {
		if f.name == name {
			return f.make(), nil
		}
	}
	return nil, fmt.Errorf("unknown program %q: one of %s", name, strings.Join(Names(), ", "))
}

// CallError says what a modem answered where the program expected something else.
type CallError struct {
	Command string // the command that was sent last
	Answer  string // the line with the result; empty: none came in time
	Cause   string // the answer to AT+CEER, if the program asks for it
}

func (e *CallError) Error() string {
	switch {
	case e.Answer == "":
		return e.Command + ": no answer"
	case e.Cause != "":
		return fmt.Sprintf("%s: %s (%s)", e.Command, e.Answer, e.Cause)
	default:
		return fmt.Sprintf("%s: %s", e.Command, e.Answer)
	}
}
