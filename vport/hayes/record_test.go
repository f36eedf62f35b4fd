package hayes

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// told describes the calls that are over.
func told(calls []Call) string {
	parts := make([]string, 0, len(calls))
	for _, c := range calls {
		kind := ""
		if c.Incoming {
			kind = "from "
		}
		connected := "-"
		if !c.Connected.IsZero() {
			connected = fmt.Sprintf("%v, %v", c.Connected.Sub(c.Began), c.Ended.Sub(c.Connected))
		}
		parts = append(parts, fmt.Sprintf("%s%s: %s (%s) %s, %v", kind, c.Number, c.Result, c.Why, connected, c.Ended.Sub(c.Began)))
	}
	return strings.Join(parts, "; ")
}

// TestRecords: each call leaves one record of what its program was told, and nothing else does.
func TestRecords(t *testing.T) {
	for _, r := range []struct {
		name, settings string
		play           func(l *lifetime)
		want           string
	}{
		{"no call", "", func(l *lifetime) { l.write("AT\rATH\rATZ\rATA\r"); l.drop() }, ""},
		{"refused", "", func(l *lifetime) { l.write("ATDL\r") }, ""},
		{"unknown", "", func(l *lifetime) { l.write("ATDT 4711\r"); l.add(l.m.UnknownNumber(l.now)) }, "T 4711: NO CARRIER (unassigned number) -, 0s"},
		{"busy", "", func(l *lifetime) { l.write("ATD12\r"); l.m.Why("leased to /p"); l.add(l.m.Failed(Busy, l.now)) }, "12: BUSY (leased to /p) -, 0s"},
		{"busy without X", "X1", func(l *lifetime) { l.write("ATD12\r"); l.add(l.m.Failed(Busy, l.now)) }, "12: NO CARRIER (user busy) -, 0s"},
		{"silent", "Q1", func(l *lifetime) { l.write("ATD12\r"); l.add(l.m.Failed(Busy, l.now)) }, "12: BUSY (user busy) -, 0s"},
		{"nothing dialled", "", func(l *lifetime) { l.write("ATD\r"); l.wait(50 * time.Second) }, ": NO CARRIER (the number could not be reached) -, 50s"},
		{"timed out", "S7=7", func(l *lifetime) { l.write("ATD12\r"); l.wait(7 * time.Second) }, "12: NO CARRIER (the number could not be reached) -, 7s"},
		{"far end ends", "", func(l *lifetime) { l.online(); l.wait(time.Minute); l.add(l.m.CarrierLost(l.now)) }, "12: CONNECT 9600 (the far end ended the call) 3s, 1m0s, 1m3s"},
		{"without a speed", "X0", func(l *lifetime) { l.online(); l.add(l.m.CarrierLost(l.now)) }, "12: CONNECT (the far end ended the call) 3s, 0s, 3s"},
		{"hung up", "", func(l *lifetime) {
			l.online()
			l.wait(time.Minute)
			l.write("+++")
			l.wait(time.Minute)
			l.write("ATO\r")
			l.wait(time.Minute)
			l.drop()
		}, "12: CONNECT 9600 (the program left the port) 3s, 3m0s, 3m3s"},
		{"given up", "", func(l *lifetime) { l.write("ATD12\r"); l.wait(time.Second); l.drop() }, "12:  (the program left the port) -, 1s"},
		{"aborted", "", func(l *lifetime) { l.write("ATD12\r"); l.wait(time.Second); l.write("ATH\r") }, "12: NO CARRIER (ATH) -, 1s"},
		{"aborted with a PIN", "", func(l *lifetime) { l.write("ATD12\r"); l.write("ATZ+CPIN=4711\r") }, "12: NO CARRIER (ATZ) -, 0s"},
		{"another", "", func(l *lifetime) { l.write("ATD12\rATD13\r"); l.add(l.m.Failed(Busy, l.now)) },
			"12:  (another number was dialled) -, 0s; 13: BUSY (user busy) -, 0s"},
		{"voice", "", func(l *lifetime) { l.write("ATD12;\r"); l.wait(time.Minute); l.write("ATH\r") }, "12: OK () -, 0s"},
		{"answered", "", func(l *lifetime) {
			l.add(l.m.Ring("+7918", l.now))
			l.wait(2 * time.Second)
			l.write("ATA\r")
			l.add(l.m.Connected(l.now))
			l.wait(time.Minute)
			l.add(l.m.CarrierLost(l.now))
		}, "from +7918: CONNECT 9600 (the far end ended the call) 3s, 59s, 1m2s"},
		{"not answered", "", func(l *lifetime) {
			l.add(l.m.Ring("+7918", l.now))
			l.wait(7 * time.Second)
			l.add(l.m.StopRing(l.now))
		},
			"from +7918: RING (not answered) -, 7s"},
		{"turned away", "", func(l *lifetime) { l.add(l.m.Ring("+7918", l.now)); l.write("ATH\r") }, "from +7918: RING (ATH) -, 0s"},
		{"not there", "", func(l *lifetime) { l.add(l.m.Ring("", l.now)); l.write("ATA\r"); l.add(l.m.Failed(NoCarrier, l.now)) },
			"from : NO CARRIER (the number could not be reached) -, 0s"},
	} {
		t.Run(r.name, func(t *testing.T) {
			l := &lifetime{m: New(Config{}, nil), now: start}
			l.write("ATE0" + r.settings + "\r")
			r.play(l)
			if got := told(l.calls); got != r.want {
				t.Errorf("%q, want %q", got, r.want)
			}
		})
	}
}

// lifetime collects the records of a modem.
type lifetime struct {
	m     *Modem
	now   time.Time
	calls []Call
}

func (l *lifetime) add(o Out)         { l.calls = append(l.calls, o.Calls...) }
func (l *lifetime) write(text string) { l.add(l.m.FromDTE([]byte(text), l.now)) }
func (l *lifetime) drop()             { l.add(l.m.Dropped(l.now, true)) }

func (l *lifetime) wait(d time.Duration) {
	for end := l.now.Add(d); l.now.Before(end); {
		l.now = l.now.Add(time.Second)
		l.add(l.m.Tick(l.now))
	}
}

func (l *lifetime) online() {
	l.write("ATD12\r")
	l.wait(2 * time.Second)
	l.add(l.m.Connected(l.now))
	l.wait(time.Second)
}

// TestShown: records, status and +CEER have no card numbers, PINs and passwords.
func TestShown(t *testing.T) {
	for dialled, want := range map[string]string{
		"T 10288-3785500$1234567890,,4711": "T 10288-3785500$…", "$4711": "$…",
		"user:pa55word@10.8.0.1:4001": "user:…@10.8.0.1:4001", `"a:b@c:d@host"`: "a:…@host", "user@10.8.0.1:4001": "user@10.8.0.1:4001",
		"9,89180001122@": "9,89180001122@", "a$b": "a$b", "10.8.0.1:4001": "10.8.0.1:4001",
		"boiler\x7f 3": "boiler 3", strings.Repeat("1", 200): strings.Repeat("1", 80),
	} {
		m := New(Config{}, nil)
		m.FromDTE([]byte("ATE0D"+dialled+"\r"), start)
		if got := m.State().Number; got != want {
			t.Errorf("%q is shown as %q, want %q", dialled, got, want)
		}
		if got := told(m.UnknownNumber(start).Calls); !strings.HasPrefix(got, want+": ") {
			t.Errorf("%q is recorded as %q", dialled, got)
		}
	}
}
