package simulated

import (
	"fmt"
	"strings"
	"time"
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
