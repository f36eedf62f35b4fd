package simulated

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"meterline/relay/profile"
)

// sideKind is a family's modem as NewSide knows it.
type sideKind struct {
	name  string
	every time.Duration // between heartbeats, as the maker sets it; 0: none
	check func(id string) error
	make  func(id string) Side
}

// sideKinds are all, in the order in which they are listed.
var sideKinds = []sideKind{
	irzSide, irzPlainSide, teleofisSide, fourFaithSide, ddpSideKind, mercury228SideKind, dlmsPushSideKind,
}

// Sides are the names that NewSide takes.
func Sides() []string {
	names := make([]string, 0, len(sideKinds))
	for _, k := range sideKinds {
		names = append(names, k.name)
	}
	return names
}

func sideOf(name string) *sideKind {
	for i := range sideKinds {
		if sideKinds[i].name == name {
			return &sideKinds[i]
		}
	}
	return nil
}

// NewSide finds the modem's part of a family by its name, to be made anew for each connection of the modem with that id.
func NewSide(name, id string) (func() Side, error) {
	k := sideOf(name)
	if k == nil {
		return nil, fmt.Errorf("simulated modem: unknown family %q: write one of %s", name, strings.Join(Sides(), ", "))
	}
	if err := k.check(id); err != nil {
		return nil, fmt.Errorf("simulated modem of the family %s: id %q: %w", name, id, err)
	}
	return func() Side { return k.make(id) }, nil
}

// BeatsEvery is how long modems of a family are silent before they send a heartbeat, as their makers set it; 0: they send none,
// or nothing is known of such a family.
func BeatsEvery(name string) time.Duration {
	if k := sideOf(name); k != nil {
		return k.every
	}
	return 0
}

// onlyDigits reports whether text is decimal digits, from least to most of them.
func onlyDigits(text string, least, most int) bool {
	return len(text) >= least && len(text) <= most && strings.Trim(text, "0123456789") == ""
}

// Side is the modem's part of a family's protocol, without I/O: what it adds to what its meter says. One is made for each
// connection. One that needs silence before what it sends has a method Silences besides, see silence.go.
type Side interface {
	// Connect is what the modem sends as soon as it is connected, empty where the server speaks first.
	Connect(now time.Time) []byte
	// Take is given what the server sent, cut anywhere. data is for the meter, and reply goes back at once. An error ends
	// the connection: the server did what its family's protocol does not allow.
	Take(p []byte, now time.Time) (data, reply []byte, err error)
	// Put is what the modem sends for what its meter says.
	Put(p []byte) []byte
	// Beat is what the modem sends after a silence, empty: nothing.
	Beat() []byte
	// Online reports whether the server has accepted the modem, as far as the family's protocol tells.
	Online() bool
}

// ProfileSide is the modem's part of any profile, to be made anew for each connection of the modem with that id. Where the
// profile has no registration the id is not looked at. The profile must be sound; its zero value is a modem that adds
// nothing.
func ProfileSide(p profile.Profile, id string) (func() Side, error) {
	p.Kind = cmp.Or(p.Kind, profile.Direct)
	if err := p.Validate(); err != nil {
		return nil, fmt.Errorf("simulated modem: %w", err)
	}
	if sideOf(string(p.Kind)) != nil {
		return NewSide(string(p.Kind), id)
	}
	switch p.Kind {
	case profile.IMEI: // as a line, which is one of the manners in which they send it
		p.Registration = profile.Template{{Name: "id"}, {Literal: []byte("\r\n")}}
	case profile.Direct, profile.Address, profile.Declared:
	default:
		return nil, fmt.Errorf("simulated modem: nothing is known of profiles of kind %s", p.Kind)
	}
	var wire []byte
	if len(p.Registration) > 0 {
		if err := p.CheckID(id); err != nil {
			return nil, fmt.Errorf("simulated modem of profile %s: %w", p.Name, err)
		}
		var err error
		if wire, err = wireID(&p, id); err != nil {
			return nil, fmt.Errorf("simulated modem of profile %s: id %q: %w", p.Name, id, err)
		}
	}
	return func() Side { return newDeclaredSide(&p, slices.Clone(wire)) }, nil
}

// ProfileBeats is how long modems of a profile are silent before they send a heartbeat: as makers set it where that is
// known, else a minute; 0: they send none.
func ProfileBeats(p profile.Profile) time.Duration {
	switch {
	case sideOf(string(p.Kind)) != nil:
		return BeatsEvery(string(p.Kind))
	case len(p.Heartbeats) > 0:
		return time.Minute
	}
	return 0
}

// rawSide is a family without a protocol of its own: some bytes first, an answer that is known beforehand, and from then on
// what the meter says as it is.
type rawSide struct {
	register []byte
	expect   []byte // what is still to come of the answer
	beat     []byte
}

func (r *rawSide) Connect(time.Time) []byte { return r.register }

func (r *rawSide) Take(p []byte, _ time.Time) (data, reply []byte, err error) {
	n := min(len(r.expect), len(p))
	if !bytes.Equal(r.expect[:n], p[:n]) {
		return nil, nil, fmt.Errorf("registration answered with %q instead of %q", p[:n], r.expect[:n])
	}
	r.expect = r.expect[n:]
	return p[n:], nil, nil
}

func (r *rawSide) Put(p []byte) []byte { return p }
func (r *rawSide) Beat() []byte        { return r.beat }
func (r *rawSide) Online() bool        { return len(r.expect) == 0 }
