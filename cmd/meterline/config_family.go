package main

import (
	"slices"

	"meterline/relay"
)

// builtIn are the families of modem that need no declaration.
func builtIn() []string {
	kinds, _ := relay.Kinds()
	names := make([]string, 0, len(kinds))
	for _, k := range kinds {
		names = append(names, string(k))
	}
	return names
}

// builtInProfile is what an exchange reads callers of such a family with.
func builtInProfile(name string) (p relay.Profile, ok bool) {
	if !slices.Contains(builtIn(), name) {
		return p, false
	}
	return relay.Profile{Name: name, Kind: relay.Kind(name)}, true
}

// familyIDFlaw says what is wrong with a modem's id in its family.
func familyIDFlaw(p relay.Profile, id string) *flaw {
	if err := p.CheckID(id); err != nil {
		return flawf(err.Error(), "%q is no id of the family %s", id, p.Kind)
	}
	return nil
}
