package nearmiss

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"meterline/relay/profile"
	"meterline/relay/wire"
)

// variant is something that could be otherwise.
type variant struct {
	text    string // before who the caller would be
	profile *profile.Profile
	came    []byte
}

// ifOnly returns the first variant that makes a registration of bytes: as a modem of the exchange, or else as nobody known.
func (e *Exchange) ifOnly(all []variant) (known, unknown string) {
	for _, v := range all {
		r := e.read(v.profile, v.came)
		if r.modem == "" {
			r.modem = e.modems[e.folded[strings.ToLower(r.id)]]
		}
		switch {
		case r.modem != "":
			return v.text + r.who(), unknown
		case r.done && unknown == "":
			unknown = v.text + r.who()
		}
	}
	return "", unknown
}

// isPadding reports whether fields are filled up with b, or lines ended.
func isPadding(b byte) bool {
	return b == 0 || b == 0xFF || b == ' ' || b == '\t' || b == '\r' || b == '\n'
}

// paddingBefore and paddingBehind return how much padding stands before and behind what came.
func paddingBefore[T string | []byte](came T) (n int) {
	for n < len(came) && isPadding(came[n]) {
		n++
	}
	return n
}

func paddingBehind[T string | []byte](came T) (n int) {
	for n < len(came) && isPadding(came[len(came)-1-n]) {
		n++
	}
	return n
}

// unpadded returns an id without the padding around it.
func unpadded(id string) string {
	id = id[paddingBefore(id):]
	return id[:len(id)-paddingBehind(id)]
}

// ends are what lines are ended by.
var ends = []string{"\r\n", "\n", "\r"}

// mostInFront is how many bytes in front of a registration are looked behind.
const mostInFront = 64

// variants returns what bytes could be without a small fault, the likely ones first.
func (e *Exchange) variants(came []byte) []variant {
	p := &e.profile
	all := e.otherCase(came)
	if n := paddingBefore(came); n > 0 {
		all = append(all, variant{"padding: without the " + counted(n) + " in front it would be ", p, came[n:]})
	}
	for _, end := range ends {
		if line, has := bytes.CutSuffix(came, []byte(end)); has {
			for _, other := range ends {
				all = append(all, variant{fmt.Sprintf("other line end: with %q in place of %q it would be ", other, end), p, slices.Concat(line, []byte(other))})
			}
			break
		}
	}
	for _, end := range append([]string{string(endOf(p))}, ends...) {
		all = append(all, variant{fmt.Sprintf("no end: with %q behind it, it would be ", end), p, slices.Concat(came, []byte(end))})
	}
	if n := paddingBehind(came); n > 0 {
		all = append(all, variant{"padding: without the " + counted(n) + " behind it, it would be ", p, came[:len(came)-n]})
	}
	return all
}

// otherCase reads bytes without regard to upper and lower case.
func (e *Exchange) otherCase(came []byte) []variant {
	const text = "other case: in the profile's it would be "
	if e.profile.Kind != profile.Declared {
		return []variant{{text, &e.profile, bytes.ToUpper(came)}, {text, &e.profile, bytes.ToLower(came)}}
	}
	lower := e.profile
	lower.Registration = slices.Clone(lower.Registration)
	for i, part := range lower.Registration {
		lower.Registration[i].Literal = bytes.ToLower(part.Literal)
	}
	if lower.IDPattern != "" {
		lower.IDPattern = "(?i:" + lower.IDPattern + ")"
	}
	return []variant{{text, &lower, bytes.ToLower(came)}}
}

// inFront leaves out what stands in front of a registration. Under a declared profile it says how to write that.
func (e *Exchange) inFront(came []byte) []variant {
	var all []variant
	for n := 1; n < min(len(came), mostInFront); n++ {
		if e.profile.Kind != profile.Declared {
			all = append(all, variant{counted(n) + " in front: without, it would be ", &e.profile, came[n:]})
			continue
		}
		place := wire.Part{Name: "*", Length: n}
		text := fmt.Sprintf("`{*:%d}` in front would read it, as ", n)
		if e.profile.Registration[0].Name == "" {
			place.Length, text = 0, "`{*}` in front would read it, as "
		}
		longer := e.profile
		longer.Registration = slices.Concat(wire.Template{place}, e.profile.Registration)
		all = append(all, variant{text, &longer, came})
		if place.Length == 0 {
			break
		}
	}
	return all
}

// leastFitting is how many bytes must fit to be worth telling.
const leastFitting = 2

// fitsSoFar tells where bytes cease to fit a declared registration.
func (e *Exchange) fitsSoFar(came []byte) string {
	if e.profile.Kind != profile.Declared {
		return ""
	}
	n, wanted := e.profile.Registration.Departs(came)
	if n < leastFitting || len(wanted) == 0 {
		return ""
	}
	if n >= len(came) {
		return fmt.Sprintf("all that came fits; then %q is to follow", wanted)
	}
	return fmt.Sprintf("the first %s fit; then %q is to follow, and %q does", counted(n), wanted, came[n:min(len(came), n+len(wanted))])
}

func counted(n int) string {
	if n == 1 {
		return "1 byte"
	}
	return fmt.Sprintf("%d bytes", n)
}

// endOf returns the bytes that end a declared registration, empty if a place does.
func endOf(p *profile.Profile) []byte {
	if n := len(p.Registration); n > 0 {
		return p.Registration[n-1].Literal
	}
	return nil
}
