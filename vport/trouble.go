package vport

import "time"

// Trouble is what is, or was, wrong with a port that exists all the same.
type Trouble struct {
	Now      string    // what is wrong now, with its effect; empty: nothing
	Last     string    // the latest fault that was mended; empty: none
	LastAt   time.Time // when it was mended
	Replaced int64     // how often the device behind the port's address was replaced since the port was made
}

// Troubled is implemented by ports that know what is wrong with them. A port that cannot be served at all ends Receive instead.
type Troubled interface {
	Trouble() Trouble
}
