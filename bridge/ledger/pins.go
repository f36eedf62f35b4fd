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

// pinTries is how often a PIN is given to a SIM without learning whether it was right. The third wrong PIN locks the card, and a daemon
// that crashes again and again at that moment must not do so.
const pinTries = 2

// pinRounds is the number of rounds of the hash: a PIN of four digits must be slow to find out from the state file. Only this package's
// tests change it.
var pinRounds = 20_000

// PIN is the PIN that a plugged-in modem gives to its SIM.
type PIN struct {
	Modem  string       // name of the plugged-in modem
	Device usb.Selector // which device that is
	Digits string       // empty: the modem has no PIN
}

// pins remembers across restarts which PINs were refused. A refused PIN stays refused if the modem's table is renamed, or if the modem
// is plugged in elsewhere. Only a salted hash of each PIN is kept.
type pins struct {
	mu    sync.Mutex
	salt  []byte
	tried map[string]int // by hash: how often the PIN was given without being accepted; pinTries means that it was refused
}

// pinsState is pins in the state file.
type pinsState struct {
	Salt  string         `json:"salt"`
	Tried map[string]int `json:"tried"`
}

func newPINs() *pins { return &pins{tried: make(map[string]int)} }

// restored returns the pins that a state file holds.
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

// refused returns why a modem's PIN must not be given to its SIM: that PIN was refused, or two others were. iccid is empty if it is not
// known.
func (p *pins) refused(pin PIN, iccid string) error {
	if pin.Digits == "" {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.tried) == 0 {
		return nil
	}
	of := places(pin) // for a SIM whose ICCID was not known
	if iccid == "" {
		of = append(of, withKnownSIM(of)...) // it may be any SIM whose ICCID was known
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

// anyPIN stands for every PIN: two different PINs that were refused leave as few attempts as one that was refused twice.
const anyPIN = ""

// note records what has happened to a modem's PIN.
func (p *pins) note(pin PIN, step usb.PINStep, iccid string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	of := places(pin)
	switch {
	case step == usb.PINTaken: // whichever SIM is in the modem has accepted it
		of = append(of, withKnownSIM(of)...)
		of = append(of, simOf(iccid))
	case iccid != "":
		of = append(withKnownSIM(of), simOf(iccid))
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

// forget allows a modem's PIN to be tried again, whichever SIM has refused it.
func (p *pins) forget(pin PIN, iccid string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	of := places(pin)
	of = append(append(of, withKnownSIM(of)...), simOf(iccid))
	for _, key := range append(p.keys(pin.Digits, of), p.keys(anyPIN, of)...) {
		delete(p.tried, key)
	}
}

// ungive undoes the count of a PIN that was to be given and was not.
func (p *pins) ungive(pin PIN, iccid string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	of := places(pin)
	if iccid != "" {
		of = append(withKnownSIM(of), simOf(iccid))
	}
	for _, key := range p.keys(pin.Digits, of) {
		if p.tried[key]--; p.tried[key] <= 0 {
			delete(p.tried, key)
		}
	}
}

// places returns what a PIN is remembered with: the name of the modem's table, and its device.
//
// Where the modem tells its SIM's ICCID, the PIN is remembered with the ICCID, and with withKnownSIM of the places. So a PIN that one
// known SIM has refused may still be given to another known SIM, but not to one that is not known.
func places(pin PIN) []string {
	return []string{"name " + pin.Modem, fmt.Sprintf("device %q", pin.Device)}
}

func withKnownSIM(places []string) []string {
	of := make([]string, 0, len(places))
	for _, p := range places {
		of = append(of, "told "+p)
	}
	return of
}

func simOf(iccid string) string { return "sim " + iccid }

// keys returns the hashes of a PIN, one for each of those places. The caller holds mu.
func (p *pins) keys(digits string, of []string) []string {
	if len(p.salt) == 0 {
		p.salt = make([]byte, 16)
		_, _ = rand.Read(p.salt) // never fails
	}
	keys := make([]string, 0, len(of))
	for _, of := range of {
		hash, err := pbkdf2.Key(sha256.New, digits, append([]byte(of), p.salt...), pinRounds, 16)
		if err != nil { // a FIPS 140 system refuses this key size
			hash = []byte(of)
		}
		keys = append(keys, hex.EncodeToString(hash))
	}
	return keys
}
