package profile

import (
	"slices"
	"strings"
	"testing"
	"time"

	"meterline/relay/codec"
	"meterline/relay/wire"
)

// lineOutcome is what has become of what a caller sent, when silence has followed. wait is how long that decided.
type lineOutcome struct {
	verdict, id, data, facts string
	wait                     time.Duration
}

type lineCase struct {
	in   string
	want lineOutcome
}

// register feeds in to a registration in pieces of n bytes, and to the session what comes behind it.
func register(t *testing.T, p *Profile, ids IDs, in string, n int) (o lineOutcome) {
	t.Helper()
	reg, err := p.NewRegistration(ids)
	if err != nil {
		t.Fatal(err)
	}
	o.verdict = "more"
	var v Verdict
	for len(in) > 0 && !v.Done {
		piece := []byte(in[:min(n, len(in))])
		in = in[len(piece):]
		v = reg.Feed(piece)
		clear(piece)
		if v.Refused != "" {
			return lineOutcome{verdict: v.Refused}
		}
	}
	if v.Wait > 0 {
		o.wait, v = v.Wait, reg.Silence()
	}
	if !v.Done {
		return o
	}
	p.Identify(ids, &v)
	o.verdict, o.id, o.data = "registered", v.ID, string(v.Rest)
	if in != "" && v.tail != nil {
		o.data += string(v.tail.Decode([]byte(in), 0).Data)
	} else {
		o.data += in
	}
	for _, f := range v.Facts {
		o.facts += f.Name + " " + f.Value + ";"
	}
	return o
}

// checkLines cuts what comes in pieces of each length, and in two at every place.
func checkLines(t *testing.T, p *Profile, ids IDs, cases map[string]lineCase) {
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			for n := range len(c.in) + 1 {
				if got := register(t, p, ids, c.in, n+1); got != c.want {
					t.Fatalf("in pieces of %d: got %+v, want %+v", n+1, got, c.want)
				}
			}
		})
	}
}

func TestIMEI(t *testing.T) {
	const id14, id15, id16 = "11111111111111", "356938035643809", "2222222222222222"
	const known, longer = "861234567890123", "8612345678901237"
	ok := func(id, data string) lineOutcome { return lineOutcome{verdict: "registered", id: id, data: data} }
	quiet := func(id, data string) lineOutcome {
		return lineOutcome{verdict: "registered", id: id, data: data, wait: restOfLine}
	}
	told := func(id, facts, data string) lineOutcome {
		return lineOutcome{verdict: "registered", id: id, data: data, facts: facts}
	}
	bad := func(why string) lineOutcome { return lineOutcome{verdict: why} }
	imei := &Profile{Kind: IMEI}
	checkLines(t, imei, phoneBook(imei, id14, id15, id16, "86123456789012", known), map[string]lineCase{
		"thirteen digits":             {"1234567890123\r\n", bad(RefusedGarbage)},
		"a prefix of digits":          {"12:356938035643809\r\n", bad(RefusedGarbage)},
		"a prefix without an end":     {"NUMBER356938035643809\r\n", bad(RefusedGarbage)},
		"a longer word than IMEI":     {"XIMEI356938035643809\r\n", bad(RefusedGarbage)},
		"a prefix that is binary":     {"\x00:356938035643809\r\n", bad(RefusedGarbage)},
		"a line before it":            {"hello:\r\n356938035643809\r\n", bad(RefusedGarbage)},
		"a prefix without digits":     {"IMEI:\r\n", bad(RefusedGarbage)},
		"prefix without end":          {strings.Repeat("x", 600), bad(RefusedTooLong)},
		"a line without an end":       {known + strings.Repeat("x", 600), bad(RefusedTooLong)},
		"seventeen digits":            {"33333333333333337\r\n", bad(RefusedUnknown)},
		"seventeen, sixteen known":    {id16 + "7", bad(RefusedUnknown)},
		"an object without an id":     {`{"csq":17}`, bad(RefusedGarbage)},
		"an object with a wrong id":   {`{"imei":"8612345"}`, bad(RefusedGarbage)},
		"no object":                   {"{861234567890123}", bad(RefusedGarbage)},
		"nothing":                     {"", bad("more")},
		"an object that goes on":      {`{"imei":"861234567890123"`, bad("more")},
		"unknown digits, no end":      {"356938035643808", bad("more")},
		"digits and LF":               {id15 + "\n", ok(id15, "")},
		"digits and CR":               {id15 + "\r", ok(id15, "")},
		"digits and CR LF":            {id15 + "\r\n", ok(id15, "")},
		"LF CR is an end and data":    {id15 + "\n\r", ok(id15, "\r")},
		"a second line is data":       {id15 + "\r\n\r\n", ok(id15, "\r\n")},
		"data behind the line":        {id15 + "\r\n\x01\x03", ok(id15, "\x01\x03")},
		"data behind CR":              {id15 + "\r\x01", ok(id15, "\x01")},
		"data in place of a line end": {id15 + "\x01\n", ok(id15, "\x01\n")},
		"text and data":               {id15 + ",x\x01\n", ok(id15, ",x\x01\n")},
		"text and no line end":        {known + ",CSQ=17", quiet(known, ",CSQ=17")},
		"prefix with a colon":         {"IMEI:" + id15 + "\r\n", ok(id15, "")},
		"prefix with colon and space": {"imei: " + id15 + "\n", ok(id15, "")},
		"empty lines before it":       {"\r\n\r\nIMEI=" + id15 + "\n", ok(id15, "")},
		"sixteen digits and a line":   {"3333333333333333\r\nx", told("3333333333333333", "imei 3333333333333333;", "x")},
		"sixteen known digits":        {id16 + "\r\nx", ok(id16, "x")},
		"sixteen known, bare":         {id16, quiet(id16, "")},
		"known digits and data":       {id14 + "\x00", ok(id14, "\x00")},
		"known digits and a line":     {id14 + "\r\n", ok(id14, "")},
		"known digits, bare":          {id15, quiet(id15, "")},
		"one digit more than known":   {id14 + "5\r\n", ok(id14+"5", "")},
		"the version behind them":     {known[:14] + "98\r\n", told("86123456789012", "imei 8612345678901298;", "")},
		"a digit behind them":         {known + "4\n", told("86123456789012", "imei 8612345678901234;", "")},
		"irz":                         {"AT$IMEI=861234567890123,PSW=5492,CSQ=17,\n\x01", told(known, "signal 17 of 31, −79 dBm;", "\x01")},
		"a password":                  {"AT$IMEI=861234567890123,PSW=1\n", ok(known, "")},
		"facts behind a comma":        {known + ",CSQ=17,VER=1.02\r\nx", told(known, "signal 17 of 31, −79 dBm;firmware 1.02;", "x")},
		"facts behind a semicolon":    {"IMEI:861234567890123;ICCID:8970100000000000001\r\n", told(known, "iccid 8970100000000000001;", "")},
		"a word and no colon":         {"IMEI861234567890123\r\n", ok(known, "")},
		"another word":                {"ID861234567890123\r\nx", ok(known, "x")},
		"in quotes":                   {"IMEI=\"861234567890123\"\r\nx", ok(known, "x")},
		"in quotes, bare":             {"IMEI='861234567890123'", quiet(known, "")},
		"in quotes, and data":         {"IMEI=\"861234567890123\"\x01", ok(known, "\x01")},
		"an object":                   {`{"imei":"861234567890123","csq":17}`, told(known, "signal 17 of 31, −79 dBm;", "")},
		"an object in another order":  {`{"csq":17,"IMEI":861234567890123,"iccid":"8970100000000000001","ver":"1}2"}` + "\r\nx", told(known, "signal 17 of 31, −79 dBm;iccid 8970100000000000001;firmware 1}2;", "x")},
		"an object and data":          {`{"imei":"861234567890123"}` + "\x01", ok(known, "\x01")},
	})
	check(t, imei, phoneBook(imei, known), map[string]registrationCase{
		"what follows the session's first bytes": {known + "\r\n\r\n", outcome{verdict: "registered", id: known, data: "\r\n"}},
	})
	checkLines(t, imei, phoneBook(imei, known, longer), map[string]lineCase{
		"known, may be longer":    {known, quiet(known, "")},
		"known, not the longer":   {known + "\r\n", ok(known, "")},
		"the longer":              {longer, quiet(longer, "")},
		"another longer":          {known + "5\n", told(known, "imei "+known+"5;", "")},
		"unknown and incomplete":  {known[:14], bad("more")},
		"known, and data at once": {known + "\x02", ok(known, "\x02")},
		"the longer and its line": {longer + "\r\nx", ok(longer, "x")},
		"the longer and a digit":  {longer + "0", bad(RefusedUnknown)},
		"another with a version":  {"35693803564380" + "12\n", told("3569380356438012", "imei 3569380356438012;", "")},
	})
}

