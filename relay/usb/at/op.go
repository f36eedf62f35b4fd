package at

import "time"

// Op is an operation: Init, Info, Ring, SMS, Fetch, Call or HangUp.
type Op interface {
	// check returns why it cannot be done, whatever the modem.
	check() error
	// begin sends the first command, or sets the first pause.
	begin(d *Driver)
	// String says what is being done, for errors.
	String() string
}

// Init brings the modem into a known state, whatever it was doing, and opens its SIM.
type Init struct{}

// Info asks the modem what it is and how it is connected.
type Info struct{}

// Ring places a voice call and gives it up after For: a missed call, which costs nothing and wakes the far modem.
type Ring struct {
	Number string
	For    time.Duration // how long to let it ring, 5 to 30 s; 0 means 10 s
}

// RingResult is how a missed call ended, in the words of configurations.
type RingResult string

// The ends of a missed call.
const (
	RingGivenUp   RingResult = "rang"       // it rang until it was given up
	RingBusy      RingResult = "BUSY"       // the other side has rejected it, or was busy
	RingNoAnswer  RingResult = "NO ANSWER"  // the network has given it up
	RingNoCarrier RingResult = "NO CARRIER" // it was ended, or was never connected
	RingAnswered  RingResult = "answered"   // somebody answered it
)

// SMS sends a short message.
type SMS struct {
	Number string
	Text   string // see CheckText
}

// Call places a data call. When it is Done without an error, bytes pass until HangUp or EventEnded.
type Call struct {
	Number string
}

// HangUp ends a call, and confirms that the modem is in command mode again. It does no harm where there is no call.
type HangUp struct{}

func (Init) String() string   { return "initialising the modem" }
func (Info) String() string   { return "asking the modem" }
func (o Ring) String() string { return "ringing " + o.Number }
func (o SMS) String() string  { return "sending a short message to " + o.Number }
func (o Call) String() string { return "calling " + o.Number }
func (HangUp) String() string { return "hanging up" }

func (Init) check() error   { return nil }
func (Info) check() error   { return nil }
func (HangUp) check() error { return nil }
func (o Ring) check() error { return CheckNumber(o.Number) }
func (o Call) check() error { return CheckNumber(o.Number) }
func (o SMS) check() error {
	if err := CheckNumber(o.Number); err != nil {
		return err
	}
	return CheckText(o.Text)
}

// Result is what an operation has found out. Init sets Cellular, Info everything, the others what concerns them.
type Result struct {
	Cellular bool // a modem with a SIM, not a telephone modem

	Maker, Model, Firmware string
	IMEI, IMSI, ICCID      string
	Operator               string
	Registration           Registration
	Signal                 int // dBm, from -113 up to -51; 0: not known

	Speed string     // what CONNECT said, such as "9600"; may be empty
	Ring  RingResult // how a missed call ended; empty if none was placed
	Note  string     // what is odd although nothing has failed, in words
}

// Event is something that the modem said without being asked.
type Event struct {
	Kind EventKind
	Text string // the line, printable, at most 120 bytes
}

// EventKind is the kind of an Event.
type EventKind int

// The kinds.
const (
	EventOther EventKind = iota
	EventRing            // somebody calls this modem; it does not answer
	EventEnded           // the far end has hung up: the data call is over
)

// maxEvents bounds how many events one Feed returns.
const maxEvents = 32

func (d *Driver) event(k EventKind, text string) {
	if len(d.out.Events) < maxEvents || k == EventEnded {
		d.out.Events = append(d.out.Events, Event{k, printable(text, 120)})
	}
}

// printable returns at most n bytes of s, without what could harm a terminal or log.
func printable(s string, n int) string {
	b := []byte(s[:min(n, len(s))])
	for i, c := range b {
		if c < ' ' || c > '~' {
			b[i] = '?'
		}
	}
	return string(b)
}
