package ledger

import (
	"maps"
	"slices"
	"time"

	"meterline/bridge/status"
	"meterline/relay/profile"
)

// MaxEvents is how many events are remembered of a modem: some devices report without end.
const MaxEvents = 20

// Observe records what a modem says of itself, and the latest events that it reports.
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

// Fact returns the latest value of the fact of that name, empty if the modem has never told it.
func (a *Account) Fact(name string) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.state.Facts[name].Value
}

// reportedLocked returns copies of the facts and events. The caller holds mu.
func (a *Account) reportedLocked() (map[string]status.Fact, []status.Event) {
	return maps.Clone(a.state.Facts), slices.Clone(a.state.Events)
}
