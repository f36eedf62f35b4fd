package bridge

import (
	"cmp"
	"net/netip"
	"sync"
	"time"

	"meterline/relay"
)

// What a metered SIM is charged for beside the meter's bytes. An estimate: how bytes are cut into packets on the way is not
// seen from here.
const (
	packetHeader  = 20 + 32          // bytes of IPv4 and of TCP with time stamps
	pieceOverhead = 2 * packetHeader // a piece of data and its acknowledgement
	callOverhead  = 7 * packetHeader // three packets to open a connection, four to close it
	aliveOverhead = 2 * packetHeader // a keepalive and its answer
	dayLayout     = "2006-01-02"     // local time: the operator's day
	monthLength   = len("2006-01")   // of dayLayout
)

// accountState is what the ledger keeps of one modem.
type accountState struct {
	LastSeen time.Time `json:"last_seen,omitzero"`
	Origin   string    `json:"origin,omitempty"` // from where it called in last, as a prefix
	Sessions int64     `json:"sessions"`
	Day      string    `json:"day"` // that Today counts
	Today    Traffic   `json:"today"`
	Month    Traffic   `json:"month"`

	Facts  map[string]Fact `json:"facts,omitempty"` // by name
	Events []Event         `json:"events,omitempty"`
}

// keepaliveCost is what a link spends on being kept: one exchange for so much silence; 0: none.
type keepaliveCost time.Duration

func costOf(l relay.Link) keepaliveCost {
	if l.KeepaliveIdle < 0 {
		return 0
	}
	return keepaliveCost(cmp.Or(l.KeepaliveIdle, time.Minute))
}

// account counts one modem's traffic.
type account struct {
	mu    sync.Mutex
	cost  keepaliveCost
	state accountState
	busy  time.Time // of the latest byte either way, while a session is up; else zero
	next  time.Time // when the day ends
}

func (a *account) setCost(c keepaliveCost) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.cost = c
}

// session counts the beginning of a session.
func (a *account) session(now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.turn(now)
	a.state.Sessions++
	a.state.LastSeen, a.busy = now, now
	a.add(0, 0, callOverhead)
}

// calledFrom notes from where the modem has called in.
func (a *account) calledFrom(origin netip.Prefix) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.state.Origin = ""
	if origin.IsValid() {
		a.state.Origin = origin.String()
	}
}

// ended counts the silence at the end of a session.
func (a *account) ended(now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.turn(now)
	a.silence(now)
	a.busy = time.Time{}
}

func (a *account) received(now time.Time, n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.piece(now, n, 0)
	a.state.LastSeen = now
}

func (a *account) sent(now time.Time, n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.piece(now, 0, n)
}

func (a *account) snapshot(now time.Time) accountState {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.turn(now)
	a.silence(now)
	s := a.state
	s.Facts, s.Events = a.told()
	return s
}

func (a *account) add(up, down, overhead int) {
	for _, t := range []*Traffic{&a.state.Today, &a.state.Month} {
		t.Up += int64(up)
		t.Down += int64(down)
		t.Overhead += int64(overhead)
	}
}

// silence counts the keepalives since the latest byte.
func (a *account) silence(now time.Time) {
	if a.busy.IsZero() || a.cost <= 0 {
		return
	}
	n := now.Sub(a.busy) / time.Duration(a.cost)
	a.add(0, 0, int(n)*aliveOverhead)
	a.busy = a.busy.Add(n * time.Duration(a.cost))
}

// piece counts a piece of data; it puts the next keepalive off.
func (a *account) piece(now time.Time, up, down int) {
	a.turn(now)
	a.silence(now)
	a.add(up, down, pieceOverhead)
	if !a.busy.IsZero() {
		a.busy = now
	}
}

// turn begins a new day or month where one has begun.
func (a *account) turn(now time.Time) {
	if now.Before(a.next) {
		return
	}
	day := now.Format(dayLayout)
	if a.state.Day != day {
		a.state.Today = Traffic{}
	}
	if len(a.state.Day) < monthLength || a.state.Day[:monthLength] != day[:monthLength] {
		a.state.Month = Traffic{}
	}
	a.state.Day = day
	y, mo, d := now.Date()
	a.next = time.Date(y, mo, d+1, 0, 0, 0, 0, now.Location())
}
