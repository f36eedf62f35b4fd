package profile

import (
	"errors"
	"slices"
	"time"
)

// Arrival is bytes that come from a modem together.
type Arrival struct {
	Bytes []byte
	After time.Duration // the pause before them
}

// Step is one thing that happens on a connection with a modem.
type Step struct {
	At    time.Duration // since the modem has connected
	What  What
	Bytes []byte // may be empty
	Text  string // what there is to say beyond the bytes

	count int // bytes from the modem that have come to this; of all steps together, as many as it sent
}

// What is the kind of a step.
type What string

// The kinds of steps.
const (
	Sends        What = "modem sends"
	WeSend       What = "we send"
	Waits        What = "more is needed"
	Registers    What = "registration"
	Identity     What = "identity"
	Tells        What = "tells"   // a fact
	Reports      What = "reports" // an event
	Data         What = "data"    // of the meter
	Beats        What = "heartbeat"
	TakesOff     What = "packet header" // or its end, a prefix, an escape, the end of a registration's line
	HoldsBack    What = "held back"     // until more comes, or time has passed
	Drops        What = "dropped"
	Refuses      What = "refused"
	maxTraceSize      = 1 << 20
)

// Trace plays a connection with a modem by the parsers that real ones meet, and tells what becomes of all that comes.
// A modem is known by ids; without any, whoever registers is. It is an error if the profile is not sound.
func (p *Profile) Trace(arrivals []Arrival, ids []string, now time.Time) ([]Step, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	size := 0
	for _, a := range arrivals {
		size += len(a.Bytes)
	}
	if size > maxTraceSize {
		return nil, errors.New("more than a mebibyte is too much to be looked at")
	}
	t := &tracer{profile: p, ids: NewIDs(p, slices.Values(ids)), begun: now, idle: StandsAlone}
	t.connect()
	for _, a := range arrivals {
		if t.over {
			break
		}
		t.pass(a.After)
		t.arrive(a.Bytes)
	}
	t.settle()
	return t.steps, nil
}
