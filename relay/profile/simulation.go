package profile

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"meterline/relay/profile/side"
	"meterline/relay/wire"
)

// simulation is a way in which a family's modems may be set up, as they are simulated. The sides stand in the files of their
// families. They share nothing with the parsers there, not even constants, so that each checks the other; a test holds that.
type simulation struct {
	name   string        // of this way, empty for the usual one
	hidden bool          // not offered by Simulated: it does not understand a program that speaks first
	every  time.Duration // time between heartbeats, as the maker sets it, 0 if there is none
	make   func(p *Profile, who side.Identity) (side.Side, error)
}

// simulations returns how modems of kind k may be set up, the usual way first. There is none where a profile's rules say it all.
func simulations(k Kind) []simulation { return Describe(k).simulated }

// Simulated returns the names of all modems that are simulated by their family's own bytes, without rules: those of the families,
// and those of ways in which some may be set up besides, such as "irz-plain".
func Simulated() []string {
	var names []string
	for _, f := range families {
		d := f.Describe()
		for _, s := range d.simulated {
			if !s.hidden {
				names = append(names, simulatedName(d.Kind, s))
			}
		}
	}
	return names
}

func simulatedName(k Kind, s simulation) string {
	if s.name == "" {
		return string(k)
	}
	return string(k) + "-" + s.name
}

// findSimulated returns the kind and the way that a name of Simulated means.
func findSimulated(name string) (Kind, simulation, bool) {
	for _, f := range families {
		d := f.Describe()
		for _, s := range d.simulated {
			if simulatedName(d.Kind, s) == name {
				return d.Kind, s, true
			}
		}
	}
	return "", simulation{}, false
}

// Simulate returns a function that makes the modem's part under a name of Simulated, anew for each connection of the modem with
// that id, and how long such modems are silent before they send a heartbeat, 0 if they send none.
func Simulate(name string, who side.Identity) (func() *side.Line, time.Duration, error) {
	kind, s, ok := findSimulated(name)
	if !ok {
		return nil, 0, fmt.Errorf("simulated modem: unknown family %q: write one of %s", name, strings.Join(Simulated(), ", "))
	}
	line, err := s.line(&Profile{Name: name, Kind: kind}, who)
	return line, s.every, err
}

// Simulate returns a function that makes the modem's part of the profile, anew for each connection of the modem with that id. The
// id is ignored if the profile has no registration. The profile must be valid; its zero value is a modem that adds nothing.
func (p *Profile) Simulate(who side.Identity) (func() *side.Line, error) {
	mine := *p
	mine.Kind = cmp.Or(p.Kind, Direct)
	if err := mine.Validate(); err != nil {
		return nil, fmt.Errorf("simulated modem: %w", err)
	}
	if own := simulations(mine.Kind); len(own) > 0 {
		return own[0].line(&mine, who)
	}
	return simulation{make: sideByRules}.line(&mine, who)
}

// line returns what makes the modem's part for each connection.
func (s simulation) line(p *Profile, who side.Identity) (func() *side.Line, error) {
	registers := p.Registers()
	if registers {
		if err := p.CheckID(who.ID); err != nil {
			return nil, fmt.Errorf("simulated modem of profile %s: id %q: %w", p.Name, who.ID, err)
		}
	}
	if _, err := s.make(p, who); err != nil {
		return nil, fmt.Errorf("simulated modem of profile %s: id %q: %w", p.Name, who.ID, err)
	}
	return func() *side.Line {
		modem, _ := s.make(p, who) // it was made above
		return side.NewLine(modem, registers)
	}, nil
}

// BeatsEvery returns how long modems of the profile are silent before they send a heartbeat: as makers set it where that is known,
// otherwise a minute; 0 if they send none.
func (p *Profile) BeatsEvery() time.Duration {
	if own := simulations(p.Kind); len(own) > 0 && own[0].every > 0 {
		return own[0].every
	}
	if len(p.Heartbeats) > 0 {
		return time.Minute
	}
	return 0
}

// sideByRules returns the modem that a profile's rules describe.
func sideByRules(p *Profile, who side.Identity) (side.Side, error) {
	rules := side.Rules{
		Name:         p.Name,
		Greeting:     p.Greeting,
		Registration: p.Registration,
		IDFormat:     p.IDFormat,
		Answer:       p.Answer,
		Prefix:       p.Packet,
		Heartbeats:   p.Heartbeats,
		Escape:       p.Escape,
		Framing:      p.Framing,
		PacketMax:    p.PacketMax,
	}
	switch {
	case p.registersByPacket():
		rules.ByPacket = true
	case slices.Contains([]Repeat{EveryPacket, Both}, p.Repeat):
		rules.Prefix = p.Registration
	}
	return side.New(rules, who)
}

// sideOfLine returns a modem that registers with its id as a line, and otherwise follows the rules.
func sideOfLine(p *Profile, who side.Identity) (side.Side, error) {
	line := *p
	line.Registration = wire.Template{{Name: wire.PlaceID}, {Literal: []byte("\r\n")}}
	return sideByRules(&line, who)
}
