// Package dialup provides emulated modems: local ports from which a program dials the remote modem that it wants, and which ring when one
// calls in. It does not interpret AT commands, which package hayes does, and has no sessions: a call leases one from package modem.
//
// A call from a dial-up port:
//
//  1. Port.read receives what the program writes, and Port.fromProgram passes it to the emulated modem. Port.apply queues what that wants.
//  2. Port.workOnce finds a hayes.Dial in the queue, and Port.dial asks Switchboard.find which modem has the number.
//  3. Port.begin starts call.connect on a goroutine of its own. It waits for the modem's lease and for a session.
//  4. call.report tells the emulated modem: CONNECT, BUSY, NO CARRIER.
//  5. In the call, Port.toMeter sends what the program writes; call.Deliver takes what the meter sends, and Port.write writes it.
//  6. The program hangs up (Port.hangUp), or the session ends (call.StateChanged). call.connect gives the lease back, and call.release
//     makes the port free. The session stays for the next call.
package dialup

import (
	"net/netip"

	"meterline/vport"
	"meterline/vport/hayes"
)

// Config is one dial-up port.
type Config struct {
	Name string // the name of the port's table; all ports of one table ring together
	Spec vport.Spec
	Emulation
}

// Emulation is the configuration of an emulated modem.
type Emulation struct {
	Hayes     hayes.Config
	Numbering Numbering
}

// Numbering says how dialled numbers are read.
type Numbering struct {
	Country string         // country code of numbers without one, digits: "7"; empty: numbers must be written as in the modem's table
	Trunk   string         // prefix of national numbers, in place of the country code, digits: "8", empty if there is none
	Rewrite []Rewrite      // applied first; the longest prefix that matches
	Direct  []netip.Prefix // addresses that may be dialled as host:port without a modem, empty if there is none
}

// Rewrite replaces a prefix of a number by another. A comma in From is a pause that must have been dialled.
type Rewrite struct{ From, To string }
