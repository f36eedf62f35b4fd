package at_test

import (
	"errors"
	"strings"
	"testing"

	"meterline/relay/simulated"
	"meterline/relay/usb/at"
)

func TestWrongPINIsTriedOnce(t *testing.T) {
	b := newBench(t, at.Config{PIN: "4321"}, &simulated.ATModem{PIN: "1234"})
	for range 5 {
		_, err := b.run(at.Init{})
		if !errors.Is(err, at.ErrPINRefused) && !errors.Is(err, at.ErrPINRisk) {
			t.Fatal(err)
		}
		if strings.Contains(err.Error(), "4321") {
			t.Errorf("the PIN shows in %q", err)
		}
	}
	if !b.d.PINRefused() {
		t.Error("the driver does not tell")
	}
	for i, want := range []error{at.ErrPINRefused, at.ErrPINRisk, at.ErrPINRisk} {
		b.d = at.New(at.Config{PIN: "4321"}) // another process that has not been told
		if _, err := b.run(at.Init{}); !errors.Is(err, want) {
			t.Errorf("process %d: got %v", i, err)
		}
	}
	if b.m.Counts.WrongPINs != 2 {
		t.Errorf("%d wrong attempts: the card is locked, or was not tried at all", b.m.Counts.WrongPINs)
	}
	if len(b.secrets) != 2 {
		t.Errorf("%d secrets", len(b.secrets))
	}
	for _, e := range b.events {
		if strings.Contains(e.Text, "4321") {
			t.Errorf("the PIN shows in the event %q", e.Text)
		}
	}
}

// The last attempt is left alone, however the modem tells of it; where it does not, the PIN is given.
func TestLastAttemptIsNotRisked(t *testing.T) {
	for command, answers := range map[string][2]string{ // one left, two left
		`+CPINR="SIM PIN"`: {"+CPINR: SIM PIN,1,3", "+CPINR: SIM PIN,2,3"},
		"^SPIC":            {"^SPIC: 1", "^SPIC: 2"},
		"+SPIC":            {"+SPIC: 1,10,3,10", "+SPIC: 2,10,3,10"},
		"^CPIN?":           {"^CPIN: SIM PIN,,10,1,10,3", "^CPIN: SIM PIN,2,10,2,10,3"},
		"+QPINC?":          {`+QPINC: "SC",1,10`, `+QPINC: "SC",2,10`},
		"+ZPINPUK=?":       {"+ZPINPUK: 1,10", "+ZPINPUK: 2,10"},
		"#PCT":             {"#PCT: 1", "#PCT: 2"},
		"none of them":     {"", ""},
	} {
		for i, answer := range answers {
			refuse := map[string]string{"+CPINR": "ERROR"}
			if answer != "" {
				refuse = map[string]string{"+CPINR": "ERROR", command: answer + "\r\n\r\nOK"}
				if strings.HasPrefix(command, "+CPINR") {
					delete(refuse, "+CPINR")
				}
			}
			b := newBench(t, at.Config{PIN: "1234"}, &simulated.ATModem{PIN: "1234", Refuse: refuse})
			_, err := b.run(at.Init{})
			if risky := i == 0 && answer != ""; risky != errors.Is(err, at.ErrPINRisk) || risky != (len(b.secrets) == 0) || !risky && err != nil {
				t.Errorf("%s: %v, %d times given", answer, err, len(b.secrets))
			}
		}
	}
}

// The SIM is known before it has its PIN, where the modem tells it in one of the makers' ways; what is no ICCID is none.
func TestSIMIsKnownBeforeItsPIN(t *testing.T) {
	const iccid = "8970100000000000001"
	for answer, want := range map[string]string{
		"+CCID/+CCID: " + iccid: iccid, `+CCID/"` + iccid + `F"`: iccid, "+ICCID/+ICCID: " + iccid: iccid,
		"^ICCID?/^ICCID: " + iccid + "F": iccid, "#CCID/#CCID: " + iccid: iccid, "+QCCID/" + iccid: iccid, "+CICCID/+ICCID: " + iccid: "",
		"+CCID/+CCID: 8970": "", "+CCID/+CCID: not ready at the moment": "", "/": "",
	} {
		t.Run(answer, func(t *testing.T) {
			command, line, _ := strings.Cut(answer, "/")
			refuse := map[string]string{"+CCID": "+CME ERROR: SIM PIN required"}
			if command != "" {
				refuse[command] = line + "\r\n\r\nOK"
			}
			asked := "nothing"
			b := newBench(t, at.Config{PIN: "1234", PINBarred: func(iccid string) error {
				asked = iccid
				return nil
			}}, &simulated.ATModem{PIN: "1234", Refuse: refuse})
			if _, err := b.run(at.Init{}); err != nil || asked != want || b.d.ICCID() != want || !b.d.TriesKnown() {
				t.Errorf("%v, asked for %q, want %q", err, asked, want)
			}
		})
	}
}

func TestRightPINOpensTheSIM(t *testing.T) {
	for _, busy := range []int{0, 2} {
		b := newBench(t, at.Config{PIN: "1234"}, &simulated.ATModem{PIN: "1234", SIMBusy: busy})
		b.ready()
		if b.d.PINRefused() {
			t.Error("it counts as refused")
		}
	}
}
