package profile

import (
	"fmt"
	"time"

	"meterline/relay/codec"
	"meterline/relay/wire"
)

// Family is how one family of modems says who it is, keeps its line and packs the meter's bytes. A new family is one file and
// one entry in families; it embeds bare and overrides what differs. Its simulated modem stands in the same file and in its
// Description, and shares nothing with the parser, so that each checks the other.
type Family interface {
	// Describe returns the family's kind and its description.
	Describe() Description
	// Check reports each fault of a profile of this family, except those that any profile may have.
	Check(p *Profile, fault wire.FaultFunc)
	// CheckID returns what is wrong with an id of the configuration, nil if nothing.
	CheckID(p *Profile, id string) error
	// Register returns the parser of what a modem says first, and what is sent to it as soon as it has connected: nothing where
	// the modem speaks first. A nil parser means that the modem does not say who it is and is known by its address.
	Register(p *Profile, ids IDs) (greeting []byte, r Registration)
	// Accept returns what is sent to a modem that has registered at now, in local time: some set their clocks by it.
	Accept(p *Profile, v *Verdict, now time.Time) []byte
	// Codec returns what removes heartbeats and packing, nil where the modem adds nothing. See Profile.NewCodec.
	Codec(p *Profile, v *Verdict, ends codec.FrameEnd) codec.Codec
}

// families lists all families in the order in which they are shown.
var families = []Family{
	imeiFamily, irzFamily, teleofisFamily, fourFaithFamily, ddpFamily, dlmsPushFamily,
	addressFamily, mercury228Family, directFamily, declaredFamily,
}

func familyOf(k Kind) Family {
	for _, f := range families {
		if f.Describe().Kind == k {
			return f
		}
	}
	return nil
}

// Kinds returns the kinds of profile that need no declaration, in the order in which they are shown, with a line about each.
func Kinds() (kinds []Kind, about []string) {
	for _, f := range families {
		if d := f.Describe(); d.Kind != Direct && d.Kind != Declared {
			kinds, about = append(kinds, d.Kind), append(about, d.About)
		}
	}
	return kinds, about
}

// Description describes how modems of a family register and what follows. An empty text means that there is none.
type Description struct {
	Kind  Kind
	About string // the family in one line, and where its bytes are known from

	Registration string // what the modem says first, as an example
	Answer       string // what we send, and when
	Data         string // what surrounds or replaces the meter's bytes
	Heartbeats   string // what is taken out
	Facts        string // what is kept and shown of what the modem says of itself

	variants    []string // ways of packing besides the usual one, which a verdict may name
	credentials bool     // the registration has a login and a password for the server to check
	scans       bool     // bytes that look like a scanner's are never this family's. See Profile.Scans

	simulated []simulation // how its modems are simulated, the usual way first; none: by the rules of their profile
}

// Describe returns the description of a kind of Kinds.
func Describe(k Kind) Description {
	if f := familyOf(k); f != nil {
		return f.Describe()
	}
	return Description{}
}

// bare is a family of modems that do not say who they are and add nothing but heartbeats to the meter's bytes.
type bare struct{ Description }

var (
	addressFamily = bare{Description{
		Kind:  Address,
		About: "the modem says nothing and is known by the address that it calls from",
		Data:  `as it is`,
	}}
	directFamily = bare{Description{Kind: Direct, About: "the listening address belongs to one modem"}}
)

func (f bare) Describe() Description { return f.Description }

// Check refuses what belongs to other families.
func (f bare) Check(p *Profile, fault wire.FaultFunc) {
	p.refuseRules(fault)
	p.refuseAnswer(fault)
	p.refusePush(fault)
}

func (f bare) CheckID(*Profile, string) error { return nil }

func (f bare) Register(*Profile, IDs) (greeting []byte, r Registration) { return nil, nil }

func (f bare) Accept(p *Profile, v *Verdict, now time.Time) []byte {
	return p.Answer.Append(nil, &wire.Values{ID: v.wire, Now: now, Came: v.came})
}

func (f bare) Codec(p *Profile, _ *Verdict, ends codec.FrameEnd) codec.Codec {
	return codec.NewHeartbeats(codec.BeatsOf(p.Heartbeats, nil, nil), p.finding(ends))
}

