// Package nearmiss says what a caller that was refused nearly was: a modem of another exchange, one whose id lacks a digit, a
// registration that would fit but for its case or its padding. It has no parsers of its own. What it tries, it tries by those of
// package profile, on bytes that are changed a little.
//
// Directory.Find is the only question. It looks for configured modems first, as an operator mostly waits for one of these.
package nearmiss

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"meterline/relay/profile"
)

// Exchange is where modems call in. NewExchange makes one.
type Exchange struct {
	name    string
	profile profile.Profile
	modems  map[string]string // by canonical id
	ids     profile.IDs
	folded  map[string]string // the ids that are not in lower case, by what they are in it
	lengths []int             // that ids have
}

// NewExchange returns an exchange. modems are the names of its modems by id; a name may have a remark, such as "tp-299 (disabled)".
func NewExchange(name string, p *profile.Profile, modems map[string]string) *Exchange {
	e := &Exchange{name: name, profile: *p, ids: profile.NewIDs(p, maps.Keys(modems)), modems: make(map[string]string, len(modems)), folded: make(map[string]string)}
	for id, modem := range modems {
		e.modems[p.CanonicalID(id)] = modem
	}
	for _, id := range e.ids {
		if lower := strings.ToLower(id); lower != id {
			e.folded[lower] = id
		}
		if i, found := slices.BinarySearch(e.lengths, len(id)); !found {
			e.lengths = slices.Insert(e.lengths, i, len(id))
		}
	}
	return e
}

// modem returns the name of the modem with that id, empty if there is none.
func (e *Exchange) modem(id string) string { return e.modems[e.profile.CanonicalID(id)] }

// Directory is all exchanges. The nil directory knows nobody.
type Directory []*Exchange

// Lacks reports whether an exchange is there and has no modem with that id, so that one could be added.
func (d Directory) Lacks(exchange, id string) bool {
	e := d.exchange(exchange)
	return e != nil && e.modem(id) == ""
}

// exchange returns the exchange of that name, nil if there is none.
func (d Directory) exchange(name string) *Exchange {
	if i := slices.IndexFunc(d, func(e *Exchange) bool { return e.name == name }); i >= 0 {
		return d[i]
	}
	return nil
}

// Call is what is known of a caller.
type Call struct {
	Exchange string
	Peer     string // its address
	ID       string // as it registered, empty if it did not
	Came     []byte // all that it has sent
}

// longest bounds the text of Find: ids in it come from the wire.
const longest = 200

// Find returns what the caller nearly was, and why it was not: one line for operators, empty if it resembles nothing.
func (d Directory) Find(call Call) string {
	own := d.exchange(call.Exchange)
	if own == nil {
		return ""
	}
	others := slices.DeleteFunc(slices.Clone(d), func(e *Exchange) bool { return e == own })
	if modem := own.modem(call.ID); modem != "" && call.ID != "" {
		return modem
	}
	text := configuredElsewhere(others, call)
	switch {
	case text != "":
	case call.ID != "":
		text = cmp.Or(resembling(own, others, call.ID), held(own, others, []byte(call.ID)))
	case len(call.Came) > 0:
		text = registering(own, others, call.Came)
	}
	if len(text) > longest {
		text = strings.ToValidUTF8(text[:longest], "") + "…"
	}
	return text
}

// registering finds what was nearly a registration.
func registering(own *Exchange, others []*Exchange, came []byte) string {
	var known, unknown, behind, later string
	if own.profile.Registers() {
		known, unknown = own.ifOnly(own.variants(came))
		behind, later = own.ifOnly(own.inFront(came))
	}
	return cmp.Or(known, behind, held(own, others, came), resemblingWord(own, others, came),
		unknown, readElsewhere(others, came), later, own.wrongLength(came), own.fitsSoFar(came))
}

// reading is what a profile makes of bytes.
type reading struct {
	done  bool // it is a registration
	id    string
	modem string // empty: no modem of the exchange has the id
}

// read reads bytes as the exchange would if p were its profile.
func (e *Exchange) read(p *profile.Profile, came []byte) reading {
	reg, err := p.NewRegistration(e.ids)
	if err != nil {
		return reading{}
	}
	v := reg.Feed(bytes.Clone(came))
	if v.Wait > 0 && !v.Done && v.Refused == "" {
		v = reg.Silence()
	}
	if !v.Done {
		return reading{}
	}
	p.Identify(e.ids, &v) // finds an alias, if that is known
	return reading{true, v.ID, e.modem(v.ID)}
}

// who returns who the caller would be.
func (r reading) who() string {
	if r.modem != "" {
		return r.modem
	}
	return fmt.Sprintf("%q, an id that no modem has", r.id)
}

// configuredElsewhere finds the modem that is configured at another exchange.
func configuredElsewhere(others []*Exchange, call Call) string {
	for _, e := range others {
		modem := e.modem(call.Peer)
		if e.profile.Registers() {
			modem = cmp.Or(e.read(&e.profile, call.Came).modem, e.modem(call.ID))
		}
		if modem != "" {
			return fmt.Sprintf("%s, configured at exchange %s", modem, e.name)
		}
	}
	return ""
}

// readElsewhere finds an exchange, or a built-in profile, that would have read a registration.
func readElsewhere(others []*Exchange, came []byte) string {
	for _, e := range others {
		if r := e.read(&e.profile, came); r.done && specific(&e.profile) {
			return fmt.Sprintf("exchange %s would read it, as %s", e.name, r.who())
		}
	}
	kinds, _ := profile.Kinds()
	for _, kind := range kinds {
		var nobody Exchange
		if r := nobody.read(&profile.Profile{Name: string(kind), Kind: kind}, came); r.done {
			return fmt.Sprintf("profile %s would read it, as %q", kind, r.id)
		}
	}
	return ""
}

// specific reports whether a profile reads only what has something of its own. What {id:6} reads may be anything.
func specific(p *profile.Profile) bool {
	return p.Kind != profile.Declared || p.Registration[0].Name == "" || p.IDPattern != ""
}
