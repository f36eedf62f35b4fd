package profile

import (
	"fmt"
	"time"
)

// family is what a kind of profile is made of. A new one is a file, and a line in families. Its simulated side is a file of
// package simulated and a line in sideKinds.
type family struct {
	kind  Kind
	about string // what it is, in one line, and where its bytes are from

	description Description

	// greeting is what we send as soon as a modem has connected, nil where the modem speaks first.
	greeting func(p *Profile) []byte
	// register makes the parser of what a modem says first, nil where it says nothing of itself and is known by its address.
	register func(p *Profile, ids IDs) Registration
	// answer is what we send when the modem is accepted; nil: the profile's Answer.
	answer func(p *Profile, v *Verdict, now time.Time) []byte
	// codec makes what stands between the connection and the meter's bytes; its result may be nil.
	codec func(p *Profile, v *Verdict, ends FrameEnd) Codec
	// variants are the family's words for manners of packing besides its usual one, which a verdict may name.
	variants []string
	// checkID says what is wrong with an id in the configuration; nil: any text is right.
	checkID func(id string) error
	// validate says what is wrong with the profile's fields; nil: those of declared profiles, which have rules of their own,
	// are refused.
	validate func(p *Profile, fault func(format string, args ...any))
}

// families are all kinds, in the order in which they are listed.
var families = []*family{
	&imeiFamily, &irzFamily, &teleofisFamily, &fourFaithFamily, &ddpFamily, &dlmsPushFamily,
	&addressFamily, &mercury228Family, &directFamily, &declaredFamily,
}

func familyOf(k Kind) *family {
	for _, f := range families {
		if f.kind == k {
			return f
		}
	}
	return nil
}

// Kinds are the kinds of profile that need no declaration, in the order in which they are listed, and what each is.
func Kinds() (kinds []Kind, about []string) {
	for _, f := range families {
		if f.kind != Direct && f.kind != Declared {
			kinds, about = append(kinds, f.kind), append(about, f.about)
		}
	}
	return kinds, about
}

// Description says in words how modems of a kind register and what follows. An empty text means none.
type Description struct {
	Registration string // what the modem says first, as an example
	Answer       string // what we send, and when
	Data         string // what stands around the meter's bytes, or in place of some
	Heartbeats   string // what is taken out
	Facts        string // what the modem tells that is kept and shown
}

// Describe describes a kind of Kinds; others have no description.
func Describe(k Kind) Description {
	if f := familyOf(k); f != nil {
		return f.description
	}
	return Description{}
}

// Registers reports whether the modem says who it is before its data. One that does not is known by its address.
func (p *Profile) Registers() bool {
	f := familyOf(p.Kind)
	return f != nil && f.register != nil && (p.Kind != Declared || p.declaresRegistration())
}

// CheckID says what is wrong with an id that the configuration gives to a modem of this profile, nil if nothing.
func (p *Profile) CheckID(id string) error {
	f := familyOf(p.Kind)
	switch {
	case p.Kind == Declared:
		return p.checkDeclaredID(id)
	case f == nil || f.checkID == nil:
		return nil
	}
	return f.checkID(id)
}

// Hello is what we send as soon as a modem has connected, nil where the modem speaks first.
func (p *Profile) Hello() []byte {
	if f := familyOf(p.Kind); f != nil && f.greeting != nil {
		return f.greeting(p)
	}
	return nil
}

// NewRegistration makes the parser of what the modem says first.
func (p *Profile) NewRegistration(ids IDs) (Registration, error) {
	f := familyOf(p.Kind)
	if f == nil || f.register == nil {
		return nil, fmt.Errorf("profile %q: kind %q has no registration", p.Name, p.Kind)
	}
	return f.register(p, ids), nil
}

// Packs reports whether what we send to a modem of this profile may have to be packed, so that bytes which are not would break
// its packets.
func (p *Profile) Packs() bool {
	variants := []string{""}
	if f := familyOf(p.Kind); f != nil {
		variants = append(variants, f.variants...)
	}
	for _, variant := range variants {
		if _, packs := As[Encoder](p.NewCodec(&Verdict{variant: variant}, nil)); packs {
			return true
		}
	}
	return false
}

// NewCodec makes what stands between a connection and the meter's bytes, nil where the modem adds nothing.
func (p *Profile) NewCodec(v *Verdict, ends FrameEnd) Codec {
	f := familyOf(p.Kind)
	if f == nil || f.codec == nil {
		return newHeartbeats(p.Heartbeats)
	}
	return f.codec(p, v, ends)
}

var (
	addressFamily = family{
		kind:        Address,
		about:       "the modem says nothing and is known by the address that it calls from",
		description: Description{Data: `as it is`},
	}
	directFamily = family{kind: Direct, about: "the listening address belongs to one modem"}
)
