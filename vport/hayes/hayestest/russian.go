package hayestest

import "time"

// Russian dials as the tools of Russian makers of meters do: AT, +CBST and ATD, each ended by CR only, and nothing dropped
// after CONNECT. Some also ask for the network and set registers.
type Russian struct {
	Init []string // commands without their CR; nil: AT and AT+CBST=71,0,1
}

// Thorough returns a Russian that asks for and sets everything that such tools were seen to.
func Thorough() Russian {
	return Russian{Init: []string{
		"AT", "AT+CREG=1", "AT+CREG?", "AT+CSQ", "AT+CGMI", "ATE0", "ATS0=0", "AT&D2", "AT&K3", "ATS12=50", "AT+CBST=7,0,1", "AT+CBST=71,0,1",
	}}
}

const (
	russianPause = 200 * time.Millisecond // after each answer
	russianOK    = 2 * time.Second
	russianCall  = 60 * time.Second
)

// Dial prepares the modem and dials.
func (r Russian) Dial(w Wire, number string) error {
	if err := r.prepare(w); err != nil {
		return err
	}
	return r.call(w, "ATD"+number+"\r")
}

// Answer lets the modem answer by itself, at the first ring.
func (r Russian) Answer(w Wire, ringing time.Duration) error {
	if err := r.prepare(w); err != nil {
		return err
	}
	if err := command(w, "ATS0=1\r", russianOK); err != nil {
		return err
	}
	_, err := await(w, "ATS0=1", ringing, isConnect, failures...)
	return err
}

// HangUp is silent for a second before and after the escape.
func (r Russian) HangUp(w Wire) error {
	time.Sleep(1100 * time.Millisecond)
	if err := command(w, "+++", russianOK); err != nil {
		return err
	}
	return command(w, "ATH\r", russianOK)
}

func (r Russian) prepare(w Wire) error {
	commands := r.Init
	if commands == nil {
		commands = []string{"AT", "AT+CBST=71,0,1"}
	}
	for _, c := range commands {
		if err := command(w, c+"\r", russianOK); err != nil {
			return err
		}
		time.Sleep(russianPause)
	}
	return nil
}

func (r Russian) call(w Wire, s string) error {
	if err := send(w, s); err != nil {
		return err
	}
	_, err := await(w, s, russianCall, isConnect, failures...)
	return err
}
