package at_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"meterline/relay/simulated"
	"meterline/relay/usb/at"
)

// everyModem are modems that are found in odd states or behave oddly, and still have to be brought to work.
var everyModem = map[string]func() *simulated.ATModem{
	"plain":           func() *simulated.ATModem { return &simulated.ATModem{} },
	"without echo":    func() *simulated.ATModem { return &simulated.ATModem{NoEcho: true} },
	"echo stays":      func() *simulated.ATModem { return &simulated.ATModem{Refuse: map[string]string{"E0": "OK"}} },
	"numeric results": func() *simulated.ATModem { return &simulated.ATModem{Numeric: true} },
	"numeric for ever": func() *simulated.ATModem {
		return &simulated.ATModem{Numeric: true, Refuse: map[string]string{"Z": "OK", "V1": "OK"}}
	},
	"no results": func() *simulated.ATModem { return &simulated.ATModem{Quiet: true} },
	"slow":       func() *simulated.ATModem { return &simulated.ATModem{Delay: 1500 * time.Millisecond} },
	"no ATZ":     func() *simulated.ATModem { return &simulated.ATModem{Refuse: map[string]string{"Z": "ERROR"}} },
	"no ATZ nor AT&F": func() *simulated.ATModem {
		return &simulated.ATModem{Refuse: map[string]string{"Z": "ERROR", "&F": "ERROR"}}
	},
	"no +CMEE":           func() *simulated.ATModem { return &simulated.ATModem{Refuse: map[string]string{"+CMEE": "ERROR"}} },
	"no &D&C":            func() *simulated.ATModem { return &simulated.ATModem{Refuse: map[string]string{"&D": "ERROR"}} },
	"busy SIM":           func() *simulated.ATModem { return &simulated.ATModem{SIMBusy: 3} },
	"in data mode":       inData(&simulated.ATModem{}),
	"in data, no DTR":    inData(&simulated.ATModem{IgnoreDTR: true}),
	"in data, no escape": inData(&simulated.ATModem{Deaf: true}),
	"noisy": func() *simulated.ATModem {
		return &simulated.ATModem{Noise: noise, NoiseEvery: 40 * time.Millisecond}
	},
	"noisy and slow": func() *simulated.ATModem {
		return &simulated.ATModem{Noise: noise, NoiseEvery: 70 * time.Millisecond, Delay: 900 * time.Millisecond}
	},
}

var noise = []string{
	"RING", "+CREG: 1", "+CREG: 2,\"00AB\",\"1F0C\"", "+CMTI: \"SM\",3", "^RSSI:17", "NO CARRIER", "+CIEV: 2,5", "BUSY",
	"+CPIN: READY", "Call Ready", "^BOOT:1,0,0,0,7", "\x00\xff\x80garbage\x07", "> ", "+CRING: VOICE", "CONNECTED",
	"OKAY", strings.Repeat("long ", 2000), "*EMRDY: 1", "$QCRMCALL", "NO ANSWER", "%CTZV",
}

func inData(m *simulated.ATModem) func() *simulated.ATModem {
	return func() *simulated.ATModem {
		fresh := &simulated.ATModem{IgnoreDTR: m.IgnoreDTR, Deaf: m.Deaf}
		fresh.EnterData("", start.Add(-time.Hour))
		return fresh
	}
}

func TestInitFindsItsModem(t *testing.T) {
	for name, modem := range everyModem {
		for _, single := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/single=%v", name, single), func(t *testing.T) {
				b := newBench(t, at.Config{DTR: true}, modem())
				b.single = single
				r, err := b.run(at.Init{})
				if err != nil {
					t.Fatalf("%v\nsent %q", err, b.sent.String())
				}
				if !r.Cellular || b.m.InCall() {
					t.Errorf("cellular %v, in call %v", r.Cellular, b.m.InCall())
				}
				if took := b.now.Sub(start); took > 50*time.Second {
					t.Errorf("took %v", took)
				}
				if _, err := b.run(at.Info{}); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

func TestInitFails(t *testing.T) {
	tests := map[string]struct {
		modem  *simulated.ATModem
		config at.Config
		want   error
		most   time.Duration
	}{
		"silent":           {&simulated.ATModem{Silent: true}, at.Config{}, at.ErrSilent, 20 * time.Second},
		"dies behind AT":   {&simulated.ATModem{Refuse: map[string]string{"E0": "-"}}, at.Config{}, at.ErrSilent, 30 * time.Second},
		"no SIM":           {&simulated.ATModem{NoSIM: true}, at.Config{}, at.ErrNoSIM, 20 * time.Second},
		"no SIM, no words": {&simulated.ATModem{Refuse: map[string]string{"+CPIN": "+CME ERROR: 10"}}, at.Config{}, at.ErrNoSIM, 20 * time.Second},
		"no SIM, no CMEE":  {&simulated.ATModem{NoSIM: true, Refuse: map[string]string{"+CMEE": "ERROR"}}, at.Config{Kind: at.Cellular}, at.ErrSIM, 20 * time.Second},
		"SIM failure":      {&simulated.ATModem{Refuse: map[string]string{"+CPIN": "+CME ERROR: SIM failure"}}, at.Config{}, at.ErrSIM, 20 * time.Second},
		"SIM always busy":  {&simulated.ATModem{SIMBusy: 1000}, at.Config{}, at.ErrSIM, 60 * time.Second},
		"PIN wanted":       {&simulated.ATModem{PIN: "1234"}, at.Config{}, at.ErrPINWanted, 20 * time.Second},
		"PIN wrong":        {&simulated.ATModem{PIN: "1234"}, at.Config{PIN: "4321"}, at.ErrPINRefused, 20 * time.Second},
		"PIN known wrong":  {&simulated.ATModem{PIN: "1234"}, at.Config{PIN: "1234", PINBarred: func(string) error { return at.ErrPINRefused }}, at.ErrPINRefused, 20 * time.Second},
		"refused init":     {&simulated.ATModem{}, at.Config{Init: []string{"+XYZ=1"}}, at.ErrRefused, 20 * time.Second},
		"init unanswered":  {&simulated.ATModem{Refuse: map[string]string{"+XYZ": "-"}}, at.Config{Init: []string{"+XYZ=1"}}, at.ErrSilent, 40 * time.Second},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, test.config, test.modem)
			_, err := b.run(at.Init{})
			if !errors.Is(err, test.want) {
				t.Fatalf("got %v, want %v\nsent %q", err, test.want, b.sent.String())
			}
			if took := b.now.Sub(start); took > test.most {
				t.Errorf("took %v", took)
			}
			if _, err := b.run(at.Info{}); err == nil {
				t.Error("it works without initialisation")
			}
		})
	}
}

