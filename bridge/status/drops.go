package status

import (
	"errors"
	"maps"
	"os"

	"meterline/vport"
)

// Reasons for which bytes are dropped: the words of status.
const (
	DropNoSession = "no session"                       // written while the modem was away, and not to be kept
	DropEnded     = "session ended"                    // not sent when the session ended
	DropHeld      = "another port has the modem"       // written by a second port's program
	DropTakenOver = "lease taken over"                 // not sent when another port took the modem
	DropLeft      = "program left"                     // its tail was not sent within the time for that
	DropNobody    = "no program had the port open"     // came from the modem
	DropNotRead   = "program did not read"             // came from the modem, not taken within the time for that
	DropNewer     = "a newer request took its place"   // kept for a session, until the program wrote another request
	DropTooLong   = "too long to keep"                 // kept for a session, beyond what is kept
	DropTooOld    = "session came too late"            // kept for a session that came too late
	DropMisframed = "not of the modem's protocol"      // came from the modem outside of its packets
	DropGone      = "port or modem left configuration" // on its way at a reload
)

// Drops counts dropped bytes by reason. Its owner guards it by a mutex.
type Drops map[string]int64

// Add counts n more bytes that were dropped for that reason.
func (d *Drops) Add(reason string, n int) {
	if n == 0 {
		return
	}
	if *d == nil {
		*d = make(Drops)
	}
	(*d)[reason] += int64(n)
}

// Snapshot returns a copy.
func (d Drops) Snapshot() map[string]int64 { return maps.Clone(d) }

// NotDelivered returns the reason for bytes that a port did not take, given the error of its Write.
func NotDelivered(err error) string {
	switch {
	case err == nil:
		return ""
	case errors.Is(err, vport.ErrNobody):
		return DropNobody
	case errors.Is(err, os.ErrDeadlineExceeded):
		return DropNotRead
	}
	return DropGone
}
