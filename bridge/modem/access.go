package modem

import (
	"sync/atomic"
	"time"

	"meterline/bridge/status"
	"meterline/vport"
)

// Access is one client's way to its modem, and what the modem keeps of the client. But for m, all of it is guarded by the modem's mutex.
type Access struct {
	client  Client
	program Program    // the client, nil where it knows of none
	behind  CatchUpper // the client, nil where it cannot
	leased  bool       // the client is a port that is leased to the modem
	own     bool       // of those the modem's own: what the modem sends without a lease goes here
	brief   bool       // its lease is short, and is not taken over
	ringer  Ringer     // what rings on the client's behalf, nil: nothing
	m       atomic.Pointer[Modem]

	kept     burst       // what the program wrote while the session it wants is being got
	lost     lostFront   // of a request that went nowhere
	clearing bool        // the program has left, its tail is being sent
	tail     *time.Timer // ends clearing
	wake     *time.Timer // ends openSettle
}

// newAccess gives c a way to m.
func newAccess(m *Modem, c Client) *Access {
	a := &Access{client: c}
	a.program, _ = c.(Program)
	a.behind, _ = c.(CatchUpper)
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
	return m.view(a)
}

// Look gives f the view while nothing can change. f must not call the modem.
func (a *Access) Look(f func(View)) {
	m := a.m.Load()
	m.mu.Lock()
	defer m.mu.Unlock()
	f(m.view(a))
}

// Refresh has the client shown the modem's state.
func (a *Access) Refresh() { a.Look(a.client.StateChanged) }

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

// Rebind leads the way to another modem. The program behind the client stays.
func (a *Access) Rebind(m *Modem) {
	old := a.m.Load()
	old.mu.Lock()
	a.client.Dropped(status.DropGone, len(a.kept.data))
	a.kept = burst{}
	a.unclear()
	old.release(a)
	old.mu.Unlock()
	a.m.Store(m)
}

// Bounded reports whether the modem's protocol tells where requests end.
func (a *Access) Bounded() bool { return a.m.Load().cfg.Frame.Bounded() }

// Settable reports whether the modem's far serial port could be one that can be set.
func (a *Access) Settable() bool { return a.m.Load().mayBeSet() }

// Send takes b from the program: to the session, to what is kept for one, or nowhere. It waits while the session takes no more.
func (a *Access) Send(b []byte) {
	m := a.m.Load()
	m.send(a, b, m.write)
}

// SendNow is Send for the modem's goroutine, which must not wait.
func (a *Access) SendNow(b []byte) {
	m := a.m.Load()
	m.send(a, b, m.push)
}

// Speak sends b to the session if the client has the lease and there is a session. It waits while the session takes no more.
func (a *Access) Speak(b []byte) {
	m := a.m.Load()
	m.speak(a, b, m.write)
}

// SpeakNow is Speak for the modem's goroutine, which must not wait.
func (a *Access) SpeakNow(b []byte) {
	m := a.m.Load()
	m.speak(a, b, m.push)
}

// Flush sends what is held of an unfinished request.
func (a *Access) Flush() { a.m.Load().flushFrames(a) }

// Signal passes what the program does to its port besides writing on to a far serial port that can be set.
func (a *Access) Signal(s vport.Signal) { a.m.Load().signalled(a, s) }

// Opened tells the modem that a program has the port open.
func (a *Access) Opened() { a.m.Load().opened(a) }

// Left tells the modem that the last program has closed the port.
func (a *Access) Left() { a.m.Load().left(a) }