func TestTelephoneModem(t *testing.T) {
	for name, kind := range map[string]at.Kind{"seen": at.Auto, "told": at.Telephone} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, at.Config{Kind: kind}, &simulated.ATModem{Telephone: true, Numbers: map[string]simulated.Subscriber{"84951234567": {}}})
			b.ready()
			r, err := b.run(at.Info{})
			if err != nil || r.Cellular || r.Maker != "SIMULATED" {
				t.Errorf("%+v, %v", r, err)
			}
			if _, err := b.run(at.Call{Number: "8 (495) 123-45-67"}); err != nil {
				t.Fatal(err)
			}
			if !b.said("ATDT84951234567\r") || b.said("+CBST") {
				t.Errorf("sent %q", b.sent.String())
			}
		})
	}
}

func TestInitStrings(t *testing.T) {
	b := newBench(t, at.Config{Init: []string{"AT+CBST=7,0,1", "&K0", "at+clip=0"}, Factory: true}, &simulated.ATModem{})
	b.ready()
	for _, want := range []string{"AT+CBST=7,0,1\r", "AT&K0\r", "at+clip=0\r", "AT&F\r"} {
		if !b.said(want) {
			t.Errorf("not sent: %q in %q", want, b.sent.String())
		}
	}
}

func TestInfo(t *testing.T) {
	b := newBench(t, at.Config{}, &simulated.ATModem{Noise: noise}).ready()
	got, err := b.run(at.Info{})
	if err != nil {
		t.Fatal(err)
	}
	want := at.Result{
		Cellular: true, Maker: "SIMULATED", Model: "ATModem", Firmware: "Revision: 1.0 simulated", IMEI: "000000000000000",
		IMSI: "001010123456789", ICCID: "8901010000000000001", Operator: "SIMULATED", Registration: at.Home, Signal: -73,
	}
	if got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestInfoOfALossyModem(t *testing.T) {
	refuse := map[string]string{"+CCID": "ERROR", "+COPS": "+CME ERROR: 30", "+CGMM": "COMMAND NOT SUPPORT", "+CSQ": "ERROR"}
	b := newBench(t, at.Config{}, &simulated.ATModem{Refuse: refuse}).ready()
	if got, err := b.run(at.Info{}); err != nil || got.Model != "" || got.Maker == "" || got.Signal != 0 {
		t.Errorf("%+v, %v", got, err)
	}
	b.m.Silent = true
	if _, err := b.run(at.Info{}); !errors.Is(err, at.ErrSilent) {
		t.Error(err)
	}
}

func TestValidate(t *testing.T) {
	for _, c := range []at.Config{
		{PIN: "12"}, {PIN: "12a4"}, {Bearer: "71;+CMGD"}, {Prefix: "9\r"}, {Init: []string{""}}, {Init: []string{"AT"}},
		{Init: []string{"ATDT123"}}, {Init: []string{"d123;"}}, {Init: []string{"AT\r\nATD1"}}, {Init: []string{"+CPIN=1111"}},
		{Init: []string{strings.Repeat("x", 130)}}, {Guard: time.Hour}, {Connect: time.Hour}, {MinSignal: 5},
	} {
		if err := c.Validate(); err == nil {
			t.Errorf("%+v is taken", c)
		} else if c.PIN != "" && strings.Contains(err.Error(), c.PIN) {
			t.Errorf("%v repeats the PIN", err)
		}
	}
}
