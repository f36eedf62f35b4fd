package bridge

import (
	"maps"
	"slices"
	"time"

	"meterline/relay/profile"
)

// maxEvents bounds what is remembered of a device that reports without end.
const maxEvents = 20

// Fact is something that a modem told of itself.
type Fact struct {
	Value string    `json:"value"` // made for operators' eyes, with its unit
	At    time.Time `json:"at"`    // when it said so last
}

// Event is something that a modem, or the meter behind it, reported by itself.
type Event struct {
	At   time.Time `json:"at"`
	Kind string    `json:"kind"`
	Text string    `json:"text,omitempty"`
	Data []byte    `json:"data,omitempty"` // as it came
}

// hear keeps what a modem says of itself, and the latest of what it reports.
func (a *account) hear(now time.Time, facts []profile.Fact, events []profile.Event) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, f := range facts {
		if a.state.Facts == nil {
			a.state.Facts = make(map[string]Fact)
		}
		a.state.Facts[f.Name] = Fact{Value: f.Value, At: now}
	}
	for _, e := range events {
		a.state.Events = append(a.state.Events, Event{At: now, Kind: e.Kind, Text: e.Text, Data: slices.Clone(e.Data)})
	}
	if more := len(a.state.Events) - maxEvents; more > 0 {
		a.state.Events = slices.Delete(a.state.Events, 0, more)
	}
}

// fact is what was told last under that name, empty if nothing was.
func (a *account) fact(name string) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.state.Facts[name].Value
}

// told is a copy of what has been heard. The account's mutex is held.
func (a *account) told() (map[string]Fact, []Event) {
	return maps.Clone(a.state.Facts), slices.Clone(a.state.Events)
}

// hear is told what the modem says, from its own goroutine or the exchange's.
func (m *modem) hear(facts []profile.Fact, events []profile.Event) {
	m.account.hear(time.Now(), facts, events)
	for _, e := range events {
		m.log.Info("reported", "kind", e.Kind, "what", e.Text)
	}
}
