package at

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

// Registration is a cellular modem's registration in its network: the values of 27.007, 7.2, plus one, so that zero means "not
// known".
type Registration int

// The registrations.
const (
	Unknown       Registration = iota // not asked yet, or not told
	NotSearching                      // not registered, and not searching
	Home                              // registered
	Searching                         // not registered
	Denied                            // by the network
	Uncertain                         // out of coverage, for instance
	Roaming                           // registered
	HomeMessages                      // registered for short messages only
	RoamMessages                      // registered for short messages only
	EmergencyOnly                     // calls for help only
	HomeFallback                      // registered, calls by way of an older network
	RoamFallback                      // registered, calls by way of an older network
)

var registrations = [...]string{
	"not known", "not registered", "registered", "searching", "denied", "not known", "registered, roaming",
	"registered for messages only", "registered for messages only, roaming", "emergency calls only", "registered",
	"registered, roaming",
}

// String returns the registration in words.
func (r Registration) String() string {
	if r < 0 || int(r) >= len(registrations) {
		return registrations[Unknown]
	}
	return registrations[r]
}

// Calls reports whether the modem can place calls.
func (r Registration) Calls() bool {
	return r == Home || r == Roaming || r == HomeFallback || r == RoamFallback
}

// Messages reports whether the modem can send short messages.
func (r Registration) Messages() bool { return r.Calls() || r == HomeMessages || r == RoamMessages }

// registration reads the answer "0,1" or `2,1,"00AB","1F"`. The unsolicited form has only one number in front, and is refused.
func registration(s string) (Registration, bool) {
	fields := strings.Split(s, ",")
	if len(fields) < 2 {
		return Unknown, false
	}
	n, err := strconv.Atoi(strings.TrimSpace(fields[1]))
	if err != nil || n < 0 || n+1 >= len(registrations) {
		return Unknown, false
	}
	return Registration(n + 1), true
}

// signal returns the answer of +CSQ (27.007, 8.5) in dBm; 0 if the modem does not know.
func signal(s string) int {
	first, _, _ := strings.Cut(s, ",")
	n, err := strconv.Atoi(strings.TrimSpace(first))
	if err != nil || n < 0 || n > 31 {
		return 0
	}
	return 2*n - 113
}

// regPoll is the pause between two questions for the registration.
const regPoll = 2 * time.Second

// network goes on when the modem is registered well enough for what it is to do. A modem that was just plugged in needs half a
// minute.
func (d *Driver) network(enough func(Registration) bool, then func()) {
	if !d.cellular {
		then()
		return
	}
	d.register(d.now.Add(d.cfg.Register), enough, func() { d.signal(then) })
}

func (d *Driver) register(until time.Time, enough func(Registration) bool, then func()) {
	const command = "AT+CREG?"
	d.ask(command, d.cfg.Answer, func(r reply) {
		if r.code == silence {
			d.fail(command, r, ErrRefused)
			return
		}
		answer, _ := r.find("+CREG:")
		reg, _ := registration(answer)
		d.result.Registration = reg
		switch {
		case enough(reg), !r.ok() && errors.Is(r.kind(ErrRefused), ErrRefused): // it does not know the question: the network will show
			then()
		case reg == Denied:
			d.finish(d.failure(ErrDenied, command, ""))
		case !r.ok():
			d.fail(command, r, ErrNotRegistered)
		case d.now.Before(until):
			d.pause(regPoll, false, func() { d.register(until, enough, then) })
		default:
			d.finish(d.failure(ErrNotRegistered, command, reg.String()))
		}
	})
}

// signal goes on when the signal is strong enough, or not known.
func (d *Driver) signal(then func()) {
	const command = "AT+CSQ"
	d.ask(command, d.cfg.Answer, func(r reply) {
		if r.code == silence {
			d.fail(command, r, ErrRefused)
			return
		}
		s, _ := r.find("+CSQ:")
		d.result.Signal = signal(s)
		if dBm := d.result.Signal; dBm != 0 && dBm < d.cfg.MinSignal {
			d.finish(d.failure(ErrWeakSignal, command, strconv.Itoa(dBm)+" dBm"))
			return
		}
		then()
	})
}
