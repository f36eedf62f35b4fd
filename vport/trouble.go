package vport

import "time"

// Trouble is what is wrong, or has been wrong, with a port that is there all the same.
type Trouble struct {
	Now      string    // what is wrong at this moment and what comes of it; empty: nothing
	Last     string    // the latest fault that was mended; empty: there was none
	LastAt   time.Time // when it was mended
	Replaced int64     // how often the device behind the port's address was replaced since the port was made
}

// Troubled is implemented by ports that can say what is wrong with them. A port that cannot be served at all ends Receive instead.
type Troubled interface {
	Trouble() Trouble
}
