package bridge

import (
	"errors"
	"maps"
	"os"

	"meterline/vport"
)

// Reasons for which bytes are dropped: the words of status.
const (
	dropNoSession = "no session"                       // written while the modem was away, and not to be kept
	dropEnded     = "session ended"                    // not sent when the session ended
	dropHeld      = "another port has the modem"       // written by a second port's program
	dropTakenOver = "lease taken over"                 // not sent when another port took the modem
	dropLeft      = "program left"                     // its tail was not sent within the time for that
	dropNobody    = "no program had the port open"     // came from the modem for nobody
	dropNotRead   = "program did not read"             // came from the modem, not taken within the time for that
	dropBurst     = "a newer request took its place"   // kept for a session, then the program wrote anew
	dropTooLong   = "too long to keep"                 // kept for a session, beyond what is kept
	dropTooOld    = "session came too late"            // kept for a session that came too late
	dropMisframed = "not of the modem's protocol"      // came from the modem outside of its packets
	dropGone      = "port or modem left configuration" // on its way at a reload
)

// drops counts bytes dropped by reason. Whoever embeds it guards it.
type drops map[string]int64

func (d *drops) add(reason string, n int) {
	if n == 0 {
		return
	}
	if *d == nil {
		*d = make(drops)
	}
	(*d)[reason] += int64(n)
}

func (d drops) snapshot() map[string]int64 { return maps.Clone(d) }

// deliverReason tells why a port did not take all bytes.
func deliverReason(err error) string {
	switch {
	case err == nil:
		return ""
	case errors.Is(err, vport.ErrNobody):
		return dropNobody
	case errors.Is(err, os.ErrDeadlineExceeded):
		return dropNotRead
	}
	return dropGone
}
