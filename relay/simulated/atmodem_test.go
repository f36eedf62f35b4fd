package simulated

import (
	"bytes"
	"testing"
	"time"

	"meterline/relay/simulated/meters"
)

func TestATModemDialogue(t *testing.T) {
	var sms, rung string
	m := &ATModem{
		Guard: time.Second, Numbers: map[string]Subscriber{"123": {}},
		OnSMS: func(n, text string) { sms = n + " " + text }, OnRing: func(n string, d time.Duration) { rung = n + " " + d.String() },
	}
	now := time.Unix(1e9, 0)
	for _, step := range []struct {
		write string
		wait  time.Duration
		want  string
	}{
		{"AT\r", 0, "AT\r\r\nOK\r\n"},
		{"ate0+cmee=2;+creg?\r", 0, "ate0+cmee=2;+creg?\r\r\n+CREG: 0,1\r\n\r\nOK\r\n"},
		{"AT+WHAT\r", 0, "\r\nERROR\r\n"},
		{"nonsense\r", 0, ""},
		{"AT+CMGS=\"123\"\r", 0, "\r\n+CMS ERROR: 304\r\n"},
		{"AT+CMGF=1\r", 0, "\r\nOK\r\n"},
		{"AT+CMGS=\"123\"\r", 0, "\r\n> "},
		{"hello\x1a", 0, "\r\n+CMGS: 1\r\n\r\nOK\r\n"},
		{"ATD123;\r", 6 * time.Second, "\r\nOK\r\n"},
		{"ATH\r", 0, "\r\nOK\r\n"},
		{"ATD124\r", 3 * time.Second, "\r\nNO CARRIER\r\n"},
		{"ATD123\r", 3 * time.Second, "\r\nCONNECT 9600\r\n"},
		{"+++", 500 * time.Millisecond, ""},
		{"x", 0, "+++x"},
		{"", time.Second, ""},
		{"+++", 2 * time.Second, "\r\nOK\r\n"},
		{"ATO\r", time.Second, "\r\nCONNECT 9600\r\n"},
		{"y+++", 2 * time.Second, "y+++"},
		{"z", 2 * time.Second, "z"},
	} {
		m.Feed([]byte(step.write), now)
		var got []byte
		for end := now.Add(step.wait); ; now = m.Due() {
			got = append(got, m.Take(now)...)
			if due := m.Due(); due.IsZero() || due.After(end) {
				now = end
				break
			}
		}
		if string(got) != step.want {
			t.Errorf("%q: got %q, want %q", step.write, got, step.want)
		}
	}
	if sms != "123 hello" || rung != "123 6s" || !m.Carrier() {
		t.Errorf("sms %q, rung %q, carrier %v", sms, rung, m.Carrier())
	}
}

func FuzzATModem(f *testing.F) {
	f.Add([]byte("AT\rATE0V1&D2&C1S0=0\rAT+CPIN?;+CREG?\rATD123\r"))
	f.Add([]byte("AT+CMGF=1;+CMGS=\"1\"\rtext\x1aAT&\rAT+\rATD;\rATZ&F\r"))
	f.Fuzz(func(t *testing.T, p []byte) {
		m := &ATModem{Numbers: map[string]Subscriber{"123": {Meter: meters.NewModbus(1)}, "": {}}, Noise: []string{"RING"}, NoiseEvery: time.Second}
		now := time.Unix(1e9, 0)
		for piece := range bytes.SplitAfterSeq(p, []byte("\n")) {
			m.Feed(piece, now)
			now = now.Add(700 * time.Millisecond)
			m.Take(now)
			m.SetDTR(len(piece)%5 != 0, now)
		}
		for range 50 {
			if due := m.Due(); !due.IsZero() {
				now = due
			}
			m.Take(now)
		}
		if len(m.line) > 400 {
			t.Fatal("it grows")
		}
	})
}
