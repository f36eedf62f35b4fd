package usb

import (
	"errors"
	"fmt"
	"time"

	"meterline/relay/usb/at"
)

// State is the state of a plugged-in modem.
//
//	Absent ──plugged in──► Starting ──► Ready ◄──────────────── Ending
//	   ▲                       │          └─► Working ─► InCall ───┘▲
//	   └── pulled out ── any   ▼                 └──────────────────┘
//	                        Failed ── tried again, or plugged in anew ──► Starting
type State int

// The states.
const (
	Absent   State = iota // it is not plugged in
	Starting              // being opened and initialised
	Ready                 // idle
	Working               // calling, ringing, or sending a message
	InCall                // a data call is up
	Ending                // hanging up, and confirming it
	Failed                // plugged in, but not usable
)

var stateNames = [...]string{"absent", "starting", "ready", "working", "in call", "hanging up", "failed"}

// String returns the state in words for an operator.
func (s State) String() string { return stateNames[s] }

// Status is what a plugged-in modem is doing.
type Status struct {
	State  State
	Since  time.Time // when the state began
	Why    error     // of Absent and Failed; otherwise what went wrong last, nil if nothing did
	Device Device    // where it is, or was last
	Doing  string    // in Working and InCall: "calling +79161234567"
	Info   at.Result // what it has said of itself; empty before Ready
	InfoAt time.Time // when it said so
}

// Errors of a plugged-in modem that cannot be used now. Errors of the modem itself are *at.Error.
var (
	ErrAbsent    = errors.New("the modem is not plugged in")
	ErrBusy      = errors.New("the modem is in use")
	ErrFailed    = errors.New("the modem does not work")
	ErrHeld      = errors.New("another program has the modem")
	ErrUnplugged = errors.New("the modem was pulled out")
	ErrCallEnded = errors.New("the far modem hung up")
	ErrStalled   = errors.New("the modem does not take what is written to it")
)

// Status returns the present state. It may be called at any time.
func (m *Modem) Status() Status {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.status
}

// set is the one place where the state changes.
func (m *Modem) set(s State, why error) {
	m.mu.Lock()
	was := m.status
	m.status.State, m.status.Why = s, why
	if s != Working && s != InCall {
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

// logState logs a change. A fault that recurs at each attempt is logged once.
func (m *Modem) logState(s State, why error) {
	m.mu.Lock()
	device, again := m.status.Device.Path, m.fault == errText(why)
	switch s {
	case Failed:
		m.fault = errText(why)
	case Ready, Absent:
		m.fault = ""
	}
	m.mu.Unlock()
	log := m.log().Info
	switch {
	case s == Starting || s == Failed && again:
		log = m.log().Debug
	case s == Failed:
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

// setInfo keeps what the modem has said of itself.
func (m *Modem) setInfo(r at.Result) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.status.Info, m.status.InfoAt = r, time.Now()
}

// doing sets what is being done with the modem.
func (m *Modem) doing(what string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.status.Doing = what
}

// claim gives the modem a job, if it is idle.
func (m *Modem) claim(j *job) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.status
	if s.State == Ready && !m.claimed && !m.closed {
		m.claimed = true
		m.workLocked() <- j // this never waits: the job before has left the channel before its claim on the modem ended
		return nil
	}
	err, why := ErrBusy, s.State.String()
	switch {
	case s.State == Absent && errors.Is(s.Why, ErrAbsent):
		return fmt.Errorf("usb %s: %w", m.Name, s.Why)
	case s.State == Absent || s.State == Ready && m.closed:
		err, why = ErrAbsent, errText(s.Why)
	case s.State == Failed:
		err, why = ErrFailed, errText(s.Why)
	case s.Doing != "":
		why = s.Doing
	}
	if why == "" {
		return fmt.Errorf("usb %s: %w", m.Name, err)
	}
	return fmt.Errorf("usb %s: %w: %s", m.Name, err, why)
}

// unclaim allows the next job.
func (m *Modem) unclaim() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.claimed = false
}

// openJobs allows jobs. shutJobs allows none, and refuses the one that has come too late for this life.
func (m *Modem) openJobs() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = false
}

func (m *Modem) shutJobs(cause error) {
	if cause == nil {
		cause = ErrAbsent
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed, m.claimed = true, false
	select {
	case j := <-m.workLocked():
		j.deliver(outcome{err: cause})
	default:
	}
}

// work returns the channel that jobs come from.
func (m *Modem) work() chan *job {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.workLocked()
}

func (m *Modem) workLocked() chan *job {
	if m.jobs == nil {
		m.jobs = make(chan *job, 1)
	}
	return m.jobs
}
