package profile

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"meterline/relay/codec"
)

// phoneBook is a set of those identities.
func phoneBook(p *Profile, ids ...string) IDs { return NewIDs(p, slices.Values(ids)) }

// outcome is what a caller's bytes have come to, whatever the pieces.
type outcome struct {
	verdict string // registered, more, or why refused
	id      string
	wait    time.Duration
	data    string // for the session
}

// run feeds in to a registration in pieces of n bytes, and to the session what comes behind it.
func run(t *testing.T, p *Profile, ids IDs, in []byte, n int) outcome {
	t.Helper()
	reg, err := p.NewRegistration(ids)
	if err != nil {
		t.Fatal(err)
	}
	o := outcome{verdict: "more"}
	var behind codec.Codec
	for rest := in; len(rest) > 0; {
		piece := bytes.Clone(rest[:min(n, len(rest))])
		rest = rest[len(piece):]
		if behind != nil {
			o.data += string(behind.Decode(piece, 0).Data)
			continue
		}
		v := reg.Feed(piece)
		clear(piece)
		if o.wait = v.Wait; v.Refused != "" {
			o.verdict = v.Refused
			return o
		}
		if v.Done {
			o.verdict, o.id, o.data = "registered", v.ID, string(v.Rest)
			behind = &lineEnd{closed: true}
			if v.tail != nil {
				behind = v.tail
			}
		}
	}
	return o
}

type registrationCase struct {
	in   string
	want outcome
}

func check(t *testing.T, p *Profile, ids IDs, cases map[string]registrationCase) {
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			for _, n := range []int{len(c.in) + 1, 1, 2, 7} {
				if got := run(t, p, ids, []byte(c.in), n); got != c.want {
					t.Errorf("in pieces of %d: got %+v, want %+v", n, got, c.want)
				}
			}
		})
	}
}

func TestIMEI(t *testing.T) {
	const id14, id15, id16 = "11111111111111", "356938035643809", "2222222222222222"
	const longer = id15 + "7"
	ok := func(id, data string) outcome { return outcome{verdict: "registered", id: id, data: data} }
	bad := func(why string) outcome { return outcome{verdict: why} }
	check(t, &Profile{Kind: IMEI}, phoneBook(&Profile{Kind: IMEI}, id14, id16, "86123456789012", "861234567890123"), map[string]registrationCase{
		"thirteen digits":             {"1234567890123\r\n", bad(RefusedGarbage)},
		"a prefix of digits":          {"12:356938035643809\r\n", bad(RefusedGarbage)},
		"a prefix without an end":     {"IMEI356938035643809\r\n", bad(RefusedGarbage)},
		"a prefix that is binary":     {"\x00:356938035643809\r\n", bad(RefusedGarbage)},
		"a line before it":            {"hello:\r\n356938035643809\r\n", bad(RefusedGarbage)},
		"a prefix without digits":     {"IMEI:\r\n", bad(RefusedGarbage)},
		"prefix without end":          {strings.Repeat("x", 600), bad(RefusedTooLong)},
		"nothing":                     {"", bad("more")},
		"digits without an end":       {id15, bad("more")},
		"digits and LF":               {id15 + "\n", ok(id15, "")},
		"digits and CR":               {id15 + "\r", ok(id15, "")},
		"digits and CR LF":            {id15 + "\r\n", ok(id15, "")},
		"LF CR is an end and data":    {id15 + "\n\r", ok(id15, "\r")},
		"a second line is data":       {id15 + "\r\n\r\n", ok(id15, "\r\n")},
		"data behind the line":        {id15 + "\r\n\x01\x03", ok(id15, "\x01\x03")},
		"data behind CR":              {id15 + "\r\x01", ok(id15, "\x01")},
		"data instead of a line end":  {id15 + "\x01\n", ok(id15, "\x01\n")},
		"irz":                         {"AT$IMEI=861234567890123,PSW=5492", ok("861234567890123", ",PSW=5492")},
		"known digits, and another":   {"8612345678901234\n", ok("861234567890123", "4\n")},
		"prefix with a colon":         {"IMEI:" + id15 + "\r\n", ok(id15, "")},
		"prefix with colon and space": {"imei: " + id15 + "\n", ok(id15, "")},
		"empty lines before it":       {"\r\n\r\nIMEI=" + id15 + "\n", ok(id15, "")},
		"sixteen digits end":          {"3333333333333333" + "7x", ok("3333333333333333", "7x")},
		"sixteen digits and a line":   {"3333333333333333\r\nx", ok("3333333333333333", "x")},
		"known digits end at once":    {id14 + "x", ok(id14, "x")},
		"known digits and a line":     {id14 + "\r\n", ok(id14, "")},
	})
	check(t, &Profile{Kind: IMEI}, phoneBook(&Profile{Kind: IMEI}, id15, longer), map[string]registrationCase{
		"known, may be longer":     {id15, outcome{verdict: "more", wait: moreDigits}},
		"known, not the longer":    {id15 + "\r\n", ok(id15, "")},
		"the longer":               {longer, ok(longer, "")},
		"a different longer":       {id15 + "5", ok(id15+"5", "")},
		"unknown and incomplete":   {id15[:14], bad("more")},
		"known, and data at once":  {id15 + "/", ok(id15, "/")},
		"the longer and its line":  {longer + "\r\nx", ok(longer, "x")},
		"the longer and more data": {longer + "0", ok(longer, "0")},
	})
}

