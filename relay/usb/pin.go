package usb

import (
	"errors"

	"meterline/relay/usb/at"
)

// PINStep is a step in giving a SIM its PIN.
type PINStep int

// The steps. If neither PINTaken nor PINRefused follows PINGiven, nobody knows whether the SIM has counted an attempt.
const (
	PINGiven   PINStep = iota // it is about to be given to the SIM
	PINTaken                  // it was right
	PINRefused                // it was wrong
)

// notePIN makes sure that a refused PIN is not tried again.
func (l *life) notePIN(d at.Done) {
	if _, init := d.Op.(at.Init); !init {
		return
	}
	if !l.gavePIN { // an unlocked SIM says nothing about the PIN
		return
	}
	sim := l.driver.ICCID()
	if l.driver.PINRefused() {
		l.m.mu.Lock()
		if l.m.pinUsed == nil {
			l.m.pinUsed = make(map[string]bool)
		}
		l.m.pinUsed[sim] = true
		l.m.mu.Unlock()
	}
	switch { // PIN's error means that the attempt could not be remembered
	case d.Err == nil:
		_ = l.m.tellPIN(PINTaken, sim)
	case errors.Is(d.Err, at.ErrPINRefused):
		_ = l.m.tellPIN(PINRefused, sim)
	}
}

func (m *Modem) tellPIN(s PINStep, iccid string) error {
	if m.PIN == nil {
		return nil
	}
	return m.PIN(s, iccid)
}

// ForgetPIN allows a refused PIN to be tried again, as for another SIM whose number is not known.
func (m *Modem) ForgetPIN() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.pinUsed = nil
}

// wasRefused returns why a SIM must not be given the PIN. A SIM that is not known may be any of those that refused it.
func (m *Modem) wasRefused(iccid string) error {
	if m.AT.PINBarred != nil {
		if err := m.AT.PINBarred(iccid); err != nil {
			return err
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.pinUsed[iccid] || m.pinUsed[""] || iccid == "" && len(m.pinUsed) > 0 {
		return at.ErrPINRefused
	}
	return nil
}
