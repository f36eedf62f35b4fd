package hayes

import (
	"strings"
	"time"
)

// Out is the result of an event. Slices may share memory with what the event was given, so they must be used or copied before
// the next one. ToLine must be sent before the Actions are done: what the program wrote before a hang-up belongs to the call.
type Out struct {
	ToDTE   [][]byte // to the program, in order
	Meter   int      // how many bytes of ToDTE, in its last pieces, are the far modem's; the others are this modem's own
	ToLine  [][]byte // to the far modem, in order
	Actions []Action // to be done, in order
	Drops   []Drop   // what was lost
	Calls   []Call   // that are over, in order
}

// Action is a Dial, an Answer or a HangUp.
type Action interface{ action() }

// Dial asks for a call. It is answered by Connected, or by Failed with the result that the program must see.
type Dial struct {
	// Number is what was dialled, without modifiers and punctuation: digits, * # + and A to D. If the program dialled a name or
	// an address, it is that, unchanged. It may be empty. If Raw is nobody's name either, no event must follow: a modem that has
	// dialled nothing waits for a carrier until S7 has passed (manuals of Westermo's TD-33, Ositech and others).
	Number string
	// Paused is Number with a comma for each pause that was dialled: , and W.
	Paused string
	// Raw is the same as it was written, without spaces around it. A name may begin with the T of tone dialling, or look like a
	// number with punctuation ("p-12"). So Raw is to be looked up first, and then Number.
	Raw string
	// Named means that Number is a name or an address.
	Named bool
	// Voice means a voice call, by a semicolon, which wakes a sleeping modem. The program has got its OK already and the modem
	// is in command mode; neither Connected nor Failed is expected.
	Voice bool
	// Stored says that the number was one stored by &Z (DS=n).
	Stored bool
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

// Answer accepts the call that Ring announced. It is answered by Connected or Failed.
type Answer struct{}

// HangUp ends the call, the attempt at one, or a voice call, or refuses the call that rings. The session may live on.
type HangUp struct {
	// Why is the reason in few words, for a log.
	Why string
}

func (Dial) action()   {}
func (Answer) action() {}
func (HangUp) action() {}

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

// Drop is a number of bytes that were dropped.
type Drop struct {
	Reason Reason
	Bytes  int
}

// Reason is why bytes were dropped: words for the operator, and keys of counters.
type Reason string

// The reasons.
const (
	DropHeldFull Reason = "came before CONNECT, more than is held"
	DropHungUp   Reason = "held when the call ended"
	DropNoCall   Reason = "came without a call"
	DropDialling Reason = "written while dialling"
	DropEnded    Reason = "written when the call ended"
)

// output collects the Out of an event.
type output struct {
	Out
	toProgram int  // number of bytes in ToDTE
	echoing   bool // the last piece of ToDTE is echo
}

func (o *output) act(a Action) { o.Actions = append(o.Actions, a) }

// echo sends c back to the program. Echoes in a row make one piece of output.
func (o *output) echo(c ...byte) {
	if len(c) == 0 {
		return
	}
	o.toProgram += len(c)
	if last := len(o.ToDTE) - 1; o.echoing && last >= 0 {
		o.ToDTE[last] = append(o.ToDTE[last], c...)
		return
	}
	o.ToDTE = append(o.ToDTE, c)
	o.echoing = true
}

func (o *output) toDTE(p []byte) {
	o.toProgram += len(p)
	o.echoing = false
	if len(p) > 0 {
		o.ToDTE = append(o.ToDTE, p)
	}
}

// fromLine passes on what the far modem sent.
func (o *output) fromLine(p []byte) {
	o.toDTE(p)
	o.Meter += len(p)
}

func (o *output) toLine(p []byte) {
	if len(p) > 0 {
		o.ToLine = append(o.ToLine, p)
	}
}

func (o *output) drop(r Reason, n int) {
	if n <= 0 {
		return
	}
	for i := range o.Drops {
		if o.Drops[i].Reason == r {
			o.Drops[i].Bytes += n
			return
		}
	}
	o.Drops = append(o.Drops, Drop{r, n})
}

// take returns what was collected, and begins anew.
func (o *output) take() Out {
	taken := o.Out
	*o = output{}
	return taken
}