func TestIMEISilence(t *testing.T) {
	p := &Profile{Kind: IMEI}
	reg, _ := p.NewRegistration(phoneBook(p, "11111111111111", "111111111111112"))
	if v := reg.Feed([]byte("IMEI:11111111111111")); v.Done || v.Wait != moreDigits {
		t.Fatalf("got %+v, want a wait", v)
	}
	if v := reg.Silence(); !v.Done || v.ID != "11111111111111" {
		t.Errorf("got %+v", v)
	}
}

// A line end that comes late is data.
func TestLineEndInTime(t *testing.T) {
	for name, c := range map[string]struct {
		idle time.Duration
		want string
	}{
		"late":    {lineEndWait + time.Millisecond, "\n\x01"},
		"in time": {lineEndWait, "\x01"},
	} {
		t.Run(name, func(t *testing.T) {
			l := &lineEnd{seenCR: true}
			if data := l.Decode([]byte("\n\x01"), c.idle).Data; string(data) != c.want {
				t.Errorf("got %q, want %q", data, c.want)
			}
			if data := l.Decode([]byte("\n"), 0).Data; string(data) != "\n" {
				t.Errorf("the next byte was swallowed too: %q", data)
			}
		})
	}
}

func FuzzIMEI(f *testing.F) {
	for _, s := range []string{"IMEI:356938035643809\r\n\x01", "11111111111111", "1111111111111122\r", "AT$IMEI=861234567890123,P", "\r\n"} {
		f.Add([]byte(s), uint8(3))
	}
	p := &Profile{Kind: IMEI}
	ids := phoneBook(p, "11111111111111", "111111111111112", "356938035643809")
	f.Fuzz(func(t *testing.T, in []byte, n uint8) { samePieces(t, p, ids, in, int(n)) })
}

// samePieces: all at once, byte by byte and in pieces come to the same, and nothing is invented.
func samePieces(t *testing.T, p *Profile, ids IDs, in []byte, n int) {
	t.Helper()
	whole := run(t, p, ids, in, len(in)+1)
	for _, n := range []int{1, n%16 + 1} {
		if got := run(t, p, ids, in, n); got != whole {
			t.Errorf("%q in pieces of %d: %+v, at once: %+v", in, n, got, whole)
		}
	}
	if !bytes.HasSuffix(in, []byte(whole.data)) {
		t.Errorf("%q ends in %q", in, whole.data)
	}
}

// What ends a registration and what beats behind it are taken out one after the other.
func TestHeartbeatsBehindALineEnd(t *testing.T) {
	c := holding(t, codec.NewChain(nil, &lineEnd{}, codec.NewHeartbeats(codec.BeatsOf([]codec.Heartbeat{{Bytes: tmpl("LOG"), Answer: tmpl("ok")}}, nil, nil), codec.Finding{})))
	if c.Holding() != 0 {
		t.Error("something is held before anything came")
	}
	if d := c.Decode([]byte("\r\n"), 0); len(d.Data)+len(d.Answer) > 0 {
		t.Errorf("the line end became %+v", d)
	}
	if d := c.Decode([]byte("LOG"), codec.StandsAlone); len(d.Data) > 0 || string(d.Answer) != "ok" {
		t.Errorf("the heartbeat became %+v", d)
	}
	if d := c.Decode([]byte("LO"), codec.StandsAlone); len(d.Data) > 0 || c.Holding() == 0 {
		t.Errorf("a beginning became %+v, held for %v", d, c.Holding())
	}
	if d := c.Release(); string(d.Data) != "LO" || c.Holding() != 0 {
		t.Errorf("let go: %+v", d)
	}
	if d := c.Release(); len(d.Data) > 0 {
		t.Errorf("let go of nothing: %+v", d)
	}
}
