package ledger

import (
	"cmp"
	"maps"
	"net/netip"
	"slices"
	"sync"
	"time"

	"meterline/bridge/status"
	"meterline/relay"
	"meterline/relay/wire"
)

// What a metered SIM is charged for besides the meter's bytes. It is an estimate: how the bytes are cut into packets on the way
// cannot be seen from here.
const (
	packetHeader  = 20 + 32          // bytes of IPv4 and of TCP with time stamps
	pieceOverhead = 2 * packetHeader // a piece of data and its acknowledgement
	callOverhead  = 7 * packetHeader // three packets open a connection, four close it
	aliveOverhead = 2 * packetHeader // a keepalive and its answer
	dayLayout     = "2006-01-02"     // local time: the operator's day
	monthLength   = len("2006-01")   // of dayLayout
)

// State is what the ledger keeps of one modem.
type State struct {
	LastSeen time.Time     `json:"last_seen,omitzero"`
	Origin   string        `json:"origin,omitempty"` // the address prefix from which it called in last
	Sessions int64         `json:"sessions"`
	Day      string        `json:"day"` // the day that Today counts
	Today    status.Volume `json:"today"`
	Month    status.Volume `json:"month"`

	Facts  map[string]status.Fact `json:"facts,omitempty"` // by name
	Events []status.Event         `json:"events,omitempty"`
}

// KeepaliveCost is the silence after which a link sends a keepalive and gets its answer; 0: it sends none.
type KeepaliveCost time.Duration

// CostOf returns how often l sends a keepalive.
func CostOf(l relay.Link) KeepaliveCost {
	if l.KeepaliveIdle < 0 {
		return 0
	}
	return KeepaliveCost(cmp.Or(l.KeepaliveIdle, relay.DefaultKeepaliveIdle))
}

// Account counts one modem's traffic.
type Account struct {
	mu    sync.Mutex
	cost  KeepaliveCost
	state State
	busy  time.Time // time of the latest byte either way while a session is up, else zero
	next  time.Time // when the day ends
}

func (a *Account) setCost(c KeepaliveCost) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.cost = c
}

// Session counts the beginning of a session.
func (a *Account) Session(now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.startDay(now)
	a.state.Sessions++
	a.state.LastSeen, a.busy = now, now
	a.add(0, 0, callOverhead)
}

// CalledFrom records the address prefix from which the modem has called in.
func (a *Account) CalledFrom(origin netip.Prefix) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.state.Origin = ""
	if origin.IsValid() {
		a.state.Origin = origin.String()
	}
}

// Ended counts the keepalives since the latest byte of a session that has ended.
func (a *Account) Ended(now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.startDay(now)
	a.silence(now)
	a.busy = time.Time{}
}

// Received counts n bytes from the modem.
func (a *Account) Received(now time.Time, n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.piece(now, n, 0)
	a.state.LastSeen = now
}

// Sent counts n bytes to the modem.
func (a *Account) Sent(now time.Time, n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.piece(now, 0, n)
}

// Snapshot returns a copy of the state as of now.
func (a *Account) Snapshot(now time.Time) State {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.startDay(now)
	a.silence(now)
	s := a.state
	s.Facts, s.Events = a.reportedLocked()
	return s
}

// add adds to the counters of the day and of the month. The caller holds mu.
func (a *Account) add(up, down, overhead int) {
	for _, t := range []*status.Volume{&a.state.Today, &a.state.Month} {
		t.Up += int64(up)
		t.Down += int64(down)
		t.Overhead += int64(overhead)
	}
}

// silence counts the keepalives since the latest byte. The caller holds mu.
func (a *Account) silence(now time.Time) {
	if a.busy.IsZero() || a.cost <= 0 {
		return
	}
	n := now.Sub(a.busy) / time.Duration(a.cost)
	a.add(0, 0, int(n)*aliveOverhead)
	a.busy = a.busy.Add(n * time.Duration(a.cost))
}

// piece counts a piece of data, which postpones the next keepalive. The caller holds mu.
func (a *Account) piece(now time.Time, up, down int) {
	a.startDay(now)
	a.silence(now)
	a.add(up, down, pieceOverhead)
	if !a.busy.IsZero() {
		a.busy = now
	}
}

// startDay resets the counters if a new day or month has begun. The caller holds mu.
func (a *Account) startDay(now time.Time) {
	if now.Before(a.next) {
		return
	}
	day := now.Format(dayLayout)
	if a.state.Day != day {
		a.state.Today = status.Volume{}
	}
	if len(a.state.Day) < monthLength || a.state.Day[:monthLength] != day[:monthLength] {
		a.state.Month = status.Volume{}
	}
	a.state.Day = day
	y, mo, d := now.Date()
	a.next = time.Date(y, mo, d+1, 0, 0, 0, 0, now.Location())
}

// MaxEvents is how many events are remembered of a modem: some devices report without end.
const MaxEvents = 20

// Observe records what a modem says of itself, and the latest events that it reports.
func (a *Account) Observe(now time.Time, facts []wire.Fact, events []wire.Event) {
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
