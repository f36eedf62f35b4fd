// Package profile is how families of modems say who they are, keep their lines and pack the meter's bytes. A family is
// one file: registration, answer, codec, checks and description. Profiles that a configuration declares are a family, too.
//
// There is no input or output here and no goroutine: bytes, pauses and the time of day go in; bytes, facts and events come
// out. Connections, deadlines and refusals are package relay's.
package profile

import (
	"cmp"
	"errors"
	"fmt"
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

// Profile says how a family of modems registers, beats and packs. It holds plain values, comparable with
// reflect.DeepEqual. What says "declared" belongs to kind Declared alone.
type Profile struct {
	Name string
	Kind Kind

	Greeting     Template // declared: sent as soon as the modem has connected, for those that wait to be asked
	Registration Template // declared: what the modem says first, with {id} in it; empty: nothing, it is known by its address
	IDPattern    string   // declared: regular expression that the whole id must match; empty: any that the format allows
	IDFormat     IDFormat // declared: how the id's bytes are written
	Answer       Template // sent when the modem is accepted

	Repeat     Repeat   // declared: whether the registration stands before packets, too
	Packet     Template // declared: what stands before every packet and is not the registration
	Heartbeats []Heartbeat
	Push       string  // DLMSPush: what becomes of pushes; empty: events only, PushToProgram: the program gets them, too
	Escape     Escape  // declared
	Framing    Framing // declared
	PacketMax  int     // declared: most bytes of a meter in one packet that we send, 0 means 1024

	RegistrationTimeout time.Duration // how long a caller has to register, 0 means 10 s
	RegistrationMax     int           // how many bytes it may send until then, 0 means 512

	Source string // where this is known from, for ready profiles
	Note   string // what these modems are, in a line, for ready profiles
}

// Repeat says where a registration stands besides at the session's beginning.
type Repeat string

// Where registrations stand.
const (
	Once        Repeat = "once"         // when the modem has connected. The zero value means this, too
	EveryPacket Repeat = "every-packet" // only before every packet: the first of them registers
	Both        Repeat = "both"         // when it has connected, and before every packet
)

// Heartbeat is what a modem sends to keep its line: bytes, with the id in them perhaps. Where they could be a meter's, it is
// removed where it stands alone after a pause; between frames it is removed anywhere.
type Heartbeat struct {
	Bytes  Template
	Answer Template // empty: it wants none
}

// DefaultRegistrationTimeout is how long a caller has to say who it is.
const DefaultRegistrationTimeout = 10 * time.Second

// MaxRegistration is how many bytes a caller may send before it is known, where its profile does not say.
const MaxRegistration = 512

const (
	maxHeartbeat       = 256 // bytes: makers' settings end at 80
	mostRegistration   = 4096
	longestRegistering = time.Minute
	defaultPacketMax   = 1024
)

func (p *Profile) registrationMax() int { return cmp.Or(p.RegistrationMax, MaxRegistration) }
func (p *Profile) packetMax() int       { return cmp.Or(p.PacketMax, defaultPacketMax) }

// Validate says what is wrong with the profile, nil if nothing; all faults at once, each a *ProfileError.
func (p *Profile) Validate() error {
	var faults []error
	fault := func(key, format string, args ...any) {
		faults = append(faults, &Error{p.Name, key, fmt.Sprintf(format, args...)})
	}
	if f := familyOf(p.Kind); f != nil {
		f.Check(p, fault)
	} else {
		fault("", "unknown kind %q: write one of %q", p.Kind, kindNames())
		p.refusePush(fault)
	}
	p.validateLimits(fault)
	p.validateHeartbeats(fault)
	return errors.Join(faults...)
}

// kindNames are the words for all kinds.
func kindNames() []Kind {
	names := make([]Kind, 0, len(families))
	for _, f := range families {
		names = append(names, f.Describe().Kind)
	}
	return names
}
