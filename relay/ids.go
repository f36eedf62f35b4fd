package relay

import (
	"iter"
	"slices"
	"strings"
)

// idSet is the identities that may register, sorted, in the form in which they are looked up. The nil set is empty.
type idSet []string

// newIDs is the set of identities of a configuration.
func newIDs(p *Profile, ids iter.Seq[string]) idSet {
	var set idSet
	for id := range ids {
		set = append(set, p.CanonicalID(id))
	}
	slices.Sort(set)
	return slices.Compact(set)
}

// has reports whether id may register.
func (s idSet) has(id string) bool {
	_, found := slices.BinarySearch(s, id)
	return found
}

// hasLonger reports whether a longer identity begins with id.
func (s idSet) hasLonger(id string) bool {
	i, found := slices.BinarySearch(s, id)
	if found {
		i++
	}
	return i < len(s) && strings.HasPrefix(s[i], id)
}

// identify finds the name, of those that the modem gave, that is in the set, and makes it the verdict's id.
func (p *Profile) identify(ids idSet, v *verdict) bool {
	for _, name := range append([]string{v.id}, v.aliases...) {
		if ids.has(p.CanonicalID(name)) {
			v.id = name
			return true
		}
	}
	return false
}
