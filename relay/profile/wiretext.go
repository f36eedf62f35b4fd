package profile

import "bytes"

// maxFact bounds what is kept of one fact: it comes from the wire and is shown to operators.
const maxFact = 64

// WireText is a field of printable ASCII from the wire without its padding of NULs and spaces, "" if it is anything else.
func WireText(field []byte) string {
	field = bytes.Trim(field, "\x00 ")
	if len(field) > maxFact || !printable(field) {
		return ""
	}
	return string(field)
}

// printable reports whether p is printable ASCII throughout.
func printable(p []byte) bool {
	for _, c := range p {
		if c < ' ' || c > '~' {
			return false
		}
	}
	return true
}

// digits reports whether p is decimal digits throughout.
func digits(p []byte) bool {
	for _, c := range p {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// told appends a fact to facts, unless the modem told nothing.
func addFact(facts []Fact, name, value string) []Fact {
	if value == "" {
		return facts
	}
	return append(facts, Fact{name, value})
}
