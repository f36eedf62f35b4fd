package at

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// start is the beginning of time in the fuzz tests, and number is whom they call.
var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

const number = "+79161234567"

// record is all that a driver has done.
type record struct {
	sent, data bytes.Buffer
	dtr        []bool
	events     []Event
	dones      []Done
	messages   []Message
	dropped    int
	cut        bool // more events than are reported at once
}

func (r *record) take(o Out) {
	r.sent.Write(o.ToModem)
	r.data.Write(o.Data)
	r.dtr = append(r.dtr, o.DTR...)
	r.events = append(r.events, o.Events...)
	r.messages = append(r.messages, o.Messages...)
	r.dropped += o.Dropped
	r.cut = r.cut || len(o.Events) >= maxEvents
	if o.Done != nil {
		r.dones = append(r.dones, *o.Done)
	}
}

var fuzzOps = []Op{
	Init{}, Info{}, Call{Number: number}, HangUp{}, Ring{Number: number}, SMS{Number: number, Text: "wake"}, Fetch{},
}

// replay lets a driver do operations against a modem that says script, in pieces with pauses between them. single: byte by byte.
func replay(t *testing.T, d *Driver, ops, script []byte, single bool) *record {
	r, now := &record{}, start
	for len(script) > 0 || len(ops) > 0 {
		if d.op == nil && len(ops) > 0 {
			if o, err := d.Start(fuzzOps[int(ops[0])%len(fuzzOps)], now); err == nil {
				r.take(o)
			}
			ops = ops[1:]
		} else if len(script) == 0 {
			break
		}
		if len(script) > 0 {
			n := min(len(script)-1, int(script[0]>>3))
			pause := time.Duration(script[0]&7) * 170 * time.Millisecond
			piece := script[1 : 1+n]
			script = script[1+n:]
			for end := now.Add(pause); !d.Due().IsZero() && d.Due().Before(end); {
				now = d.Due()
				r.take(d.Tick(now))
			}
			now = now.Add(pause)
			if single {
				for i := range piece {
					r.take(d.Feed(piece[i:i+1], now))
				}
			} else {
				r.take(d.Feed(piece, now))
			}
			r.take(d.Carrier(pause > 500*time.Millisecond, now))
		}
		if len(d.line.text) > lineMax || len(d.wait.lines) > linesMax || d.held.n > len(ended) || len(d.inbox.text) > lineMax || len(d.inbox.stored) > slotsMax {
			t.Fatalf("it grows: %d, %d, %d, %d", len(d.line.text), len(d.wait.lines), d.held.n, len(d.inbox.text))
		}
	}
	for n := 0; !d.Due().IsZero(); n++ {
		if n > 1000 {
			t.Fatalf("it never rests: %+v", d.wait)
		}
		now = d.Due()
		r.take(d.Tick(now))
	}
	if d.op != nil {
		t.Fatalf("%v waits for nothing", d.op)
	}
	return r
}

func FuzzDriver(f *testing.F) {
	ok := strings.Repeat("\x37\r\nOK\r\n", 16)
	f.Add([]byte{0}, []byte(""), false)
	f.Add([]byte{0, 1, 2, 3}, []byte(strings.Repeat("\x07", 20)+ok), true)
	f.Add([]byte{0, 2, 3}, []byte(strings.Repeat("\x07", 20)+ok+"\x70+CREG: 0,1\r\nOK\r\n\x70\r\n+CSQ: 20,0\r\nOK\r\n\x60CONNECT\r\nx\x80\r\nNO CARRIER\r\n\x07"), false)
	f.Add([]byte{0, 5}, []byte("\x800\r0\r0\r0\r0\r0\r0\r0\r\xff+CME ERROR: 14\r\n+CPIN: READY\r\n> > +CMGS: 1\r\nOK\r\n"), false)
	f.Add([]byte{0, 4}, []byte("\xf8\r\nRING\r\nBUSY\r\nNO ANSWER\r\nOK\r\n\xff+CPIN: SIM PIN\r\n+CPINR: SIM PIN,3\r\n"), true)
	f.Add([]byte{0, 1, 6}, []byte(ok+"\xf8+CMT: \"+7916\",,\"t\"\r\nOK\r\n\xf8+CMTI: \"SM\",3\r\n+CMTI: \"ME\",4\r\n"+ok+"\xf8+CMGR: 1,\"+7\"\r\nOK\r\n\r\nOK\r\n\x06"), false)
	f.Fuzz(func(t *testing.T, ops, script []byte, dtr bool) {
		if len(ops) > 8 {
			return
		}
		c := Config{DTR: dtr, PIN: "1234", Inbox: true}
		a, b := New(c), New(c)
		x, y := replay(t, a, ops, script, false), replay(t, b, ops, script, true)
		if x.sent.String() != y.sent.String() || x.data.String() != y.data.String() || x.dropped != y.dropped || len(x.dones) != len(y.dones) {
			t.Fatalf("at once %q %q %d, byte by byte %q %q %d", x.sent.String(), x.data.String(), x.dropped, y.sent.String(), y.data.String(), y.dropped)
		}
		if !slices.Equal(x.messages, y.messages) {
			t.Fatalf("at once %+v, byte by byte %+v", x.messages, y.messages)
		}
		for i := range x.dones {
			p, q := x.dones[i], y.dones[i]
			if p.Result != q.Result || (p.Err == nil) != (q.Err == nil) || p.Err != nil && p.Err.Error() != q.Err.Error() {
				t.Fatalf("at once %+v, byte by byte %+v", p, q)
			}
			if p.Err != nil && strings.Contains(p.Err.Error(), "1234\"") {
				t.Fatalf("the PIN shows: %v", p.Err)
			}
		}
		if !x.cut && !y.cut && len(x.events) != len(y.events) {
			t.Fatalf("at once %v, byte by byte %v", x.events, y.events)
		}
		if n := strings.Count(x.sent.String(), "+CPIN="); n > 1 {
			t.Fatalf("the PIN was entered %d times: %q", n, x.sent.String())
		}
	})
}

