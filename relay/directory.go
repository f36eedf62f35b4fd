package relay

import (
	"maps"

	"meterline/relay/profile"
)

// Subscriber is a modem as its exchange knows it.
type Subscriber struct {
	Link     Link
	Observer profile.Observer     // gets what the modem says of itself and reports, also from a session that is refused; may be nil
	FrameEnd profile.FrameEnd     // where its meter's messages end; may be nil
	Answer   func(*Session) error // takes a registered session; an error refuses it (the exchange ends it with that cause)
}

// directory says who may register. It is never changed, only replaced. The nil directory is empty.
type directory struct {
	subscribers map[string]Subscriber // by their canonical identities
	set         profile.IDs
}

func newDirectory(p *profile.Profile, subscribers map[string]Subscriber) *directory {
	d := &directory{
		subscribers: make(map[string]Subscriber, len(subscribers)),
		set:         profile.NewIDs(p, maps.Keys(subscribers)),
	}
	for id, sub := range subscribers {
		d.subscribers[p.CanonicalID(id)] = sub
	}
	return d
}

// ids returns the identities that may register.
func (d *directory) ids() profile.IDs {
	if d == nil {
		return nil
	}
	return d.set
}

func (d *directory) find(id string) (Subscriber, bool) {
	if d == nil {
		return Subscriber{}, false
	}
	sub, ok := d.subscribers[id]
	return sub, ok
}
