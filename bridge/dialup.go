package bridge

import (
	"net/netip"

	"meterline/vport"
	"meterline/vport/hayes"
)

// dialupConfig is one dial-up port.
type dialupConfig struct {
	Name string // of the table; the ports of one ring together
	Spec vport.Spec
	Dialup
}

// Dialup makes a port an emulated modem, from which any modem can be dialled.
type Dialup struct {
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
