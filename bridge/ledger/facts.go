package ledger

import (
	"maps"
	"slices"
	"time"

	"meterline/bridge/status"
	"meterline/relay/profile"
)

// MaxEvents bounds what is remembered of a device that reports without end.
const MaxEvents = 20

// Observe keeps what a modem says of itself, and the latest of what it reports.
func (a *Account) Observe(now time.Time, facts []profile.Fact, events []profile.Event) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, f := range facts {
		if a.state.Facts == nil {
			a.state.Facts = make(map[string]status.Fact)
		}
		a.state.Facts[f.Name] = status.Fact{Value: f.Value, At: now}
	}
	for _, e := range events {
		a.state.Events = append(a.state.Events, status.Event{At: now, Kind: e.Kind, Text: e.Text, Data: slices.Clone(e.Data)})
	}
	if more := len(a.state.Events) - MaxEvents; more > 0 {
		a.state.Events = slices.Delete(a.state.Events, 0, more)
	}
}

// Fact is what was told last under that name, empty if nothing was.
func (a *Account) Fact(name string) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.state.Facts[name].Value
}

// told is a copy of what has been heard. The account's mutex is held.
func (a *Account) told() (map[string]status.Fact, []status.Event) {
	return maps.Clone(a.state.Facts), slices.Clone(a.state.Events)
}
