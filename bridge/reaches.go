package bridge

import (
	"sync"

	"meterline/bridge/fallback"
	"meterline/bridge/modem"
)

// reaches has the fallback of each modem. It has a lock of its own: who asks may be waited for by who holds the bridge's.
type reaches struct{ m sync.Map }

func (r *reaches) add(m *modem.Modem)    { r.m.Store(m, fallback.NewReach(m)) }
func (r *reaches) remove(m *modem.Modem) { r.m.Delete(m) }

// of is the fallback of m, nil if it has none: a modem that is there for one call.
func (r *reaches) of(m *modem.Modem) *fallback.Reach {
	found, _ := r.m.Load(m)
	reach, _ := found.(*fallback.Reach)
	return reach
}
