// Package profile knows how families of modems say who they are, keep their lines and pack the meter's bytes. A Family is one
// file: registration, answer, codec, checks, description and the simulated modem's part. Profiles that a configuration declares are
// a family, too.
//
// It does no input or output and has no goroutines: bytes, pauses and the time of day go in; bytes, facts and events come out.
// Connections, deadlines and refusals are package relay's.
//
// A session with a modem uses it in these steps:
//
//  1. Profile.Hello is what a modem gets that waits to be asked, and Profile.NewRegistration reads what it says first.
//  2. Profile.Identify finds the modem among the configured ones, and Profile.Welcome answers it.
//  3. Profile.NewCodec makes the codec of everything that follows: codec.Codec.Decode takes off what the modem adds,
//     and codec.Encoder.Encode packs what is sent to it.
//
// Package trace plays these steps for an operator.
//
// Simulate and Profile.Simulate return the modem's part of the same. Inside a family's file the two parts share nothing, so that each
// checks the other.
package profile

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"meterline/relay/codec"
	"meterline/relay/wire"
)

// Kind is the name of a family.
type Kind string

// The kinds of profile.
const (
	IMEI     Kind = "imei"     // digits, bare or as a line, with or without a prefix
	Address  Kind = "address"  // the source address is the identity
	Direct   Kind = "direct"   // no identity: the listening address belongs to one modem
	Declared Kind = "declared" // by the rules of a [profile.NAME] table
)

// Profile says how a family of modems registers, sends heartbeats and packs. It holds plain values, comparable with
// reflect.DeepEqual. Fields marked "declared" belong to kind Declared only.
type Profile struct {
	Name string
	Kind Kind

	Greeting     wire.Template // declared: sent as soon as the modem has connected, to modems that wait to be asked
	Registration wire.Template // declared: what the modem says first, with {id} in it; empty: nothing, it is known by its address
	IDPattern    string        // declared: regular expression that the whole id must match; empty: any id that the format allows
	IDFormat     wire.IDFormat // declared: how the id's bytes are written
	Answer       wire.Template // sent when the modem is accepted

	Repeat     Repeat        // declared: whether the registration also comes before packets
	Packet     wire.Template // declared: what comes before every packet and is not the registration
	Heartbeats []codec.Heartbeat
	// HeartbeatAnywhere says that meters never send what is a heartbeat. See codec.Finding.
	HeartbeatAnywhere bool
	Push              string        // DLMSPush: what becomes of pushes; empty: events only; PushToProgram: the program gets them as well
	Escape            codec.Escape  // declared
	Framing           codec.Framing // declared
	PacketMax         int           // declared: the most bytes of a meter in one packet that we send; 0 means 1024

	RegistrationTimeout time.Duration // how long a caller has to register; 0 means 10 s
	RegistrationMax     int           // how many bytes it may send until then; 0 means 512

	Source string // where a ready profile is known from
	Note   string // what the modems of a ready profile are, in one line
}

// Repeat says where the registration is sent besides at the session's beginning.
type Repeat string

// Where registrations are sent.
const (
	Once        Repeat = "once"         // when the modem has connected; the zero value means this as well
	EveryPacket Repeat = "every-packet" // only before every packet: the first of them registers
	Both        Repeat = "both"         // when it has connected, and before every packet
)

// DefaultRegistrationTimeout is how long a caller has to say who it is.
const DefaultRegistrationTimeout = 10 * time.Second

// MaxRegistration is how many bytes a caller may send before it is known, unless its profile says otherwise.
const MaxRegistration = 512

const (
	maxHeartbeat       = 256 // bytes: makers' settings allow up to 80
	mostRegistration   = 4096
	longestRegistering = time.Minute
	defaultPacketMax   = 1024
)

func (p *Profile) registrationMax() int { return cmp.Or(p.RegistrationMax, MaxRegistration) }
func (p *Profile) packetMax() int       { return cmp.Or(p.PacketMax, defaultPacketMax) }

// Validate returns what is wrong with the profile, nil if nothing: all faults together, each an *Error.
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

// kindNames returns the names of all kinds.
func kindNames() []Kind {
	names := make([]Kind, 0, len(families))
	for _, f := range families {
		names = append(names, f.Describe().Kind)
	}
	return names
}
