package profile

import (
	"iter"
	"slices"
	"strings"
)

// IDs is the identities that may register, sorted, in the form in which they are looked up. The nil set is empty.
type IDs []string

// NewIDs is the set of identities of a configuration.
func NewIDs(p *Profile, ids iter.Seq[string]) IDs {
	var set IDs
	for id := range ids {
		set = append(set, p.CanonicalID(id))
	}
	slices.Sort(set)
	return slices.Compact(set)
}

// Has reports whether id may register.
func (s IDs) Has(id string) bool {
	_, found := slices.BinarySearch(s, id)
	return found
}

// hasLonger reports whether a longer identity begins with id.
func (s IDs) hasLonger(id string) bool {
	i, found := slices.BinarySearch(s, id)
	if found {
		i++
	}
	return i < len(s) && strings.HasPrefix(s[i], id)
}

// Identify finds the name, of those that the modem gave, that is in the set, and makes it the verdict's id.
func (p *Profile) Identify(ids IDs, v *Verdict) bool {
	for _, name := range append([]string{v.ID}, v.aliases...) {
		if ids.Has(p.CanonicalID(name)) {
			v.ID = name
			return true
		}
	}
	return false
}
