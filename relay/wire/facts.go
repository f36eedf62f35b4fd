package wire

import "bytes"

// Fact is something that a modem says of itself. Name is one of the constants where one fits; Value is text for operators, with
// its unit.
type Fact struct{ Name, Value string }

// Names of facts.
const (
	FactSignal      = "signal"      // strength, with its meaning in dBm
	FactICCID       = "iccid"       // of the SIM card
	FactIMEI        = "imei"        // where it is not the identity
	FactPhone       = "phone"       // its own number
	FactModel       = "model"       // maker's name for the device
	FactFirmware    = "firmware"    // version
	FactHardware    = "hardware"    // version
	FactTemperature = "temperature" // inside the modem
	FactInputs      = "inputs"      // its GPIO
	FactCell        = "cell"        // where it is in the network
	FactAddress     = "address"     // its own, inside the operator's network
	FactInterface   = "interface"   // its serial ports
	FactSettings    = "settings"    // how its serial port is set, where it says so
	FactLines       = "lines"       // the modem lines of its serial port
	FactLineErrors  = "line errors" // errors that its serial port has counted
)

// Event is something that a device reported by itself, such as a DLMS push.
type Event struct {
	Kind string // in a word or two
	Text string // a description for operators
	Data []byte // as it came
}

// Observer receives what a modem says of itself and reports, as it comes. It must not block.
type Observer func([]Fact, []Event)

// maxFact bounds how much is kept of one fact: it comes from the wire and is shown to operators.
const maxFact = 64

// Text returns a field of printable ASCII from the wire without its padding of NULs and spaces, "" if it is anything else. A longer one
// than 64 characters is cut: lists of cells have some 170.
func Text(field []byte) string {
	field = bytes.Trim(field, "\x00 ")
	if !Printable(field) {
		return ""
	}
	return cut(string(field))
}

// cut returns the value of a fact, shortened if need be.
func cut(value string) string {
	if len(value) > maxFact {
		return value[:maxFact] + "…"
	}
	return value
}

// Printable reports whether p is printable ASCII throughout.
func Printable(p []byte) bool {
	for _, c := range p {
		if c < ' ' || c > '~' {
			return false
		}
	}
	return true
}

// Digits reports whether p is decimal digits throughout.
func Digits(p []byte) bool {
	for _, c := range p {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// AddFact appends a fact, unless value is empty.
func AddFact(facts []Fact, name, value string) []Fact {
	if value == "" {
		return facts
	}
	return append(facts, Fact{name, value})
}
