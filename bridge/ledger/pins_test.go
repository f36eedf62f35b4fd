package ledger

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"meterline/relay/usb"
	"meterline/relay/usb/at"
)

const sim1, sim2 = "8970100000000000001", "8970100000000000002"

// refuses is a modem's SIM that refuses its PIN.
func refuses(p *pins, cfg PIN, iccid string) {
	p.note(cfg, usb.PINGiven, iccid)
	p.note(cfg, usb.PINRefused, iccid)
}

// The memory of a refusal is the SIM's where the modem tells which one it is, wherever that is put in; else the modem's.
func TestRefusalBelongsToTheSIM(t *testing.T) {
	cfg := PIN{Modem: "gsm1", Device: usb.Selector{ID: "12d1:1001"}, Digits: "1234"}
	elsewhere := PIN{Modem: "gsm2", Device: usb.Selector{ID: "1234:5678"}, Digits: "1234"}
	type try struct {
		cfg   PIN
		iccid string
		want  error
	}
	for name, c := range map[string]struct {
		refusedBy string
		then      []try
	}{
		"told": {sim1, []try{
			{cfg, sim1, at.ErrPINRefused}, {elsewhere, sim1, at.ErrPINRefused}, {cfg, sim2, nil}, {cfg, "", at.ErrPINRefused},
			{elsewhere, "", nil},
		}},
		"not told": {"", []try{{cfg, "", at.ErrPINRefused}, {cfg, sim1, at.ErrPINRefused}, {elsewhere, sim1, nil}, {elsewhere, "", nil}}},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPINs()
			refuses(p, cfg, c.refusedBy)
			for i, try := range c.then {
				if err := p.refused(try.cfg, try.iccid); !errors.Is(err, try.want) {
					t.Errorf("%d: %v, want %v", i, err, try.want)
				}
			}
			p.forget(cfg, c.refusedBy)
			if err := p.refused(cfg, c.refusedBy); err != nil || len(p.tried) != 0 {
				t.Errorf("forgotten, but %v, %d left", err, len(p.tried))
			}
		})
	}
}

// Two different PINs that were refused leave one attempt, which no third one is given.
func TestThirdPINIsNotTried(t *testing.T) {
	for _, iccid := range []string{"", sim1} {
		p := newPINs()
		cfg := PIN{Modem: "gsm1"}
		for i, pin := range []string{"1111", "2222", "3333"} {
			cfg.Digits = pin
			want := map[int]error{2: at.ErrPINRisk}[i]
			if err := p.refused(cfg, iccid); !errors.Is(err, want) {
				t.Errorf("%s: %v, want %v", pin, err, want)
			}
			refuses(p, cfg, iccid)
		}
		p.note(cfg, usb.PINTaken, iccid) // in a telephone, say
		cfg.Digits = "4444"
		if err := p.refused(cfg, iccid); err != nil {
			t.Error(err)
		}
	}
}

// What cannot be remembered is said before the PIN is given, and does not count when it then is not.
func TestUnsavedTryIsSaid(t *testing.T) {
	cfg := PIN{Modem: "gsm1", Digits: "1234"}
	unwritable := filepath.Join(t.TempDir(), "state.json")
	for _, path := range []string{"", unwritable} {
		l, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		if path != "" { // so that it cannot be written, not even by root
			if err := os.Mkdir(path, 0o700); err != nil {
				t.Fatal(err)
			}
		}
		for range 3 {
			if err := l.NotePIN(cfg, usb.PINGiven, sim1); err == nil {
				t.Errorf("%q: not said", path)
			}
		}
		if err := l.pins.refused(cfg, sim1); err != nil {
			t.Errorf("%q: %v", path, err)
		}
	}
}

// TestMain makes hashing PINs quick; package bridge's tests do it as slowly as the daemon.
func TestMain(m *testing.M) {
	pinRounds = 100
	os.Exit(m.Run())
}
