package ledger

import (
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"sync"

	"meterline/relay/usb"
	"meterline/relay/usb/at"
)

// pinTries is how often a PIN is given to a SIM of which nobody knows what came of it: the third wrong one locks the card, and a
// daemon that dies again and again in that moment shall not.
const pinTries = 2

// pinRounds make it slow to find out a PIN of four digits from what is kept of it.
const pinRounds = 20_000

// PIN is what a plugged-in modem gives to its SIM.
type PIN struct {
	Modem  string       // name of the plugged-in modem
	Device usb.Selector // which device that is
	Digits string       // empty: there is none
}

// pins remembers, beyond a restart, which PINs were refused: neither another name of the table nor another place of the modem makes
// them right. Of a PIN only a salted hash is kept.
type pins struct {
	mu    sync.Mutex
	salt  []byte
	tried map[string]int // tries of a PIN that were not seen to succeed, by its hash; pinTries: refused
}

// pinsState is what the ledger keeps of it.
type pinsState struct {
	Salt  string         `json:"salt"`
	Tried map[string]int `json:"tried"`
}

func newPINs() *pins { return &pins{tried: make(map[string]int)} }

// restored takes them from a file.
func (s pinsState) restored() *pins {
	p := newPINs()
	salt, err := hex.DecodeString(s.Salt)
	if err == nil && len(salt) > 0 && s.Tried != nil {
		p.salt, p.tried = salt, s.Tried
	}
	return p
}

func (p *pins) snapshot() *pinsState {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.tried) == 0 {
		return nil
	}
	return &pinsState{hex.EncodeToString(p.salt), maps.Clone(p.tried)}
}

// refused says why a modem's PIN must not be given to its SIM, of that ICCID if it is known: it was refused, or two others were.
func (p *pins) refused(pin PIN, iccid string) error {
	if pin.Digits == "" {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.tried) == 0 {
		return nil
	}
	of := places(pin) // of a SIM that was not known
	if iccid == "" {
		of = append(of, told(of)...) // it may be any of those that were
	} else {
		of = append(of, simOf(iccid))
	}
	spent := func(key string) bool { return p.tried[key] >= pinTries }
	switch {
	case slices.ContainsFunc(p.keys(pin.Digits, of), spent):
		return at.ErrPINRefused
	case slices.ContainsFunc(p.keys(anyPIN, of), spent):
		return at.ErrPINRisk
	}
	return nil
}

// anyPIN stands for all of them: two different ones that were refused leave as few attempts as one that was twice.
const anyPIN = ""

// note counts what has become of a modem's PIN.
func (p *pins) note(pin PIN, step usb.PINStep, iccid string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	of := places(pin)
	switch {
	case step == usb.PINTaken: // by whichever SIM is in there
		of = append(of, told(of)...)
		of = append(of, simOf(iccid))
	case iccid != "":
		of = append(told(of), simOf(iccid))
	}
	for _, key := range p.keys(pin.Digits, of) {
		switch step {
		case usb.PINGiven:
			p.tried[key]++
		case usb.PINTaken:
			delete(p.tried, key)
		case usb.PINRefused:
			p.tried[key] = pinTries
		}
	}
	for _, key := range p.keys(anyPIN, of) {
		switch step {
		case usb.PINTaken:
			delete(p.tried, key)
		case usb.PINRefused:
			p.tried[key]++
		}
	}
}

// forget lets a modem's PIN be tried again, whatever SIM has refused it there.
func (p *pins) forget(pin PIN, iccid string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	of := places(pin)
	of = append(append(of, told(of)...), simOf(iccid))
	for _, key := range append(p.keys(pin.Digits, of), p.keys(anyPIN, of)...) {
		delete(p.tried, key)
	}
}

// ungive takes back that a PIN is about to be given.
func (p *pins) ungive(pin PIN, iccid string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	of := places(pin)
	if iccid != "" {
		of = append(told(of), simOf(iccid))
	}
	for _, key := range p.keys(pin.Digits, of) {
		if p.tried[key]--; p.tried[key] <= 0 {
			delete(p.tried, key)
		}
	}
}

// What a PIN is remembered with: the table's name, and the device; with the SIM, where the modem tells its ICCID, and then with name
// and device as those of a SIM that was told, so that another one that is told may be given the same PIN.
func places(pin PIN) []string {
	return []string{"name " + pin.Modem, fmt.Sprintf("device %q", pin.Device)}
}

func told(places []string) []string {
	of := make([]string, 0, len(places))
	for _, p := range places {
		of = append(of, "told "+p)
	}
	return of
}

func simOf(iccid string) string { return "sim " + iccid }

// keys are the hashes of a PIN with each of those. The caller holds mu.
func (p *pins) keys(digits string, of []string) []string {
	if len(p.salt) == 0 {
		p.salt = make([]byte, 16)
		_, _ = rand.Read(p.salt) // never fails
	}
	keys := make([]string, 0, len(of))
	for _, of := range of {
		hash, err := pbkdf2.Key(sha256.New, digits, append([]byte(of), p.salt...), pinRounds, 16)
		if err != nil { // a system that allows approved sizes only
			hash = []byte(of)
		}
		keys = append(keys, hex.EncodeToString(hash))
	}
	return keys
}
