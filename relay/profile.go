package relay

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
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
	Push       string // DLMSPush: what becomes of pushes; empty: events only, PushToProgram: the program gets them, too
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
	switch f := familyOf(p.Kind); {
	case f == nil:
		fault("unknown kind %q: write one of %q", p.Kind, kindNames())
	case f.validate != nil:
		f.validate(p, fault)
	default:
		if len(p.Prefix)+len(p.Suffix)+p.IDLength+len(p.IDPattern) > 0 || p.IDHex {
			fault("the rules for an id belong to a declared profile; kind %q needs none", p.Kind)
		}
		if len(p.Answer) > 0 && p.Kind != IMEI {
			fault("kind %q knows by itself what to answer; leave the answer out", p.Kind)
		}
	}
	p.validateOwn(fault)
	for i, h := range p.Heartbeats {
		if len(h.Bytes) == 0 || len(h.Bytes) > maxHeartbeat {
			fault("heartbeat %d has %d bytes: write 1 to %d", i+1, len(h.Bytes), maxHeartbeat)
		}
	}
	return errors.Join(faults...)
}

// kindNames are the words for all kinds.
func kindNames() []Kind {
	names := make([]Kind, 0, len(families))
	for _, f := range families {
		names = append(names, f.kind)
	}
	return names
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

// key is the form in which an identity is looked up: hex may be written in either case.
func (p *Profile) key(id string) string {
	if p.Kind == Declared && p.IDHex {
		return strings.ToLower(id)
	}
	return id
}

// answer is what a modem is sent that has registered at now, local time: some set their clocks by it.
func (p *Profile) answer(v *verdict, now time.Time) []byte {
	if f := familyOf(p.Kind); f != nil && f.answer != nil {
		return f.answer(p, v, now)
	}
	return bytes.ReplaceAll(p.Answer, []byte("{id}"), v.wire)
}
