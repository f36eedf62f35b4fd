package simulated

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"meterline/relay/profile"
	"meterline/relay/wire"
)

// sideKind is a family's simulated modem. A new family adds one to sideKinds.
type sideKind struct {
	name  string
	every time.Duration // time between heartbeats, as the maker sets it, 0 if there is none
	check func(id string) error
	make  func(id string) Side
}

// sideKinds lists them in the order in which they are shown.
var sideKinds = []sideKind{
	irzSide, irzPlainSide, teleofisSide, fourFaithSide, ddpSideKind, mercury228SideKind, dlmsPushSideKind,
}

// Sides returns the names that NewSide accepts.
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

// NewSide returns a function that makes the modem's part of the family with that name, anew for each connection of the modem
// with that id.
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

// BeatsEvery returns how long modems of a family are silent before they send a heartbeat, as their makers set it. It is 0 if
// they send none, or if the family is not known.
func BeatsEvery(name string) time.Duration {
	if k := sideOf(name); k != nil {
		return k.every
	}
	return 0
}

// onlyDigits reports whether text consists of least to most decimal digits.
func onlyDigits(text string, least, most int) bool {
	return len(text) >= least && len(text) <= most && strings.Trim(text, "0123456789") == ""
}

// Side is the modem's part of a family's protocol, without I/O: what it adds to what its meter says. A new one is made for each
// connection. It may implement Silencer as well.
type Side interface {
	// Connect returns what the modem sends as soon as it is connected, nothing where the server speaks first.
	Connect(now time.Time) []byte
	// Take takes what the server sent, in any pieces. data is for the meter, and reply is sent back at once. An error ends the
	// connection: the server has broken the family's protocol.
	Take(p []byte, now time.Time) (data, reply []byte, err error)
	// Put returns what the modem sends for what its meter says.
	Put(p []byte) []byte
	// Beat returns what the modem sends after a silence, nothing where it sends no heartbeats.
	Beat() []byte
	// Online reports whether the server has accepted the modem, as far as the family's protocol tells.
	Online() bool
}

// ProfileSide returns a function that makes the modem's part of any profile, anew for each connection of the modem with that
// id. The id is ignored if the profile has no registration. The profile must be valid; its zero value is a modem that adds
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
	case profile.IMEI: // as a line, which is one of the ways in which they send it
		p.Registration = wire.Template{{Name: "id"}, {Literal: []byte("\r\n")}}
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

// ProfileBeats returns how long modems of a profile are silent before they send a heartbeat: as makers set it where that is
// known, otherwise a minute; 0 if they send none.
func ProfileBeats(p profile.Profile) time.Duration {
	switch {
	case sideOf(string(p.Kind)) != nil:
		return BeatsEvery(string(p.Kind))
	case len(p.Heartbeats) > 0:
		return time.Minute
	}
	return 0
}

// rawSide is a family without a protocol of its own. It sends some bytes first and expects a known answer; after that what the
// meter says is sent unchanged.
type rawSide struct {
	register []byte
	expect   []byte // the part of the answer that is still to come
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
