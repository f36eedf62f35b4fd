package bridge

import (
	"maps"
	"slices"

	"meterline/bridge/dialup"
	"meterline/bridge/fallback"
	"meterline/bridge/modem"
	"meterline/bridge/port"
	"meterline/bridge/status"
)

// changeLog collects what a reload does. A part that is stopped and started again has changed.
type changeLog struct{ up, down map[string]bool }

func (c *changeLog) started(what string) { mark(&c.up, what) }
func (c *changeLog) stopped(what string) { mark(&c.down, what) }

// adopted records a part that has changed without being stopped.
func (c *changeLog) adopted(what string) {
	c.stopped(what)
	c.started(what)
}

func mark(m *map[string]bool, what string) {
	if *m == nil {
		*m = make(map[string]bool)
	}
	(*m)[what] = true
}

func (c *changeLog) result() status.Changes {
	var r status.Changes
	for _, what := range slices.Sorted(maps.Keys(c.up)) {
		if c.down[what] {
			r.Changed = append(r.Changed, what)
		} else {
			r.Added = append(r.Added, what)
		}
	}
	for _, what := range slices.Sorted(maps.Keys(c.down)) {
		if !c.up[what] {
			r.Removed = append(r.Removed, what)
		}
	}
	return r
}

// labelOfMember names a part in the operator's words.
func labelOfMember(it any) string {
	switch it := it.(type) {
	case *modem.Modem:
		return "modem " + it.Name()
	case *port.Port:
		return "port " + it.Config().Spec.Address
	case *fallback.Queue:
		return "usb modem " + it.Config().Name
	case *dialup.Port:
		return "port " + it.Config().Spec.Address
	case *exchange:
		return "exchange " + it.cfg.Name
	}
	return ""
}

// permit changes the permissions of ports of which nothing else has changed, without making them again.
func (b *Bridge) permit(wanted members, c *changeLog) {
	permit(b.ports, wanted.ports, c)
	permit(b.dialups, wanted.dialups, c)
}

// permitter is a port whose permissions can be changed while it is open. Permit reports whether it has changed them: nothing else may
// differ in next.
type permitter[C any] interface{ Permit(next C) bool }

func permit[C any, T permitter[C]](have map[string]*member[T], wanted map[string]C, c *changeLog) {
	for address, next := range wanted {
		if m := have[address]; m != nil && m.it.Permit(next) {
			c.adopted("port " + address)
		}
	}
}
