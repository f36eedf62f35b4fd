// Package dialup is emulated modems: ports from which a program dials the modem that it wants, and where one rings. It knows whom a
// number reaches. How commands are understood is hayes's, and the session that a call is joined to is the modem's.
package dialup

import (
	"net/netip"

	"meterline/vport"
	"meterline/vport/hayes"
)

// Config is one dial-up port.
type Config struct {
	Name string // of the table; the ports of one ring together
	Spec vport.Spec
	Emulation
}

// Emulation makes a port an emulated modem, from which any modem can be dialled.
type Emulation struct {
	Hayes     hayes.Config
	Numbering Numbering
}

// Numbering says how dialled numbers are read.
type Numbering struct {
	Country string         // of numbers without one, digits: "7"; empty: numbers have to be as the modem's
	Trunk   string         // what stands in its place in a number of the same country, digits: "8"; empty: nothing does
	Rewrite []Rewrite      // applied first, the longest prefix that fits
	Direct  []netip.Prefix // addresses that may be dialled as host:port without a modem; empty: none
}

// Rewrite puts one beginning of a number in the place of another.
type Rewrite struct{ From, To string }
