package usb

import (
	"errors"

	"meterline/relay/usb/at"
)

// PINStep is what has become of a SIM's PIN.
type PINStep int

// The steps. Where neither of the latter two follows the first, nobody knows whether the PIN counts as tried.
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
	if !l.gavePIN { // a SIM that is open already says nothing of it
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
	switch { // who could not remember the try has said so
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

// ForgetPIN lets a PIN be tried again that was refused: there is another SIM that is not known by its number.
func (m *Modem) ForgetPIN() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.pinUsed = nil
}

// wasRefused says why a SIM is not to be given the PIN. One that is not known may be any of those that refused it.
func (m *Modem) wasRefused(iccid string) error {
	if m.AT.PINUsed != nil {
		if err := m.AT.PINUsed(iccid); err != nil {
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
