// Package vport is the local end: serial ports that programs of this machine open.
//
// A Port is what a meter-reading program takes for a cable. What a port can do besides passing bytes is told by the small
// interfaces that it implements. Each Kind of port is a package of its own: pty, com, netport; whoever wants ports hands the
// kinds in. The package knows nothing of modems and sessions; package bridge joins the two.
package vport

import (
	"errors"
	"fmt"
	"io/fs"
	"time"
)

// ErrNobody says that no program has the port open, so that bytes for it have nowhere to go.
var ErrNobody = errors.New("no program has the port open")

// ErrUnsupported says that this kind of port cannot be had on this platform.
var ErrUnsupported = fmt.Errorf("this kind of port does not exist on this platform: %w", errors.ErrUnsupported)

// Spec says which port to make. It is comparable: two equal specs ask for the same port.
type Spec struct {
	Address string      // path of the link, e.g. /run/meterline/boiler, COM12, or tcp://host:port or rfc2217://host:port to listen at
	Mode    fs.FileMode // permissions of the device node, 0 means 0660
	Owner   string      // user name or number, empty: this process's user
	Group   string      // group name or number, empty: this process's group
	Allow   string      // who may connect to a network port, as Networks writes it; empty: this machine alone
	KickOld bool        // a new client of a network port takes the place of the one that has it
	Pair    string      // name of our end of a COM port's pair, empty: found by what the driver has registered
}

// Port is a local serial port. Its methods may be called from several goroutines, but only one Receive at a time.
type Port interface {
	// Receive hands what the program writes to f, piece by piece and in order, in a buffer that is f's only until f
	// returns. It returns nil when f returns false, an error wrapping os.ErrDeadlineExceeded at the read deadline, and one
	// wrapping net.ErrClosed or os.ErrClosed once the port is closed. While nobody has the port open it waits.
	Receive(f func(p []byte) bool) error

	// Write hands p to the program and waits while the program does not read. It answers with the number of bytes taken and
	// ErrNobody as soon as no program has the port open, os.ErrDeadlineExceeded at the write deadline, or net.ErrClosed /
	// os.ErrClosed.
	Write(p []byte) (int, error)

	// SetReadDeadline and SetWriteDeadline interrupt a Receive or Write at t, now if t is past; the zero time means never.
	SetReadDeadline(t time.Time) error
	SetWriteDeadline(t time.Time) error

	// Present reports whether a program has the port open at this moment, as far as the system has told.
	Present() bool

	// Close takes the port away: programs that have it open see it hang up, and its link is removed. It may be repeated.
	Close() error
}

// Devicer is implemented by ports that stand on a device of their own, e.g. /dev/pts/7: what /proc shows as opened.
type Devicer interface {
	Device() string
}

// Permitter is implemented by ports of which it can be changed who may open them, while a program has one open.
type Permitter interface {
	// Permit goes over to the mode, owner and group of spec. After an error the port is to be closed, and made anew.
	Permit(spec Spec) error
}

// CatchUpper is implemented by ports that can be read beside Receive, whose goroutine may not have been scheduled yet.
type CatchUpper interface {
	// CatchUp hands to f what programs have written and Receive's function has not been given, in order with what that is
	// given, and never at the same time; it tells of their coming and leaving as Receive does. It does not wait for more.
	// It returns false if Receive's function, or another CatchUp, is running: then nothing has been done, and it may be
	// called again.
	CatchUp(f func(p []byte) bool) bool
}

// ErrUnread says that the program has written something which nobody has been given yet.
var ErrUnread = errors.New("the program has written something that has not been read")

// UnreadWriter is implemented by ports that can tell at the very moment of a write whether the program has written.
type UnreadWriter interface {
	// WriteUnread is Write if the program has written nothing but what Receive's function, or CatchUp's, has dealt with; else it
	// writes nothing and answers ErrUnread. It asks fresh, and calls written when the program may have got p, in such a way that
	// nothing is handed over from then until it has returned.
	WriteUnread(p []byte, fresh func() bool, written func()) (int, error)
}

// HangUpper is implemented by ports that know whether the program which left last wanted its call hung up: HUPCL of its
// terminal (POSIX, termios.h: the modem lines drop at the last close). It is asked while Presence is told false.
type HangUpper interface {
	HangsUp() bool
}

// Presence is told of the truth "somebody has the port open": true at the first open, false at the last close. Calls
// for one port come one at a time and alternate. A false comes only when all that the program wrote has been handed to
// Receive's function, so that what follows belongs to the next program. It must not block for long, and may call the port's
// methods other than Receive.
type Presence func(open bool)

// Program is one process that has a port open.
type Program struct {
	PID  int    `json:"pid"`
	Name string `json:"name"`
}