// FuzzData checks that a call never alters nor loses a byte: what comes in is what comes out, but for a NO CARRIER that ends it.
func FuzzData(f *testing.F) {
	f.Add([]byte("\x00abc\r\n\x10NO CARRIER"), false)
	f.Add([]byte("\x50\r\nNO CARRIER\r\n\x57"), false)
	f.Add([]byte("\x70\r\r\nNO CARRIER\r\n\x56x"), true)
	f.Add([]byte("\x57\r\nNO CARRI\x28ER\r\nx"), true)
	f.Fuzz(func(t *testing.T, script []byte, dcd bool) {
		d := New(Config{})
		d.data, d.now = true, start
		var in, out bytes.Buffer
		now := start
		tick := func(until time.Time) {
			for due := d.Due(); !due.IsZero() && !due.After(until); due = d.Due() {
				out.Write(d.Tick(due).Data)
			}
		}
		if dcd {
			d.carrier = carrier{on: true, seen: true}
		}
		for len(script) > 0 && d.InCall() {
			n := min(len(script)-1, int(script[0]>>3))
			now = now.Add(time.Duration(script[0]&7) * 190 * time.Millisecond)
			tick(now)
			if !d.InCall() {
				break
			}
			in.Write(script[1 : 1+n])
			out.Write(d.Feed(script[1:1+n], now).Data)
			script = script[1+n:]
		}
		tick(now.Add(time.Minute))
		want := in.Bytes()
		if !d.InCall() {
			if dcd {
				t.Fatal("ended, though DCD stands")
			}
			var ok bool
			if want, ok = bytes.CutSuffix(want, []byte(ended)); !ok {
				t.Fatalf("ended behind %q", in.Bytes())
			}
		}
		if !bytes.Equal(out.Bytes(), want) {
			t.Fatalf("in %q, out %q", in.Bytes(), out.Bytes())
		}
	})
}

func FuzzMessage(f *testing.F) {
	f.Add(`"+79161234567",,"26/03/01,12:00:00+12",145,4,0,8,"+7",145,4`, []byte("041E041A"))
	f.Add(`"+7",,"t",145,68,0,0,"+7",145,10`, []byte("050003010201986F79B90D4AC2"))
	f.Add(`,,,,64,,245`, []byte("FF"))
	f.Fuzz(func(t *testing.T, head string, raw []byte) {
		m := headerOf(head).message(raw)
		if len(m.Text) > textMax || !utf8.ValidString(m.Text) || strings.ContainsAny(m.From+m.Text, "\r\x00\x1b\x07") {
			t.Fatalf("%+v", m)
		}
		if SameNumber(head, m.From) != SameNumber(m.From, head) {
			t.Fatalf("%q and %q are the same one way alone", head, m.From)
		}
	})
}

func FuzzCheckText(f *testing.F) {
	f.Add("wake")
	f.Add("\x1aAT+CMGD=1,4\r")
	f.Add("{}[]~")
	f.Fuzz(func(t *testing.T, s string) {
		if CheckText(s) == nil && strings.ContainsAny(s, "\r\n\x1a\x1b\x00\x08") {
			t.Fatalf("%q is taken", s)
		}
		if CheckNumber(s) == nil && strings.ContainsAny(bareNumber(s), ";\r\n\x1a\"*#@") {
			t.Fatalf("the number %q is taken", s)
		}
		if (Config{Init: []string{s}}).Validate() == nil && strings.ContainsAny(initLine(s), "\r\n\x1a\x1b") {
			t.Fatalf("the init string %q is taken", s)
		}
	})
}
