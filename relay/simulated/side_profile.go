package simulated

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"meterline/relay/profile"
)

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
