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

const number = "+79161234567"

func subscriber(s simulated.Subscriber) map[string]simulated.Subscriber {
	return map[string]simulated.Subscriber{number: s}
}

func TestCallFails(t *testing.T) {
	tests := map[string]struct {
		modem  simulated.ATModem
		config at.Config
		want   error
		most   time.Duration
	}{
		"busy":            {simulated.ATModem{Numbers: subscriber(simulated.Subscriber{Result: "BUSY"})}, at.Config{}, at.ErrBusy, 10 * time.Second},
		"no carrier":      {simulated.ATModem{Numbers: subscriber(simulated.Subscriber{Result: "NO CARRIER"})}, at.Config{}, at.ErrNoCarrier, 10 * time.Second},
		"not answered":    {simulated.ATModem{Numbers: subscriber(simulated.Subscriber{Result: "NO ANSWER"})}, at.Config{}, at.ErrNotAnswered, 10 * time.Second},
		"no dial tone":    {simulated.ATModem{Numbers: subscriber(simulated.Subscriber{Result: "NO DIALTONE"})}, at.Config{}, at.ErrNoDialTone, 10 * time.Second},
		"no dial  tone":   {simulated.ATModem{Numbers: subscriber(simulated.Subscriber{Result: "NO DIAL TONE"})}, at.Config{}, at.ErrNoDialTone, 10 * time.Second},
		"error":           {simulated.ATModem{Numbers: subscriber(simulated.Subscriber{Result: "ERROR"})}, at.Config{}, at.ErrRefused, 10 * time.Second},
		"barred":          {simulated.ATModem{Numbers: subscriber(simulated.Subscriber{Result: "+CME ERROR: call barred"})}, at.Config{}, at.ErrNetwork, 10 * time.Second},
		"no service":      {simulated.ATModem{Numbers: subscriber(simulated.Subscriber{Result: "+CME ERROR: 30"})}, at.Config{}, at.ErrNotRegistered, 10 * time.Second},
		"too often":       {simulated.ATModem{Numbers: subscriber(simulated.Subscriber{Result: "DELAYED 00:05:00"})}, at.Config{}, at.ErrNetwork, 10 * time.Second},
		"OK":              {simulated.ATModem{Numbers: subscriber(simulated.Subscriber{Result: "OK"})}, at.Config{}, at.ErrNoCarrier, 30 * time.Second},
		"no result":       {simulated.ATModem{Numbers: subscriber(simulated.Subscriber{Result: "-"})}, at.Config{}, at.ErrTimeout, 120 * time.Second},
		"unknown number":  {simulated.ATModem{}, at.Config{}, at.ErrNoCarrier, 10 * time.Second},
		"not registered":  {simulated.ATModem{Registration: -1}, at.Config{}, at.ErrNotRegistered, 40 * time.Second},
		"searching":       {simulated.ATModem{Searches: 1000}, at.Config{}, at.ErrNotRegistered, 40 * time.Second},
		"denied":          {simulated.ATModem{Registration: 3}, at.Config{}, at.ErrDenied, 10 * time.Second},
		"messages only":   {simulated.ATModem{Registration: 6}, at.Config{}, at.ErrNotRegistered, 40 * time.Second},
		"weak signal":     {simulated.ATModem{Signal: -1}, at.Config{}, at.ErrWeakSignal, 10 * time.Second},
		"below the limit": {simulated.ATModem{Signal: 5}, at.Config{MinSignal: -95}, at.ErrWeakSignal, 10 * time.Second},
		"no data calls":   {simulated.ATModem{Refuse: map[string]string{"+CBST": "+CME ERROR: 4"}}, at.Config{}, at.ErrNoBearer, 10 * time.Second},
		"dies":            {simulated.ATModem{Refuse: map[string]string{"+CREG": "-"}}, at.Config{}, at.ErrSilent, 10 * time.Second},
	}
	for name, test := range tests {
		for _, single := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/single=%v", name, single), func(t *testing.T) {
				modem := test.modem
				b := newBench(t, test.config, &modem).ready()
				b.single = single
				began := b.now
				_, err := b.run(at.Call{Number: number})
				if !errors.Is(err, test.want) {
					t.Fatalf("got %v, want %v\nsent %q", err, test.want, b.sent.String())
				}
				if took := b.now.Sub(began); took > test.most {
					t.Errorf("took %v", took)
				}
				if b.m.InCall() || b.d.InCall() {
					t.Error("it is in a call")
				}
				if errors.Is(err, at.ErrSilent) {
					return
				}
				if _, err := b.run(at.Info{}); err != nil {
					t.Errorf("it does not work any more: %v", err)
				}
			})
		}
	}
}

