// Package vport is the local end: serial ports that programs of this machine open.
//
// A Port takes the place of a cable to the meter. The small interfaces that it implements besides say what it can do except
// passing bytes. Each Kind of port is a package of its own: pty, com, netport. Whoever wants ports passes the kinds in. The
// package knows nothing of modems and sessions; package bridge connects the two.
//
// Kinds.Open finds the Kind of an address and makes its Port. Port.Receive passes on what the program writes, Port.Write passes
// bytes to it, and a Presence reports its coming and leaving.
package vport

import (
	"errors"
	"fmt"
	"io/fs"
	"time"

	"meterline/vport/rfc2217"
)

// ErrNobody means that no program has the port open, so that bytes for it cannot be delivered.
var ErrNobody = errors.New("no program has the port open")

// ErrUnsupported means that this kind of port does not exist on this platform.
var ErrUnsupported = fmt.Errorf("this kind of port does not exist on this platform: %w", errors.ErrUnsupported)

// Spec describes a port. It is comparable: two equal specs describe the same port.
type Spec struct {
	Address string      // path of the link, e.g. /run/meterline/boiler, COM12, or tcp://host:port or rfc2217://host:port to listen at
	Mode    fs.FileMode // permissions of the device node, 0 means 0660
	Owner   string      // user name or number, empty: this process's user
	Group   string      // group name or number, empty: this process's group
	Allow   string      // who may connect to a network port, as netport.Networks writes it; empty: this machine only
	KickOld bool        // a new client of a network port replaces the one that has it
	Pair    string      // name of our end of a COM port's pair; empty: looked up among the driver's pairs
}

// Port is a local serial port. Its methods may be called by several goroutines, but only one Receive at a time.
type Port interface {
	// Receive passes what the program writes to f, piece by piece and in order. f must not keep the buffer. Receive returns nil
	// when f returns false, an error wrapping os.ErrDeadlineExceeded at the read deadline, and one wrapping net.ErrClosed or
	// os.ErrClosed once the port is closed. While nobody has the port open it waits.
	Receive(f func(p []byte) bool) error

	// Write passes p to the program, and waits while the program does not read. It returns the number of bytes taken. Its error
	// is ErrNobody as soon as no program has the port open, os.ErrDeadlineExceeded at the write deadline, or net.ErrClosed or
	// os.ErrClosed.
	Write(p []byte) (int, error)

	// SetReadDeadline and SetWriteDeadline interrupt a Receive or Write at t, at once if t is past; the zero time means never.
	SetReadDeadline(t time.Time) error
	SetWriteDeadline(t time.Time) error

	// Present reports whether a program has the port open now, as far as the system has reported.
	Present() bool

	// Close removes the port: programs that have it open see it hang up, and its link is removed. It may be called again.
	Close() error
}

// Devicer is implemented by ports with a device of their own, such as /dev/pts/7: the path that /proc shows as opened.
type Devicer interface {
	Device() string
}

// Permitter is implemented by ports for which it can be changed who may open them, even while a program has one open.
type Permitter interface {
	// Permit changes the port to the mode, owner and group of spec. After an error the port must be closed, and made anew.
	Permit(spec Spec) error
}

// CatchUpper is implemented by ports that can be read without waiting for Receive's goroutine to be scheduled.
type CatchUpper interface {
	// CatchUp passes to f what programs have written and Receive's function has not got, in the same order as Receive and never
	// at the same time. It reports their coming and leaving as Receive does. It does not wait for more. It returns false if
	// Receive's function, or another CatchUp, is running; then it has done nothing, and may be called again.
	CatchUp(f func(p []byte) bool) bool
}

// ErrUnread means that the program has written something that nobody has got yet.
var ErrUnread = errors.New("the program has written something that has not been read")

// UnreadWriter is implemented by ports that know at the moment of a write whether the program has written.
type UnreadWriter interface {
	// WriteUnread is Write, but only if the program has written nothing beyond what the function of Receive or CatchUp has
	// handled. Otherwise it writes nothing and returns ErrUnread. It asks fresh as well. It calls written when the program may
	// have got p; from then until written returns, nothing is passed on.
	WriteUnread(p []byte, fresh func() bool, written func()) (int, error)
}

// HangUpper is implemented by ports that know whether the program that left last wanted its call hung up: HUPCL of its terminal
// (POSIX, termios.h: the modem lines drop at the last close). HangsUp is called while presence(false) runs.
type HangUpper interface {
	HangsUp() bool
}

// Presence reports whether somebody has the port open: true at the first open, false at the last close. Calls for one port come
// one at a time and alternate. A false comes only after everything that the program wrote was passed to Receive's function, so
// that what follows belongs to the next program. It must not block for long, and may call the port's methods except Receive.
type Presence func(open bool)

// Program is one process that has a port open.
type Program struct {
	PID  int    `json:"pid"`
	Name string `json:"name"`
}

// Trouble is what is, or was, wrong with a port that exists all the same.
type Trouble struct {
	Now      string    // what is wrong now, with its effect; empty: nothing
	Last     string    // the latest fault that was mended, empty if there is none
	LastAt   time.Time // when it was mended
	Replaced int64     // how often the device behind the port's address was replaced since the port was made
}

// Troubled is implemented by ports that know what is wrong with them. A port that cannot be served at all ends Receive instead.
type Troubled interface {
	Trouble() Trouble
}

// Settings are how a program has set its port. A zero field means that the program has not set it.
type Settings = rfc2217.Settings

// Signal is what a program does to its port besides writing.
type Signal struct {
	Kind     SignalKind
	Settings Settings // SignalSettings: all of them
	On       bool     // SignalBreak, SignalDTR, SignalRTS
	Received bool     // SignalPurge: drop what has come for the program and was not read
	ToSend   bool     // SignalPurge: drop what it has written and the line has not taken yet
}

// SignalKind is the kind of a signal.
type SignalKind string

// The kinds of signals.
const (
	SignalSettings   SignalKind = "settings"
	SignalPurge      SignalKind = "purge"
	SignalBreak      SignalKind = "break"       // begins (On) or ends
	SignalBreakShort SignalKind = "short break" // a break of the usual length, which ends by itself
	SignalDTR        SignalKind = "DTR"
	SignalRTS        SignalKind = "RTS"
)

// Signaller is implemented by ports that know more of their program than its bytes.
type Signaller interface {
	// SetSignal sets the function that gets signals. nil, as at first, means that nobody gets them, and that nothing is done to
	// notice them. The function is called within Receive, between the calls of Receive's function and in order with the bytes:
	// what was written before a signal comes before it, as far as the system says. A purge drops nothing by itself: requests
	// that a program believes sent are still on their way here.
	SetSignal(f func(Signal))

	// Settings returns the settings of the program that has the port open, as of the last signal; the zero value if it has set
	// none.
	Settings() Settings
}

// ModemLines is implemented by ports that show their program the lines of a modem. DSR and CTS are always on, so that no
// program waits for them.
type ModemLines interface {
	// SetCarrier switches DCD: the modem has a session. It is off at first. SetCarrier does not wait for the program.
	SetCarrier(on bool)
	// SetRing switches RI: the emulated modem of a dial-up port rings.
	SetRing(on bool)
}

// ClientLister is implemented by ports whose programs only the port knows, not the system: a network port names the client's
// address. They have no process number.
type ClientLister interface {
	Programs() []Program
}
