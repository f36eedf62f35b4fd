package hayes

import (
	"strings"
	"time"
)

// Call is one call that is over, as the program saw it. A call that rang and that the program did not answer is one, too.
type Call struct {
	// Dial is what was dialled. It is empty for a call that came in.
	Dial Dial
	// Number is what was dialled, as the program wrote it, or the caller's. It has no secrets; see Dial.Shown.
	Number   string
	Incoming bool
	// Result is what the program was told: a connected call's CONNECT, else BUSY and the like, or RING. It is empty if the program
	// ended the attempt and was told nothing. With Q1 it is what the program would have been told.
	Result string
	// Why is why the call failed or ended, in few words; it may be empty.
	Why string
	// Began is the time of dialling or of the first RING, Connected that of CONNECT (zero: there was none), Ended that of the end.
	Began, Connected, Ended time.Time
}

// mask stands for what is not shown.
const mask = "…"

// Shown returns what was dialled for people, records and logs: as it was written, at most 80 bytes, without secrets. These are
// what follows the $ of a calling card (V.250, 6.3.1: its number and PIN) and the password of an address such as
// user:password@host.
func (d Dial) Shown() string {
	text := d.Raw
	if !d.Named {
		if number, _, card := strings.Cut(text, "$"); card {
			text = number + "$" + mask
		}
	} else if at := strings.LastIndexByte(text, '@'); at >= 0 {
		if user, _, secret := strings.Cut(text[:at], ":"); secret {
			text = user + ":" + mask + text[at:]
		}
	}
	return printable(text, 80)
}