func TestCallCarriesEveryByte(t *testing.T) {
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	data := strings.Repeat(string(all), 20)
	for _, first := range []string{"", "\n", "\r\nNO CARRIER", "\r\nNO CARRIER\r\n.", "\r\nOK\r\nCONNECT\r\n", string(all)} {
		for _, dcd := range []bool{false, true} {
			for _, single := range []bool{false, true} {
				b := newBench(t, at.Config{DTR: dcd}, &simulated.ATModem{Numbers: subscriber(simulated.Subscriber{First: []byte(first)})}).ready()
				b.dcd, b.single = dcd, single
				r, err := b.run(at.Call{Number: "+7 (916) 123-45-67"})
				if err != nil || r.Speed != "9600" {
					t.Fatalf("%+v, %v", r, err)
				}
				b.pass(5 * time.Second)
				b.write(data)
				b.pass(5 * time.Second)
				if want := first + data; b.data.String() != want {
					t.Fatalf("first %q, single %v: got %d bytes, want %d", first, single, b.data.Len(), len(want))
				}
				if _, err := b.run(at.HangUp{}); err != nil {
					t.Fatal(err)
				}
				if b.m.InCall() || b.d.InCall() {
					t.Error("it is still in the call")
				}
			}
		}
	}
}

// TestMeterThatSaysNoCarrier: the text is the meter's where anything follows it, or where DCD stands.
func TestMeterThatSaysNoCarrier(t *testing.T) {
	const text = "\r\nNO CARRIER\r\n"
	for name, dcd := range map[string]bool{"with DCD": true, "without": false} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, at.Config{}, &simulated.ATModem{Numbers: subscriber(simulated.Subscriber{})}).ready()
			b.dcd = dcd
			if _, err := b.run(at.Call{Number: number}); err != nil {
				t.Fatal(err)
			}
			var want strings.Builder
			for _, s := range []string{"x", text, "y", "\r\nNO CARR", "\r", "\r\n", text, text, text, "z", "\r\r\nNO CARRIER\r\n", "z"} {
				b.write(s)
				want.WriteString(s)
				b.pass(500 * time.Millisecond)
			}
			if b.data.String() != want.String() || !b.d.InCall() {
				t.Errorf("got %q, want %q; in call %v", b.data.String(), want.String(), b.d.InCall())
			}
			b.pass(time.Second)
			b.write(text)
			b.pass(10 * time.Second)
			if b.d.InCall() != dcd || dcd && b.data.String() != want.String()+text || !dcd && b.data.String() != want.String() {
				t.Errorf("at the end: in call %v, got %q", b.d.InCall(), b.data.String())
			}
		})
	}
}

func TestFarEndHangsUp(t *testing.T) {
	tests := map[string]struct {
		modem simulated.ATModem
		dcd   bool // the port tells it
		talk  bool // the far end has just written
		want  string
		most  time.Duration
	}{
		"DCD, idle":                {simulated.ATModem{}, true, false, "", time.Second},
		"DCD, in mid-answer":       {simulated.ATModem{}, true, true, "\r\nanswer\r\n", time.Second},
		"no DCD, idle":             {simulated.ATModem{}, false, false, "", 2 * time.Second},
		"no DCD, in mid-answer":    {simulated.ATModem{}, false, true, "\r\nanswer\r\n", 2 * time.Second},
		"DCD always on":            {simulated.ATModem{AlwaysDCD: true}, true, false, "", 2 * time.Second},
		"DCD always off":           {simulated.ATModem{NoCarrier: true}, true, false, "", 2 * time.Second},
		"DCD always off, talking":  {simulated.ATModem{NoCarrier: true}, true, true, "\r\nanswer\r\n", 2 * time.Second},
		"DCD always on, talking":   {simulated.ATModem{AlwaysDCD: true}, true, true, "\r\nanswer\r\n", 2 * time.Second},
		"no DCD, at once, no data": {simulated.ATModem{}, false, false, "", 2 * time.Second},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			modem := test.modem
			modem.Numbers = subscriber(simulated.Subscriber{})
			b := newBench(t, at.Config{}, &modem).ready()
			b.dcd = test.dcd
			if _, err := b.run(at.Call{Number: number}); err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(name, "at once") {
				b.pass(time.Second)
			}
			if test.talk {
				b.write("\r\nanswer\r\n")
				b.pass(0)
			}
			b.m.FarHangUp(b.now)
			began := b.now
			for b.d.InCall() && b.now.Sub(began) < 20*time.Second {
				b.pass(50 * time.Millisecond)
			}
			if took := b.now.Sub(began); took > test.most {
				t.Errorf("took %v", took)
			}
			if b.count(at.EventEnded) != 1 || b.data.String() != test.want {
				t.Errorf("events %v, data %q, want %q", b.events, b.data.String(), test.want)
			}
			if _, err := b.run(at.HangUp{}); err != nil {
				t.Error(err)
			}
			if _, err := b.run(at.Call{Number: number}); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestDCDThatFlickersEndsNothing(t *testing.T) {
	b := newBench(t, at.Config{}, &simulated.ATModem{Numbers: subscriber(simulated.Subscriber{})}).ready()
	b.dcd = true
	if _, err := b.run(at.Call{Number: number}); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		b.take(b.d.Carrier(false, b.now))
		b.dcd = false
		b.pass(100 * time.Millisecond)
		b.dcd = true
		b.pass(time.Second)
	}
	if !b.d.InCall() {
		t.Error("the call is over")
	}
}
