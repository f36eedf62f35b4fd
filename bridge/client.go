package bridge

import (
	"sync/atomic"
	"time"

	"meterline/bridge/status"
	"meterline/vport"
)

// Client is who may have a modem's lease: a port, a call from a dial-up port, a probe. All methods but Deliver are called with the
// modem's mutex held, and must not call the modem.
type Client interface {
	// Name is how operators know it.
	Name() string
	// Deliver hands over bytes of the modem, and waits while they are not taken. It returns how many were taken, and the
	// reason for which the rest was dropped, which it has counted.
	Deliver(b []byte) (n int, reason string)
	// Dropped counts n bytes that did not get to the modem.
	Dropped(reason string, n int)
	// Present reports whether whoever wrote is still there.
	Present() bool
	// Interrupt lets a Deliver in progress go on until t at the longest; the zero time lifts that.
	Interrupt(t time.Time)
	// StateChanged shows the client where the modem stands, when that may have changed.
	StateChanged(v View)
}

// Program is a Client that knows of the program behind it. Its methods are called with the modem's mutex held.
type Program interface {
	// Open reports whether a program has a leased port open, with or without the lease.
	Open() bool
	// Wants reports whether the program alone is reason enough for a session on demand.
	Wants() bool
	// Over reports whether the client has no use for the lease any more, and only has not given it back.
	Over() bool
	// Settings are what the program has set that is for the far serial port; zero where that is not known.
	Settings() vport.Settings
}

// CatchUpper is a Client whose program's writes can be read before whoever reads them comes to it. The modem's mutex is not held.
type CatchUpper interface {
	// CatchUp sends what the program has written and nobody has read yet.
	CatchUp(a *Access)
	// DeliverUnread is Deliver, unless it returns vport.ErrUnread, or vport.ErrUnsupported: then nothing has been handed over.
	// See vport.UnreadWriter for fresh and written.
	DeliverUnread(b []byte, fresh func() bool, written func()) (n int, reason string, err error)
}

// View is how a modem looks to one of its clients.
type View struct {
	Modem    string // its name
	Session  bool   // it has one
	OnOpen   bool   // its sessions are had on demand
	Holder   Client // who has the lease, nil: nobody
	Clearing bool   // the client's program has left, and its tail is on its way
	LastErr  error  // what went wrong last
}

// Access is one client's way to its modem, and what the modem keeps of the client. But for m, all of it is guarded by the modem's mutex.
type Access struct {
	client  Client
	program Program    // the client, nil where it knows of none
	behind  CatchUpper // the client, nil where it cannot
	leased  bool       // the client is a port that is leased to the modem
	own     bool       // of those the modem's own: what the modem sends without a lease goes here
	brief   bool       // its lease is short, and is not taken over
	ringer  Ringer     // what rings on the client's behalf, nil: nothing
	m       atomic.Pointer[modem]

	kept     burst       // what the program wrote while the session it wants is being got
	lost     lostFront   // of a request that went nowhere
	clearing bool        // the program has left, its tail is being sent
	tail     *time.Timer // ends clearing
	wake     *time.Timer // ends openSettle
}

// newAccess gives c a way to m.
func newAccess(m *modem, c Client) *Access {
	a := &Access{client: c}
	a.program, _ = c.(Program)
	a.behind, _ = c.(CatchUpper)
	a.m.Store(m)
	return a
}

// newPortAccess gives a leased port a way to m; own says that it is the modem's own.
func newPortAccess(m *modem, c Client, own bool) *Access {
	a := newAccess(m, c)
	a.leased, a.own = true, own
	return a
}

// newCallAccess gives a call a way to m, which rings at r for that.
func newCallAccess(m *modem, c Client, r Ringer) *Access {
	a := newAccess(m, c)
	a.ringer = r
	return a
}

// Own reports whether the client is the modem's own port.
func (a *Access) Own() bool { return a.own }

// Modem is where the way leads at present.
func (a *Access) Modem() *modem { return a.m.Load() }

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

// view is how the modem looks to a. The mutex is held.
func (m *modem) view(a *Access) View {
	v := View{Modem: m.cfg.Name, Session: m.session != nil, OnOpen: m.cfg.OnOpen, Clearing: a.clearing, LastErr: m.lastErr}
	if m.holder != nil {
		v.Holder = m.holder.client
	}
	return v
}

// changed shows a's client the modem's state. The mutex is held.
func (m *modem) changed(a *Access) { a.client.StateChanged(m.view(a)) }

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
func (a *Access) Rebind(m *modem) {
	old := a.m.Load()
	old.mu.Lock()
	a.client.Dropped(status.DropGone, len(a.kept.data))
	a.kept = burst{}
	a.unclear()
	old.release(a)
	old.mu.Unlock()
	a.m.Store(m)
}

// catchUp sends what a's program has written and nobody has read yet, where that can be done. The mutex is not held.
func (m *modem) catchUp(a *Access) {
	if a.behind != nil && a.m.Load() == m {
		a.behind.CatchUp(a)
	}
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
