package relay

import (
	"maps"
	"slices"
	"strings"
)

// Subscriber is a modem as its exchange knows it.
type Subscriber struct {
	Link   Link
	Hear   Hear                 // told what the modem says of itself and reports, also by a session that is refused; may be nil
	Ends   Ends                 // where its meter's messages end; may be nil
	Answer func(*Session) error // takes a registered session; an error refuses it (the exchange ends it with that cause)
}

// directory is who may register, at one moment. It is never changed, only replaced. The nil directory is empty.
type directory struct {
	subscribers map[string]Subscriber
	ids         []string // sorted
}

func newDirectory(p *Profile, subscribers map[string]Subscriber) *directory {
	d := &directory{subscribers: make(map[string]Subscriber, len(subscribers))}
	for id, sub := range subscribers {
		d.subscribers[p.key(id)] = sub
	}
	d.ids = slices.Sorted(maps.Keys(d.subscribers))
	return d
}

func (d *directory) len() int {
	if d == nil {
		return 0
	}
	return len(d.ids)
}

func (d *directory) find(id string) (Subscriber, bool) {
	if d == nil {
		return Subscriber{}, false
	}
	sub, ok := d.subscribers[id]
	return sub, ok
}

func (d *directory) known(id string) bool {
	_, ok := d.find(id)
	return ok
}

// longer tells whether a longer identity begins with id.
func (d *directory) longer(id string) bool {
	if d == nil {
		return false
	}
	i, found := slices.BinarySearch(d.ids, id)
	if found {
		i++
	}
	return i < len(d.ids) && strings.HasPrefix(d.ids[i], id)
}
