package bridge

import (
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"sync"

	"meterline/relay"
)

// pinTries is how often a PIN is given to a SIM of which nobody knows what came of it: the third wrong one locks the card, and a
// daemon that dies again and again in that moment shall not.
const pinTries = 2

// pinRounds make it slow to find out a PIN of four digits from what is kept of it.
const pinRounds = 20_000

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

// refused tells whether a modem's PIN must not be given to its SIM.
func (p *pins) refused(cfg USBConfig) bool {
	if cfg.AT.PIN == "" {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.tried) == 0 {
		return false
	}
	for _, key := range p.keys(cfg) {
		if p.tried[key] >= pinTries {
			return true
		}
	}
	return false
}

// note counts what has become of a modem's PIN.
func (p *pins) note(cfg USBConfig, step relay.PINStep) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, key := range p.keys(cfg) {
		switch step {
		case relay.PINGiven:
			p.tried[key]++
		case relay.PINTaken:
			delete(p.tried, key)
		case relay.PINRefused:
			p.tried[key] = pinTries
		}
	}
}

// keys are the hashes of the PIN with the table's name and with the device. The mutex is held.
func (p *pins) keys(cfg USBConfig) (keys [2]string) {
	if len(p.salt) == 0 {
		p.salt = make([]byte, 16)
		_, _ = rand.Read(p.salt) // never fails
	}
	for i, of := range []string{"name " + cfg.Name, fmt.Sprintf("device %q", cfg.Select)} {
		hash, err := pbkdf2.Key(sha256.New, cfg.AT.PIN, append([]byte(of), p.salt...), pinRounds, 16)
		if err != nil { // a system that allows approved sizes only
			hash = []byte(of)
		}
		keys[i] = hex.EncodeToString(hash)
	}
	return keys
}
