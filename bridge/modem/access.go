package modem

import (
	"context"
	"sync/atomic"
	"time"

	"meterline/bridge/status"
	"meterline/vport"
)

// OpenSettle is how long a program must have a port open before a modem is called for that alone: scans of all ports open
// and close at once. A byte that it writes counts at once.
const OpenSettle = 100 * time.Millisecond

// Access is one client's way to its modem, and what the modem keeps of the client. But for m and changes, all of it is guarded by the
// modem's mutex.
type Access struct {
	client  Client
	program Program    // the client, nil where it knows of none
	behind  CatchUpper // the client, nil where it cannot
	leased  bool       // the client is a port that is leased to the modem
	own     bool       // of those the modem's own: what the modem sends without a lease goes here
	brief   bool       // its lease is short, and is not taken over
	ringer  Ringer     // what rings on the client's behalf, nil if there is nothing
	m       atomic.Pointer[Modem]

	changes  atomic.Int32 // since the client was shown the modem
	showFunc func()       // show, made once

	kept     burst       // what the program wrote while the session it wants is being got
	lost     lostFront   // of a request that went nowhere
	clearing bool        // the program has left, its tail is being sent
	tail     *time.Timer // ends clearing
	settle   *time.Timer // ends OpenSettle
}

// newAccess gives c a way to m.
func newAccess(m *Modem, c Client) *Access {
	a := &Access{client: c}
	a.program, _ = c.(Program)
	a.behind, _ = c.(CatchUpper)
	a.showFunc = a.show
	a.m.Store(m)
	return a
}

// NewPortAccess gives a leased port a way to m; own says that it is the modem's own.
func NewPortAccess(m *Modem, c Client, own bool) *Access {
	a := newAccess(m, c)
	a.leased, a.own = true, own
	return a
}

// NewCallAccess gives a call a way to m, which rings at r for that.
func NewCallAccess(m *Modem, c Client, r Ringer) *Access {
	a := newAccess(m, c)
	a.ringer = r
	return a
}

// Own reports whether the client is the modem's own port.
func (a *Access) Own() bool { return a.own }

// Modem is where the way leads at present.
func (a *Access) Modem() *Modem { return a.m.Load() }

// View is how the modem looks now.
func (a *Access) View() View {
	m := a.m.Load()
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.circuit.view(a)
}

// LastError is what went wrong last with the modem, nil if nothing did.
func (a *Access) LastError() error {
	m := a.m.Load()
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.ways.lastErr
}

// Refresh has the client shown the modem.
func (a *Access) Refresh() {
	m := a.m.Load()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.circuit.changed(a)
}

// show shows the client the modem, again while that changes. Only one goroutine does so at a time. The modem's mutex is not held.
func (a *Access) show() {
	for seen := a.changes.Load(); seen > 0; seen = a.changes.Add(-seen) {
		a.client.StateChanged(a.View())
	}
}

func (a *Access) isOpen() bool { return a.program != nil && a.program.Open() }

// wants reports whether the client alone is reason enough for a session on demand.
func (a *Access) wants() bool {
	return len(a.kept.data) > 0 || a.program != nil && a.program.Wants()
}

// settings are what the client's program has set; zero where that is not known.
func (a *Access) settings() vport.Settings {
	if a.program == nil {
		return vport.Settings{}
	}
	return a.program.Settings()
}

// unclear ends clearing, where it is: what is still on its way goes on.
func (a *Access) unclear() {
	if a.clearing {
		a.clearing = false
		a.tail.Stop()
	}
}

// Rebind leads the way to another modem. The program behind the client stays.
func (a *Access) Rebind(m *Modem) {
	old := a.m.Load()
	old.mu.Lock()
	a.client.Dropped(status.DropGone, len(a.kept.data))
	a.kept = burst{}
	a.unclear()
	old.circuit.release(a)
	old.mu.Unlock()
	a.m.Store(m)
}

// Bounded reports whether the modem's protocol tells where requests end.
func (a *Access) Bounded() bool { return a.m.Load().cfg.Frame.Bounded() }

// Settable reports whether the modem's far serial port could be one that can be set.
func (a *Access) Settable() bool { return MayBeSet(a.m.Load().cfg.Dial) }

// Send takes b from the program: to the session, to what is kept for one, or nowhere. It waits while the session takes no more.
func (a *Access) Send(b []byte) {
	m := a.m.Load()
	a.send(m, b, m.circuit.toModem.write)
}

// SendNow is Send for the modem's goroutine, which must not wait.
func (a *Access) SendNow(b []byte) {
	m := a.m.Load()
	a.send(m, b, m.circuit.toModem.push)
}

func (a *Access) send(m *Modem, b []byte, put putFunc) {
	now := time.Now()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.noteDemand(now)
	m.circuit.toModem.send(a, b, now, put)
}

// Speak sends b to the session if the client has the lease and there is a session. It waits while the session takes no more.
func (a *Access) Speak(b []byte) {
	m := a.m.Load()
	a.speak(m, b, m.circuit.toModem.write)
}

// SpeakNow is Speak for the modem's goroutine, which must not wait.
func (a *Access) SpeakNow(b []byte) {
	m := a.m.Load()
	a.speak(m, b, m.circuit.toModem.push)
}

func (a *Access) speak(m *Modem, b []byte, put putFunc) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.circuit.toModem.speak(a, b, time.Now(), put)
}

// Flush sends what is held of an unfinished request.
func (a *Access) Flush() { a.m.Load().circuit.toModem.flush(a) }

// Signal passes what the program does to its port besides writing on to a far serial port that can be set.
func (a *Access) Signal(s vport.Signal) { a.m.Load().circuit.signalled(a, s) }

// Opened tells the modem that a program has the port open.
func (a *Access) Opened() {
	m := a.m.Load()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.demand.stopLinger()
	m.circuit.opened(a)
	if m.fallback != nil {
		m.mu.Defer(m.fallback.Asked)
	}
	if m.cfg.OnOpen { // also while a session is there, which may end before the time is over
		a.settle = time.AfterFunc(OpenSettle, m.life.wake)
	}
}

// Left tells the modem that the last program has closed the port.
func (a *Access) Left() {
	m := a.m.Load()
	m.mu.Lock()
	defer m.mu.Unlock()
	if a.settle != nil {
		a.settle.Stop()
	}
	m.circuit.left(a)
	m.demand.startLinger()
}

// Await takes the lease, and waits for a session where one can be called.
func (a *Access) Await(ctx context.Context) error {
	m := a.m.Load()
	c := &m.circuit
	m.mu.Lock()
	defer m.mu.Unlock()
	if !c.acquire(a, time.Now()) {
		return c.leasedError()
	}
	m.demand.waiters++
	defer func() { m.demand.waiters-- }()
	m.life.wake()
	for c.session == nil {
		m.noteDemand(time.Now())
		if err := c.awaitChange(ctx); err != nil {
			c.release(a)
			return m.ways.awayError(err)
		}
		if !c.acquire(a, time.Now()) { // it has been taken over; whoever did that may have given it back already
			return c.leasedError()
		}
	}
	return nil
}

// Clear gives the lease back when the tail has been sent, or its time is over.
func (a *Access) Clear(ctx context.Context) {
	m := a.m.Load()
	m.mu.Lock()
	m.circuit.awaitSent(ctx, a)
	m.mu.Unlock()
	a.giveBack(m)
}

// giveBack ends the lease.
func (a *Access) giveBack(m *Modem) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.circuit.release(a)
	m.demand.startLinger()
	m.circuit.changedAll()
	m.circuit.changed(a)
}
