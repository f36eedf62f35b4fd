package hayestest

import (
	"errors"
	"strings"
	"time"
)

// Gurux dials as Gurux.Terminal does: it lets the modem echo, asks for errors in words and for the PIN, and asks for the reason
// after NO CARRIER.
type Gurux struct {
	Init []string // commands without their CR LF; nil: AT+CBST=71,0,1
}

const (
	guruxOK   = 3 * time.Second
	guruxCall = 50 * time.Second
)

// Dial prepares the modem and dials.
func (g Gurux) Dial(w Wire, number string) error {
	if err := g.prepare(w); err != nil {
		return err
	}
	return g.call(w, "ATD"+number+"\r\n")
}

// Answer prepares the modem, and answers the call that comes.
func (g Gurux) Answer(w Wire, ringing time.Duration) error {
	if err := g.prepare(w); err != nil {
		return err
	}
	if _, err := await(w, "RING", ringing, isRing); err != nil {
		return err
	}
	return g.call(w, "ATA\r\n")
}

// HangUp is silent for a second, escapes, is silent again, and sends ATH0.
func (g Gurux) HangUp(w Wire) error {
	time.Sleep(time.Second)
	if err := send(w, "+++"); err != nil {
		return err
	}
	time.Sleep(time.Second)
	// The OK to the escape has come already; there must be another one.
	if _, err := await(w, "+++", guruxOK, isOK, "ERROR"); err != nil {
		return err
	}
	return command(w, "ATH0\r", guruxOK)
}

func (g Gurux) prepare(w Wire) error {
	commands := g.Init
	if commands == nil {
		commands = []string{"AT+CBST=71,0,1"}
	}
	for _, c := range commands {
		if err := command(w, c+"\r\n", guruxOK); err != nil {
			return err
		}
	}
	for _, c := range []string{"AT\r", "AT\r", "AT+CMEE\r", "AT+CMEE=2\r", "AT+CPIN=?\r", "AT+CPIN?\r"} {
		err := command(w, c, guruxOK)
		if _, is := errors.AsType[*CallError](err); is && strings.HasPrefix(c, "AT+") {
			continue // a modem that does not know the command
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (g Gurux) call(w Wire, s string) error {
	if err := send(w, s); err != nil {
		return err
	}
	_, err := await(w, s, guruxCall, isConnect, failures...)
	failed, is := errors.AsType[*CallError](err)
	if !is || !strings.Contains(failed.Answer, "NO CARRIER") {
		return err
	}
	if err := send(w, "AT+CEER\r"); err != nil {
		return err
	}
	told, err := await(w, "AT+CEER", guruxOK, func(line string) bool { return strings.HasPrefix(line, "+CEER:") }, "OK", "ERROR")
	if err == nil {
		failed.Cause = strings.TrimSpace(strings.TrimPrefix(told, "+CEER:"))
		_, err = await(w, "AT+CEER", guruxOK, isOK)
	}
	if _, unknown := errors.AsType[*CallError](err); err != nil && !unknown {
		return err
	}
	return failed
}
