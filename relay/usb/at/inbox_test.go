package at_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"meterline/relay/simulated"
	"meterline/relay/usb/at"
)

const cmtHead = "\r\n+CMT: \"+79161234567\",,\"26/03/01,12:00:00+12\""

func TestMessagesThatAreHandedOver(t *testing.T) {
	details := func(fo, dcs, length int) string {
		return fmt.Sprintf("%s,145,%d,0,%d,\"+7\",145,%d\r\n", cmtHead, fo, dcs, length)
	}
	tests := map[string]struct {
		said string
		want []at.Message
	}{
		"no text follows":        {cmtHead + "\r\n", []at.Message{{From: number}}},
		"empty":                  {details(4, 0, 0) + "\r\n", []at.Message{{From: number}}},
		"no sender":              {"\r\n+CMT: ,23\r\n07911326040000F0\r\n", nil}, // a modem in PDU mode
		"looks like a result":    {cmtHead + "\r\nERROR\r\n", []at.Message{{From: number, Text: "ERROR"}}},
		"looks like another":     {cmtHead + "\r\n+CMT: \"1\"\r\n", []at.Message{{From: number, Text: "+CMT: \"1\""}}},
		"escape codes":           {cmtHead + "\r\nO\x1b[31mK\x07\r\n", []at.Message{{From: number, Text: "O [31mK"}}},
		"endless":                {cmtHead + "\r\n" + strings.Repeat("long ", 1000) + "\r\n", []at.Message{{From: number, Text: strings.TrimSpace(strings.Repeat("long ", 1000)[:480])}}},
		"odd hex digits":         {details(4, 8, 3) + "041\r\n", []at.Message{{From: number, Text: "041"}}},
		"plain":                  {cmtHead + "\r\nOK CONNECT\r\n", []at.Message{{From: number, Text: "OK CONNECT"}}},
		"two at once":            {cmtHead + "\r\none\r\n" + cmtHead + "\r\ntwo\r\n", []at.Message{{From: number, Text: "one"}, {From: number, Text: "two"}}},
		"Cyrillic":               {details(4, 8, 8) + "0413043E0442043E0432\r\n", []at.Message{{From: number, Text: "Готов"}}},
		"Cyrillic, undetailed":   {cmtHead + "\r\n0413043E0442043E0432\r\n", []at.Message{{From: number, Text: "Готов"}}},
		"digits, undetailed":     {cmtHead + "\r\n12345678\r\n", []at.Message{{From: number, Text: "12345678"}}},
		"digits":                 {details(4, 0, 8) + "00410042\r\n", []at.Message{{From: number, Text: "00410042"}}},
		"Cyrillic, for storing":  {details(4, 0xe0, 8) + "0413043E0442043E0432\r\n", []at.Message{{From: number, Text: "Готов"}}},
		"no header of its own":   {details(0xbf, 8, 8) + "0413043E0442043E0432\r\n", []at.Message{{From: number, Text: "Готов"}}},
		"octets, of a class":     {details(4, 0xf4, 2) + "4F4B\r\n", []at.Message{{From: number, Text: "OK"}}},
		"digits, of a class":     {details(4, 0xf8, 8) + "00410042\r\n", []at.Message{{From: number, Text: "00410042"}}},
		"digits, reserved":       {details(4, 0x88, 8) + "00410042\r\n", []at.Message{{From: number, Text: "00410042"}}},
		"digits, to be dropped":  {details(4, 0xd8, 8) + "00410042\r\n", []at.Message{{From: number, Text: "00410042"}}},
		"a part, wide reference": {details(68, 0, 10) + "060804F00102014F25\r\n", []at.Message{{From: number, Text: "OJ", Part: true}}},
		"octets":                 {details(4, 4, 2) + "4F4B\r\n", []at.Message{{From: number, Text: "OK"}}},
		"a part, Cyrillic":       {details(68, 8, 14) + "0500030102010413043E\r\n", []at.Message{{From: number, Text: "Го", Part: true}}},
		"a part, default":        {details(68, 0, 20) + "0500030102019E4B\r\n", []at.Message{{From: number, Text: "OK", Part: true}}},
		"a header, nothing else": {details(68, 8, 1) + "FF\r\n", []at.Message{{From: number, Part: true}}},
		"several lines":          {details(4, 0, 9) + "OK\r\nready\r\n", []at.Message{{From: number, Text: "OK\nready"}}},
		"lines of LF":            {details(4, 0, 8) + "OK\nready\r\n", []at.Message{{From: number, Text: "OK\nready"}}},
		"extension counts twice": {details(4, 0, 6) + "[OK]\r\n" + cmtHead + "\r\nb\r\n", []at.Message{{From: number, Text: "[OK]"}, {From: number, Text: "b"}}},
		"a service":              {"\r\n+CMT: \"MegaFon\",,\"t\"\r\nbalance\r\n", []at.Message{{From: "MegaFon", Text: "balance"}}},
		"a comma in the name":    {"\r\n+CMT: \"a,b\",\"x\",\"t\"\r\nc\r\n", []at.Message{{From: "a,b", Text: "c"}}},
	}
	for name, test := range tests {
		for _, single := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/single=%v", name, single), func(t *testing.T) {
				b := newBench(t, at.Config{Inbox: true}, &simulated.ATModem{}).ready()
				b.single = single
				b.m.Say(test.said, b.now)
				b.pass(5 * time.Second)
				got := slices.Clone(b.inbox)
				for i := range got {
					got[i].Text = strings.ReplaceAll(got[i].Text, " \n", "\n") // a CR before it
				}
				if !slices.Equal(got, test.want) {
					t.Errorf("got %+v, want %+v", got, test.want)
				}
				if _, err := b.run(at.Info{}); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

// A message may come at any moment, and never passes for the result of what is under way.
func TestMessagesInTheMiddle(t *testing.T) {
	for _, stores := range []bool{false, true} {
		for _, text := range []string{"OK", "ERROR", "NO CARRIER", "+CREG: 0,3", "Готов"} {
			for at0 := time.Duration(0); at0 < 14*time.Second; at0 += 700 * time.Millisecond {
				m := &simulated.ATModem{
					OnlyStores: stores, Delay: 300 * time.Millisecond,
					Numbers: subscriber(simulated.Subscriber{Reply: &simulated.ATReply{Text: text, After: at0}}),
				}
				b := newBench(t, at.Config{Inbox: true}, m).ready()
				b.pass(time.Second)
				for _, op := range []at.Op{at.Info{}, at.SMS{Number: number, Text: "wake"}, at.Ring{Number: number}, at.Info{}} {
					if _, err := b.run(op); err != nil {
						t.Fatalf("%q after %v: %v", text, at0, err)
					}
				}
				b.pass(15 * time.Second)
				if stores != b.d.Stored() {
					t.Errorf("stored: %v", b.d.Stored())
				}
				if _, err := b.run(at.Fetch{}); err != nil {
					t.Error(err)
				}
				// one that comes while nothing is heard at all, as between hanging up and the proof of it, is lost
				if len(b.inbox) > 1 || len(b.inbox) == 1 && b.inbox[0] != (at.Message{From: number, Text: text}) || m.Stored() != 0 {
					t.Errorf("%q after %v: got %+v, %d stored", text, at0, b.inbox, m.Stored())
				}
				if len(b.inbox) == 0 && (at0 < 10*time.Second || at0 > 13*time.Second) {
					t.Errorf("%q after %v: lost", text, at0)
				}
			}
		}
	}
}

// What lay in the store before is somebody's, and is not touched; what came since is removed, whoever sent it.
func TestStoreDoesNotFill(t *testing.T) {
	m := &simulated.ATModem{OnlyStores: true}
	m.Receive("+79990000000", "an old one", start)
	b := newBench(t, at.Config{Inbox: true}, m).ready()
	if _, err := b.run(at.Info{}); err != nil {
		t.Fatal(err)
	}
	for i := range 100 {
		m.Receive("Bank", fmt.Sprint("advertisement ", i), b.now)
		b.pass(time.Second)
		if i%7 == 0 {
			if _, err := b.run(at.Fetch{}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := b.run(at.Fetch{}); err != nil {
		t.Fatal(err)
	}
	if m.Stored() != 1 || len(b.inbox) != 100 || b.inbox[99].Text != "advertisement 99" {
		t.Errorf("%d stored, %d got", m.Stored(), len(b.inbox))
	}
}

func TestModemThatTellsNoMessages(t *testing.T) {
	m := &simulated.ATModem{Refuse: map[string]string{"+CNMI": "+CMS ERROR: 303"}}
	b := newBench(t, at.Config{Inbox: true}, m).ready()
	r, err := b.run(at.Info{})
	if err != nil || !strings.Contains(r.Note, "does not tell") {
		t.Errorf("%+v, %v", r, err)
	}
	m.Refuse = nil // as that of a SIM that was busy
	if r, err = b.run(at.Info{}); err != nil || r.Note != "" {
		t.Errorf("%+v, %v", r, err)
	}
	silent := newBench(t, at.Config{}, &simulated.ATModem{}).ready()
	if _, err := silent.run(at.Info{}); err != nil || silent.said("+CNMI") {
		t.Error("asked for messages that nobody wants", err)
	}
}

func TestSameNumber(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"", "", false},
		{"+7", "+7", true},
		{"MegaFon", "MegaFon", false}, // no number at all
		{"+79180001122", "+19180001122", false},
		{"0079180001122", "+79180001122", true},
		{"+7 918 000-11-22", "89180001122", true},
		{"79180001122", "+79180001122", true},
		{"9180001122", "8(918)0001122", true},
		{"+79180001122", "89180001123", false},
		{"180001122", "+79180001122", true},
		{"0001122", "+79180001122", false},
		{"0500", "0500", true},
		{"+375291234567", "80291234567", true},
	} {
		if got := at.SameNumber(c.a, c.b); got != c.want || at.SameNumber(c.b, c.a) != c.want {
			t.Errorf("%q and %q: %v", c.a, c.b, got)
		}
	}
}

// A modem that says again and again where a message is stored does not crowd out the next.
func TestStoredIsToldAgain(t *testing.T) {
	b := newBench(t, at.Config{Inbox: true}, &simulated.ATModem{}).ready()
	for range 60 {
		b.take(b.d.Feed([]byte("\r\n+CMTI: \"SM\",3\r\n"), b.now))
	}
	b.take(b.d.Feed([]byte("\r\n+CMTI: \"SM\",4\r\n"), b.now))
	b.sent.Reset()
	if _, err := b.run(at.Fetch{}); err != nil {
		t.Fatal(err)
	}
	if n, next := strings.Count(b.sent.String(), "AT+CMGR="), strings.Contains(b.sent.String(), "AT+CMGR=4"); n != 2 || !next || b.d.Stored() {
		t.Errorf("%d messages were read: %q", n, b.sent.String())
	}
}