// refuseRules refuses what belongs to declared profiles alone.
func (p *Profile) refuseRules(fault wire.FaultFunc) {
	rules := len(p.Registration) + len(p.Greeting) + len(p.Packet) + len(p.IDPattern) + len(p.IDFormat) + len(p.Repeat) + p.PacketMax
	if rules > 0 || p.Escape.Used() || p.Framing.Used() {
		fault("", "the rules for an id belong to a declared profile; kind %q needs none", p.Kind)
	}
}

// refuseAnswer refuses an answer where the family has its own.
func (p *Profile) refuseAnswer(fault wire.FaultFunc) {
	if len(p.Answer) > 0 {
		fault("answer", "kind %q knows by itself what to answer; leave the answer out", p.Kind)
	}
}

// refusePush refuses what belongs to modems that push.
func (p *Profile) refusePush(fault wire.FaultFunc) {
	if p.Push != "" {
		fault("", "push belongs to kind %q; leave it out", DLMSPush)
	}
}

// refuseHeartbeats refuses heartbeats where everything is sent in packets.
func (p *Profile) refuseHeartbeats(fault wire.FaultFunc) {
	if len(p.Heartbeats) > 0 {
		fault("", "kind %q has packets throughout, so that nothing else can be a heartbeat; leave heartbeats out", p.Kind)
	}
}

// Registers reports whether the modem says who it is before its data. One that does not is known by its address.
func (p *Profile) Registers() bool {
	_, err := p.NewRegistration(nil)
	return err == nil
}

// CheckID returns what is wrong with an id that the configuration gives to a modem of this profile, nil if nothing.
func (p *Profile) CheckID(id string) error {
	if f := familyOf(p.Kind); f != nil {
		return f.CheckID(p, id)
	}
	return nil
}

// Hello returns what is sent to a modem as soon as it has connected, nil where the modem speaks first. own are the modem's
// credentials, where it is known by then.
func (p *Profile) Hello(own wire.Credentials) []byte {
	if len(p.Greeting) > 0 {
		t := p.Greeting.Filled(wire.PlaceLogin, own.Login.Reveal()).Filled(wire.PlaceSecret, own.Secret.Reveal())
		return t.Render(nil, time.Now())
	}
	if f := familyOf(p.Kind); f != nil {
		greeting, _ := f.Register(p, nil)
		return greeting
	}
	return nil
}

// NewRegistration makes the parser of what the modem says first. It is an error if the modem does not register.
func (p *Profile) NewRegistration(ids IDs) (Registration, error) {
	if f := familyOf(p.Kind); f != nil {
		if _, r := f.Register(p, ids); r != nil {
			return r, nil
		}
	}
	return nil, fmt.Errorf("profile %q: kind %q has no registration", p.Name, p.Kind)
}

// Welcome returns what is sent to a modem that has registered at now, local time.
func (p *Profile) Welcome(v *Verdict, now time.Time) []byte {
	if f := familyOf(p.Kind); f != nil {
		return f.Accept(p, v, now)
	}
	return p.Answer.Append(nil, &wire.Values{ID: v.wire, Now: now, Came: v.came})
}

// Packs reports whether what is sent to a modem of this profile may have to be packed, so that unpacked bytes would break its
// packets.
func (p *Profile) Packs() bool {
	for _, variant := range append([]string{""}, Describe(p.Kind).variants...) {
		if _, packs := codec.As[codec.Encoder](p.NewCodec(&Verdict{variant: variant}, nil)); packs {
			return true
		}
	}
	return false
}

// NewCodec returns what removes heartbeats and packing between a connection and the meter's bytes, nil where the modem adds
// nothing. v is the registration's verdict, the zero value where there was no registration.
func (p *Profile) NewCodec(v *Verdict, ends codec.FrameEnd) codec.Codec {
	if f := familyOf(p.Kind); f != nil {
		return f.Codec(p, v, ends)
	}
	return codec.NewHeartbeats(codec.BeatsOf(p.Heartbeats, nil, nil), p.finding(ends))
}

// finding says how the heartbeats of such modems are told from the bytes of their meters.
func (p *Profile) finding(ends codec.FrameEnd) codec.Finding {
	return codec.Finding{Ends: ends, Anywhere: p.HeartbeatAnywhere}
}
