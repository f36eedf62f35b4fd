package relay

import (
	"errors"
	"fmt"
	"time"

	"meterline/relay/at"
)

// USBState is where a plugged-in modem stands.
//
//	Absent ──plugged in──► Starting ──► Ready ◄──────────────── Ending
//	   ▲                       │          └─► Working ─► InCall ───┘▲
//	   └── pulled out ── any   ▼                 └──────────────────┘
//	                        Failed ── tried again, or plugged in anew ──► Starting
type USBState int

// The states.
const (
	USBAbsent   USBState = iota // it is not plugged in
	USBStarting                 // being opened and initialised
	USBReady                    // at rest
	USBWorking                  // calling, ringing, or sending a message
	USBInCall                   // a data call is up
	USBEnding                   // hanging up, and making sure of it
	USBFailed                   // plugged in, and of no use
)

var usbStates = [...]string{"absent", "starting", "ready", "working", "in call", "hanging up", "failed"}

// String is the state in words for an operator.
func (s USBState) String() string { return usbStates[s] }

// USBStatus is what a plugged-in modem is doing.
type USBStatus struct {
	State  USBState
	Since  time.Time // when the state began
	Why    error     // of USBAbsent and USBFailed; else what went wrong last, nil where nothing did
	Device USBDevice // where it is, or was last
	Doing  string    // in USBWorking and USBInCall: "calling +79161234567"
	Info   at.Result // what it has told of itself; empty before USBReady
	InfoAt time.Time // when
}

// Errors of a plugged-in modem that cannot be used now. What the modem itself says comes as *at.Error.
var (
	ErrUSBAbsent  = errors.New("the modem is not plugged in")
	ErrUSBBusy    = errors.New("the modem is in use")
	ErrUSBFailed  = errors.New("the modem does not work")
	ErrUSBHeld    = errors.New("another program has the modem")
	ErrUnplugged  = errors.New("the modem was pulled out")
	ErrCallEnded  = errors.New("the far modem hung up")
	ErrUSBStalled = errors.New("the modem does not take what is written to it")
)

// Status may be called at any time.
func (m *USBModem) Status() USBStatus {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.status
}

// set is the one place where the state changes.
func (m *USBModem) set(s USBState, why error) {
	m.mu.Lock()
	was := m.status
	m.status.State, m.status.Why = s, why
	if s != USBWorking && s != USBInCall {
		m.status.Doing = ""
	}
	if was.State != s || was.Since.IsZero() {
		m.status.Since = time.Now()
	}
	m.mu.Unlock()
	if was.State == s && errText(was.Why) == errText(why) {
		return
	}
	m.logState(s, why)
	if m.Changed != nil {
		m.Changed()
	}
}

// logState logs a change. A fault that comes again at each attempt is said once.
func (m *USBModem) logState(s USBState, why error) {
	m.mu.Lock()
	device, again := m.status.Device.Path, m.fault == errText(why)
	switch s {
	case USBFailed:
		m.fault = errText(why)
	case USBReady, USBAbsent:
		m.fault = ""
	}
	m.mu.Unlock()
	log := m.log().Info
	switch {
	case s == USBStarting || s == USBFailed && again:
		log = m.log().Debug
	case s == USBFailed:
		log = m.log().Warn
	}
	log("plugged-in modem "+s.String(), "device", device, "why", why)
}

func errText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// inform keeps what the modem has told of itself.
func (m *USBModem) inform(r at.Result) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.status.Info, m.status.InfoAt = r, time.Now()
}

// doing says what is done with the modem.
func (m *USBModem) doing(what string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.status.Doing = what
}

// claim gives the modem one job, if it is at rest.
func (m *USBModem) claim(j *job) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.status
	if s.State == USBReady && !m.claimed && !m.closed {
		m.claimed = true
		m.workLocked() <- j // there is room: it is taken out before the claim ends
		return nil
	}
	err, why := ErrUSBBusy, s.State.String()
	switch {
	case s.State == USBAbsent && errors.Is(s.Why, ErrUSBAbsent):
		return fmt.Errorf("usb %s: %w", m.Name, s.Why)
	case s.State == USBAbsent || s.State == USBReady && m.closed:
		err, why = ErrUSBAbsent, errText(s.Why)
	case s.State == USBFailed:
		err, why = ErrUSBFailed, errText(s.Why)
	case s.Doing != "":
		why = s.Doing
	}
	if why == "" {
		return fmt.Errorf("usb %s: %w", m.Name, err)
	}
	return fmt.Errorf("usb %s: %w: %s", m.Name, err, why)
}

// unclaim makes room for the next job.
func (m *USBModem) unclaim() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.claimed = false
}

// openJobs lets jobs come in; shutJobs answers the one that has come too late for this life, and lets none in.
func (m *USBModem) openJobs() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = false
}

func (m *USBModem) shutJobs(cause error) {
	if cause == nil {
		cause = ErrUSBAbsent
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed, m.claimed = true, false
	select {
	case j := <-m.workLocked():
		j.deliver(usbOutcome{err: cause})
	default:
	}
}

// work is where jobs come from.
func (m *USBModem) work() chan *job {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.workLocked()
}

func (m *USBModem) workLocked() chan *job {
	if m.jobs == nil {
		m.jobs = make(chan *job, 1)
	}
	return m.jobs
}