func FuzzIMEI(f *testing.F) {
	for _, s := range []string{"IMEI:356938035643809\r\n\x01", "11111111111111", "1111111111111122\r", "AT$IMEI=861234567890123,P", "\r\n"} {
		f.Add([]byte(s), uint8(3))
	}
	p := &Profile{Kind: IMEI}
	ids := phoneBook(p, "11111111111111", "111111111111112", "356938035643809")
	f.Fuzz(func(t *testing.T, in []byte, n uint8) { samePieces(t, p, ids, in, int(n)) })
}

// Beside its profile's heartbeats a modem may send its id again, or all of its registration.
func TestIMEIAsHeartbeat(t *testing.T) {
	const id = "861234567890123"
	p := &Profile{Kind: IMEI, Heartbeats: []codec.Heartbeat{{Bytes: tmpl("LOG"), Answer: tmpl("ok")}}}
	reg, _ := p.NewRegistration(phoneBook(p, id))
	v := reg.Feed([]byte("IMEI:" + id + ",CSQ=17\r\n"))
	for in, want := range map[string]taken{
		id + "4":                     {data: id + "4"},
		"x" + id:                     {data: "x" + id},
		id[1:]:                       {data: id[1:]},
		id:                           {beats: 15},
		id + "\r\n":                  {beats: 17},
		id + "\n":                    {beats: 16},
		id + "\r\n" + id + "\r\n":    {beats: 34},
		"IMEI:" + id + ",CSQ=17\r\n": {beats: 29},
		"IMEI:" + id + ",CSQ=17":     {beats: 27},
		"LOG":                        {beats: 3, answer: "ok"},
		"LOG" + id + "\r":            {beats: 19, answer: "ok"},
	} {
		for _, n := range []int{len(in), 1, 7} {
			var cut []arrival
			for piece := range slices.Chunk([]byte(in), n) {
				cut = append(cut, arrival{0, string(piece)})
			}
			cut[0].idle = codec.StandsAlone
			c := p.NewCodec(&v, nil)
			if got := through(c, cut); got != want {
				t.Errorf("%q in pieces of %d: got %+v, want %+v", in, n, got, want)
			}
		}
	}
	if facts := v.Facts; len(facts) != 1 || facts[0].Name != wire.FactSignal {
		t.Errorf("it tells %v", facts)
	}
}
