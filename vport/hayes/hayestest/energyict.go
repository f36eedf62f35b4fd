package hayestest

import (
	"errors"
	"time"
)

// EnergyICT dials as the programs of EnergyICT and Honeywell do. It first ends what an earlier call may have left, waits 500 ms
// before everything that it writes, and drops what comes in the 500 ms after CONNECT. The real programs also drop DTR and check
// DCD, which a Wire does not have. So this is what they do on a port without these lines.
type EnergyICT struct {
	Prefix string        // put before every number
	Init   []string      // commands without their CR LF; nil: AT+CBST=71,0,1
	Pluses time.Duration // pause between the characters of the escape; 0: they are one write
}

const (
	energyPause = 500 * time.Millisecond // before each write
	energyOK    = 5 * time.Second
	energyCall  = 60 * time.Second
	energyTries = 3 // of ATZ, and of hanging up
)

// Dial escapes and hangs up, resets the modem, and dials.
func (e *EnergyICT) Dial(w Wire, number string) error {
	if err := e.prepare(w); err != nil {
		return err
	}
	return e.call(w, "ATD"+e.Prefix+number+"\r\n")
}

// Answer resets the modem, and answers the call that comes.
func (e *EnergyICT) Answer(w Wire, ringing time.Duration) error {
	if err := e.prepare(w); err != nil {
		return err
	}
	if _, err := await(w, "RING", ringing, isRing); err != nil {
		return err
	}
	return e.call(w, "ATA\r\n")
}

// HangUp tries three times.
func (e *EnergyICT) HangUp(w Wire) error {
	var err error
	for range energyTries {
		if err = e.escapeAndHangUp(w); err == nil {
			return nil
		}
		if _, is := errors.AsType[*CallError](err); !is {
			return err
		}
	}
	return err
}

func (e *EnergyICT) prepare(w Wire) error {
	if err := e.leaveEarlier(w); err != nil {
		return err
	}
	if err := e.reset(w); err != nil {
		return err
	}
	commands := e.Init
	if commands == nil {
		commands = []string{"AT+CBST=71,0,1"}
	}
	for _, c := range append(commands[:len(commands):len(commands)], "ATS0=0E0V1") {
		time.Sleep(energyPause)
		if err := command(w, c+"\r\n", energyOK); err != nil {
			return err
		}
	}
	return nil
}

// leaveEarlier ends a call if there is one. Usually there is none, so that the answer does not matter.
func (e *EnergyICT) leaveEarlier(w Wire) error {
	if err := e.escape(w); err != nil {
		return err
	}
	time.Sleep(2 * time.Second)
	time.Sleep(energyPause)
	if err := send(w, "ATH\r\n"); err != nil {
		return err
	}
	return flush(w, 1500*time.Millisecond)
}

func (e *EnergyICT) reset(w Wire) error {
	var err error
	for range energyTries {
		time.Sleep(energyPause)
		if err = command(w, "ATZ\r\n", energyOK); err == nil {
			break
		}
		if _, is := errors.AsType[*CallError](err); !is {
			return err
		}
	}
	return err
}

func (e *EnergyICT) escape(w Wire) error {
	time.Sleep(energyPause)
	if e.Pluses == 0 {
		return send(w, "+++")
	}
	for range 3 {
		if err := send(w, "+"); err != nil {
			return err
		}
		time.Sleep(e.Pluses)
	}
	return nil
}

func (e *EnergyICT) call(w Wire, s string) error {
	time.Sleep(energyPause)
	if err := send(w, s); err != nil {
		return err
	}
	if _, err := await(w, s, energyCall, isConnect, failures...); err != nil {
		return err
	}
	return flush(w, 500*time.Millisecond)
}

func (e *EnergyICT) escapeAndHangUp(w Wire) error {
	if err := e.escape(w); err != nil {
		return err
	}
	if _, err := await(w, "+++", 2*time.Second, isOK); err != nil {
		return err
	}
	time.Sleep(energyPause)
	return command(w, "ATH\r\n", energyOK)
}
