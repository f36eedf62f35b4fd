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

func TestRing(t *testing.T) {
	tests := map[string]struct {
		subscriber simulated.Subscriber
		refuse     map[string]string
		long       time.Duration
		want       error
		note       bool
		least      time.Duration // it rang
		rung       at.RingResult
	}{
		"rings":             {least: 10 * time.Second, rung: at.RingGivenUp},
		"rings 5 s":         {long: 5 * time.Second, least: 5 * time.Second},
		"too short":         {long: time.Millisecond, least: 5 * time.Second},
		"no +CHUP":          {refuse: map[string]string{"+CHUP": "ERROR"}, least: 10 * time.Second, rung: at.RingGivenUp},
		"rejected":          {subscriber: simulated.Subscriber{Voice: "BUSY", After: 4 * time.Second}, note: true, least: 4 * time.Second, rung: at.RingBusy},
		"no OK":             {refuse: map[string]string{"D": "-"}, note: true, rung: at.RingGivenUp},
		"answered":          {subscriber: simulated.Subscriber{Voice: "OK", After: 4 * time.Second}, note: true, rung: at.RingAnswered},
		"connect":           {subscriber: simulated.Subscriber{Voice: "CONNECT", After: time.Second}, want: at.ErrRefused},
		"no carrier, early": {subscriber: simulated.Subscriber{Voice: "NO CARRIER"}, want: at.ErrNoCarrier, rung: at.RingNoCarrier},
		"busy, early":       {subscriber: simulated.Subscriber{Voice: "BUSY"}, want: at.ErrBusy, rung: at.RingBusy},
		"error":             {refuse: map[string]string{"D": "ERROR"}, want: at.ErrRefused},
		"barred":            {refuse: map[string]string{"D": "+CME ERROR: operation barred"}, want: at.ErrNetwork},
		"no dial tone":      {refuse: map[string]string{"D": "NO DIALTONE"}, want: at.ErrNoDialTone},
	}
	for name, test := range tests {
		for _, single := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/single=%v", name, single), func(t *testing.T) {
				rang := time.Duration(0)
				refuse := map[string]string{}
				for c, r := range test.refuse {
					if c == "D" {
						c = "D" + number + ";"
					}
					refuse[c] = r
				}
				m := &simulated.ATModem{
					Numbers: subscriber(test.subscriber), Refuse: refuse,
					OnRing: func(n string, d time.Duration) {
						if n != number {
							t.Errorf("rang %s", n)
						}
						rang = d
					},
				}
				b := newBench(t, at.Config{}, m).ready()
				b.single = single
				r, err := b.run(at.Ring{Number: number, For: test.long})
				if !errors.Is(err, test.want) || (r.Note != "") != test.note {
					t.Fatalf("got %v, note %q\nsent %q", err, r.Note, b.sent.String())
				}
				if test.rung != "" && r.Ring != test.rung || test.rung == "" && r.Ring != "" && test.want != nil {
					t.Errorf("it ended with %q", r.Ring)
				}
				if rang < test.least || rang > test.least+2*time.Second && test.least > 0 {
					t.Errorf("rang for %v", rang)
				}
				if _, err := b.run(at.Info{}); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

func TestSMS(t *testing.T) {
	for name, modem := range everyModem {
		for _, text := range []string{"wake", "OK", "ERROR", "5", "> OK", "+CMGS: 1", "AT+CMGD=1,4", `"1;2' 3`, "a@b_$", strings.Repeat("a", 160)} {
			t.Run(fmt.Sprintf("%s/%.12s", name, text), func(t *testing.T) {
				var got []string
				m := modem()
				m.OnSMS = func(n, text string) { got = append(got, n+" "+text) }
				b := newBench(t, at.Config{DTR: true}, m).ready()
				if _, err := b.run(at.SMS{Number: "+7 916 1234567", Text: text}); err != nil {
					t.Fatalf("%v\nsent %q", err, b.sent.String())
				}
				if len(got) != 1 || got[0] != number+" "+text {
					t.Errorf("sent %q", got)
				}
				if _, err := b.run(at.Info{}); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

func TestSMSFails(t *testing.T) {
	tests := map[string]struct {
		refuse map[string]string
		text   string
		want   error
		said   string
	}{
		"text mode":       {map[string]string{"+CMGF": "ERROR"}, "wake", at.ErrRefused, "ERROR"},
		"no service":      {map[string]string{"+CMGS": "+CMS ERROR: 331"}, "wake", at.ErrNotRegistered, "no network service"},
		"no invitation":   {map[string]string{"+CMGS": "-"}, "wake", at.ErrSilent, "no invitation"},
		"odd OK":          {map[string]string{"+CMGS": "OK"}, "wake", at.ErrRefused, "OK"},
		"barred":          {map[string]string{"text": "+CMS ERROR: 10"}, "wake", at.ErrNetwork, "call barred"},
		"no centre":       {map[string]string{"text": "+CMS ERROR: 330"}, "wake", at.ErrRefused, "AT+CSCA"},
		"no answer":       {map[string]string{"text": "-"}, "wake", at.ErrSilent, "may have been sent"},
		"strange number":  {map[string]string{"text": "+CMS ERROR: 999"}, "wake", at.ErrRefused, "error 999"},
		"no IRA, needed":  {map[string]string{"+CSCS": "ERROR"}, "a@b", at.ErrRefused, "characters"},
		"no IRA, spared":  {map[string]string{"+CSCS": "ERROR"}, "ab", nil, ""},
		"not registered?": {map[string]string{"+CREG": "ERROR", "+CSQ": "ERROR"}, "ab", nil, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			m := &simulated.ATModem{Refuse: test.refuse}
			b := newBench(t, at.Config{}, m).ready()
			_, err := b.run(at.SMS{Number: number, Text: test.text})
			if !errors.Is(err, test.want) || err != nil && !strings.Contains(err.Error(), test.said) {
				t.Fatalf("got %v, want %v\nsent %q", err, test.want, b.sent.String())
			}
			if errors.Is(err, at.ErrSilent) {
				return
			}
			if _, err := b.run(at.Info{}); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestRingingModemIsAnEvent(t *testing.T) {
	b := newBench(t, at.Config{}, &simulated.ATModem{}).ready()
	b.m.Say("\r\nRING\r\n\r\nRING\r\n", b.now)
	b.m.Say(strings.Repeat("\r\n+X: \x1b[31m\r\n", 500), b.now)
	b.pass(time.Second)
	if n := b.count(at.EventRing); n != 2 {
		t.Errorf("%d rings", n)
	}
	if len(b.events) > at.MaxEvents {
		t.Errorf("%d events", len(b.events))
	}
	for _, e := range b.events {
		if strings.ContainsRune(e.Text, 0x1b) {
			t.Errorf("%q", e.Text)
		}
	}
}
