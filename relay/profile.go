package relay

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// Kind is the manner in which a family of modems says who it is.
type Kind string

// The kinds of profile.
const (
	IMEI     Kind = "imei"     // digits, bare or as a line, with or without a prefix
	Address  Kind = "address"  // the source address is the identity
	Direct   Kind = "direct"   // none at all: the listening address belongs to one modem
	Declared Kind = "declared" // by the rules of a [profile.NAME] table
)

// Profile says how a family of modems registers and beats. It holds plain values, comparable with reflect.DeepEqual.
type Profile struct {
	Name       string
	Kind       Kind
	Prefix     []byte // Declared: what stands before the id
	Suffix     []byte // Declared: what ends it, empty: by IDLength
	IDLength   int    // Declared: bytes on the wire; 0: up to Suffix
	IDPattern  string // Declared: regular expression that the whole id must match; empty: any printable ASCII
	IDHex      bool   // Declared: the id is written in hex of the raw bytes
	Answer     []byte // sent when the modem is accepted; {id} stands for the id's own bytes
	Heartbeats []Heartbeat
}

// Heartbeat is what a modem sends to keep its line; it is removed where it stands alone after a pause.
type Heartbeat struct {
	Bytes  []byte
	Answer []byte
}

// maxHeartbeat is the longest heartbeat: makers' settings end at 80 bytes.
const maxHeartbeat = 256

// Validate says what is wrong with the profile, nil if nothing; all faults at once.
func (p *Profile) Validate() error {
	var faults []error
	fault := func(format string, args ...any) {
		faults = append(faults, fmt.Errorf("profile %q: "+format, append([]any{p.Name}, args...)...))
	}
	switch p.Kind {
	case Declared:
		p.validateRules(fault)
	case IMEI, Address, Direct:
		if len(p.Prefix)+len(p.Suffix)+p.IDLength+len(p.IDPattern) > 0 || p.IDHex {
			fault("the rules for an id belong to a declared profile; kind %q needs none", p.Kind)
		}
		if len(p.Answer) > 0 && p.Kind != IMEI {
			fault("there is no registration to answer under kind %q; leave the answer out", p.Kind)
		}
	default:
		fault("unknown kind %q: write %q, %q, %q or %q", p.Kind, IMEI, Address, Direct, Declared)
	}
	for i, h := range p.Heartbeats {
		if len(h.Bytes) == 0 || len(h.Bytes) > maxHeartbeat {
			fault("heartbeat %d has %d bytes: write 1 to %d", i+1, len(h.Bytes), maxHeartbeat)
		}
	}
	return errors.Join(faults...)
}

func (p *Profile) validateRules(fault func(format string, args ...any)) {
	if p.IDLength == 0 && len(p.Suffix) == 0 {
		fault("nothing ends the id: give its length or the bytes behind it")
	}
	if p.IDLength < 0 {
		fault("the id's length is %d: write how many bytes it has, or leave it out", p.IDLength)
	}
	if n := len(p.Prefix) + max(p.IDLength, 1) + len(p.Suffix); n > maxRegistration {
		fault("the registration has %d bytes, more than the %d that are accepted", n, maxRegistration)
	}
	if _, err := p.pattern(); err != nil {
		fault("id pattern %q: %w", p.IDPattern, err)
	}
}

// pattern compiles IDPattern so that it has to match the whole id; nil where there is none.
func (p *Profile) pattern() (*regexp.Regexp, error) {
	if p.IDPattern == "" {
		return nil, nil
	}
	if _, err := regexp.Compile(p.IDPattern); err != nil {
		return nil, err
	}
	return regexp.Compile(`^(?:` + p.IDPattern + `)$`)
}

// registers tells whether the modem says anything before its data.
func (p *Profile) registers() bool { return p.Kind == IMEI || p.Kind == Declared }

// key is the form in which an identity is looked up: hex may be written in either case.
func (p *Profile) key(id string) string {
	if p.Kind == Declared && p.IDHex {
		return strings.ToLower(id)
	}
	return id
}
