package hayes

import (
	"strings"
	"testing"
	"time"
)

// unread has what stands behind a command and belongs to it. Nothing of it may be taken for another command: for S0, which answers
// calls by itself, for a dialling, an answer or a hang-up.
var unread = []struct {
	line             string
	tolerant, strict string // the answer
}{
	{"AT&MS=212", "OK", "ERROR"},
	{"AT&MS=212,1", "OK", "ERROR"},
	{"AT&MS=V34,1,D5,A", "OK", "ERROR"},
	{"AT&MS = 212", "OK", "ERROR"},
	{"at&ms=212", "OK", "ERROR"},
	{"AT&MS?", "OK", "ERROR"},
	{"AT&MS=?", "OK", "ERROR"},
	{"AT%MS=5", "OK", "ERROR"},
	{`AT\MS=5`, "OK", "ERROR"},
	{"AT&M=5", "OK", "ERROR"},
	{"AT&K=5", "OK", "ERROR"},
	{"AT&K=V34,D5,S0=5", "OK", "ERROR"},
	{"AT&K3,5", "OK", "ERROR"},
	{"AT&K3,D5", "OK", "ERROR"},
	{"AT&K3,S0=5", "OK", "ERROR"},
	{"AT&K3,5D5", "OK", "ERROR"},
	{"AT&K3,5,1A", "OK", "ERROR"},
	{"AT%C=5", "OK", "ERROR"},
	{"AT%C0,5", "OK", "ERROR"},
	{`AT\N=5`, "OK", "ERROR"},
	{`AT\N3,2`, "OK", "ERROR"},
	{"ATX=4", "OK", "ERROR"},
	{"ATU=5", "OK", "ERROR"},
	{"ATH=5", "OK", "ERROR"},
	{"ATH?", "OK", "ERROR"},
	{"ATA?", "OK", "ERROR"},
	{"ATA=?", "OK", "ERROR"},
	{"ATO?", "OK", "ERROR"},
	{"ATZ?", "OK", "ERROR"},
	{"ATS=212", "ERROR", "ERROR"},
	{"AT&M S=212", "ERROR", "ERROR"},
	{"AT&M1S=212", "ERROR", "ERROR"},
	{"ATS?", "ERROR", "ERROR"},
	{"AT5", "OK", "ERROR"},
	{"AT,5", "OK", "ERROR"},
	{"AT,D5", "OK", "ERROR"},
	{`AT"H0`, "OK", "ERROR"},
	{`AT"D5`, "OK", "ERROR"},
	{"AT)D5", "OK", "ERROR"},
	{"AT:A", "OK", "ERROR"},
	{"AT+MS=V34,1,D5", "OK", "ERROR"},
	{"AT+MS=212,S0=5", "OK", "ERROR"},
	{"AT*S0=5", "OK", "ERROR"},
	{"AT*MS=5,D5", "OK", "ERROR"},
	{"AT*E2EMM", "OK", "ERROR"},
	{"AT$S0=5", "OK", "ERROR"},
	{"AT$SB=5,A", "OK", "ERROR"},
	{"AT-S0=5", "OK", "ERROR"},
	{"AT-SSE=1,D5", "OK", "ERROR"},
	{"AT#CLS=8,A", "OK", "ERROR"},
	{"AT#X 5,D5", "OK", "ERROR"},
	{"AT#X 5A", "OK", "ERROR"},
	{"AT#X 12 D5", "OK", "ERROR"},
	{`AT#X ":A"A`, "OK", "ERROR"},
	{"AT@S0=5", "OK", "ERROR"},
	{"AT!S0=5", "OK", "ERROR"},
	{"AT^S0=5", "OK", "ERROR"},
}

func TestArgumentsAreNoCommands(t *testing.T) {
	for _, u := range unread {
		for name, want := range map[string]string{"tolerant": u.tolerant, "strict-hayes": u.strict} {
			c := preset(t, name)
			c.Init = "X2" // not the factory's, to see a reset
			m := New(c, nil)
			m.FromDTE([]byte("ATE0X3\r"), start)
			before := m.mem.clone()
			o := m.FromDTE([]byte(u.line+"\r"), start)
			if got := plain(dte(o)); got != want {
				t.Errorf("%s: %q: %q, want %q", name, u.line, got, want)
			}
			if len(o.Actions) > 0 || m.State().Phase != Command {
				t.Errorf("%s: %q: %v, %v", name, u.line, o.Actions, m.State().Phase)
			}
			if m.mem.regs != before.regs {
				t.Errorf("%s: %q sets a register", name, u.line)
			}
		}
	}
}

// What follows an argument is still a command, and what a tolerant modem can understand of an argument counts.
func TestArguments(t *testing.T) {
	for line, want := range map[string]string{
		"AT&K=4;&K?":                "&K: 4 OK",
		"AT&K?":                     "&K: 3 OK",
		"AT&K4,7;&K?":               "&K: 4 OK",
		"ATX=1;X?":                  "X: 1 OK",
		"AT%C?S7?":                  "%C: 1 050 OK",
		`AT\N?`:                     `\N: 3 OK`,
		"AT&K=?":                    "&K: (0-6) OK",
		"AT&K=high;&K?":             "&K: 3 OK",
		"AT&K=99999999999999999999": "OK",
		"AT&MS=212;S7?":             "050 OK",
		"AT&FS0=5S0?":               "005 OK",
		"AT&F&C1&D2S0=5S0?":         "005 OK",
		"AT&FE0S7?":                 "050 OK",
		`AT"H3S7?`:                  "050 OK",
		`AT)M1S7?`:                  "050 OK",
		`AT-J1\N0S7?`:               "050 OK",
		"AT$A1 S7?":                 "050 OK",
		"AT*H0&K0&K?":               "&K: 0 OK",
		"ATS7=60S7?=61?":            "060 061 OK",
		"AT+MS=V34,1;S7?":           "050 OK",
		"AT+ CSQ":                   "+CSQ: 20,99 OK",
		"AT+CBST = 71, 0, 1;+CBST?": "+CBST: 71,0,1 OK",
		"ATZ?S7?":                   "050 OK",
		"ATI?":                      "OK",
	} {
		if got := plain(said(New(Config{}, nil), line+"\r")); got != want {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
	}
	m := New(Config{Refuse: []string{"AT&MS"}}, nil)
	if got := plain(said(m, "AT&MS=212\r")); got != "ERROR" {
		t.Errorf("&MS is to be refused: %q", got)
	}
	if got := plain(said(m, "AT&M0\r")); got != "OK" {
		t.Errorf("&M is not to be refused: %q", got)
	}
	if got := dte(m.FromDTE([]byte("AT"+strings.Repeat("&", 100)+"\r"), start)); plain(got) != "OK" {
		t.Errorf("marks alone: %q", got)
	}
}

// ATH? asks, and hangs nothing up.
func TestQueryIsNoAction(t *testing.T) {
	for _, line := range []string{"ATH?", "ATZ?", "ATH=?", "ATO?", "ATA?"} {
		m, now := online(Config{})
		m.FromDTE([]byte("+++"), now)
		now = now.Add(time.Minute)
		m.Tick(now)
		o := m.FromDTE([]byte(line+"\r"), now)
		if m.State().Phase != Escaped || len(o.Actions) > 0 {
			t.Errorf("%s: %v, %v", line, m.State().Phase, o.Actions)
		}
	}
}
