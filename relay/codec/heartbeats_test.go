package codec

import (
	"bytes"
	"meterline/relay/wire"
	"testing"
	"time"
)

// holdingCodec is what heartbeats are stripped by.
type holdingCodec interface {
	Codec
	Holder
}

// tmpl is a template of the test's own.
func tmpl(s string) wire.Template {
	t, err := wire.ParseTemplate(s)
	if err != nil {
		panic(err) // a fault of the test
	}
	return t
}

func holder(t *testing.T, known []Heartbeat) holdingCodec {
	t.Helper()
	h, ok := NewHeartbeats(BeatsOf(known, nil, nil), Finding{}).(holdingCodec)
	if !ok {
		t.Fatal("nothing strips heartbeats")
	}
	return h
}

func TestHeartbeats(t *testing.T) {
	type piece struct {
		idle time.Duration
		p    string
	}
	const gap, none = StandsAlone, time.Millisecond
	log := []Heartbeat{{Bytes: tmpl("LOG"), Answer: tmpl("ok")}}
	both := []Heartbeat{{Bytes: tmpl("LOG"), Answer: tmpl("a")}, {Bytes: tmpl("LOGIN"), Answer: tmpl("b")}}
	for name, c := range map[string]struct {
		known  []Heartbeat
		pieces []piece
		held   bool // what has come waits for more
		data   string
		answer string
	}{
		"data in the middle of data":      {log, []piece{{none, "LOG"}}, false, "LOG", ""},
		"more behind it":                  {log, []piece{{gap, "LOGx"}}, false, "LOGx", ""},
		"two at once, and data":           {log, []piece{{gap, "LOGLOGx"}}, false, "LOGLOGx", ""},
		"two, and the beginning of more":  {log, []piece{{gap, "LOGLO"}}, true, "LOGLO", ""},
		"two at once":                     {log, []piece{{gap, "LOGLOG"}}, true, "", "okok"},
		"three in pieces":                 {log, []piece{{gap, "LOGL"}, {none, "OGLO"}, {none, "G"}}, true, "", "okokok"},
		"a short while behind one":        {log, []piece{{gap, "LOG"}, {gap / 3, "LOG"}}, true, "", "okok"},
		"a beginning that goes elsewhere": {log, []piece{{gap, "LO"}, {none, "W"}}, false, "LOW", ""},
		"a beginning and no more":         {log, []piece{{gap, "LO"}}, true, "LO", ""},
		"something else":                  {log, []piece{{gap, "x"}}, false, "x", ""},
		"alone":                           {log, []piece{{gap, "LOG"}}, true, "", "ok"},
		"alone in pieces":                 {log, []piece{{gap, "L"}, {none, "O"}, {none, "G"}}, true, "", "ok"},
		"data a while behind":             {log, []piece{{gap, "LOG"}, {holdWhole, "x"}}, false, "x", "ok"},
		"a message that begins like one":  {log, []piece{{gap, "LOG"}, {none, "BOOK 2"}}, false, "LOGBOOK 2", ""},
		"data right behind":               {log, []piece{{gap, "LOG"}, {none, "x"}}, false, "LOGx", ""},
		"again later":                     {log, []piece{{gap, "LOG"}, {gap, "LOG"}}, true, "", "okok"},
		"the longer one":                  {both, []piece{{gap, "LOG"}, {none, "IN"}}, true, "", "b"},
		"the shorter one":                 {both, []piece{{gap, "LOG"}}, true, "", "a"},
		"neither":                         {both, []piece{{gap, "LOG"}, {none, "I"}}, true, "LOGI", ""},
		"the shorter one, and the longer": {both, []piece{{gap, "LOGLOGIN"}}, true, "", "ab"},
	} {
		t.Run(name, func(t *testing.T) {
			h := holder(t, c.known)
			var data, answer []byte
			for _, p := range c.pieces {
				d := h.Decode([]byte(p.p), p.idle)
				data, answer = append(data, d.Data...), append(answer, d.Answer...)
			}
			if held := h.Holding() > 0; held != c.held {
				t.Errorf("holding: %v, want %v", held, c.held)
			}
			d := h.Release()
			data, answer = append(data, d.Data...), append(answer, d.Answer...)
			if string(data) != c.data || string(answer) != c.answer {
				t.Errorf("data %q, answer %q; want %q, %q", data, answer, c.data, c.answer)
			}
		})
	}
	if NewHeartbeats(nil, Finding{}) != nil {
		t.Error("no heartbeats need no codec")
	}
}

// FuzzHeartbeats: whatever comes in whatever pieces and pauses, only whole heartbeats are missing from it.
func FuzzHeartbeats(f *testing.F) {
	f.Add([]byte("LOG"), uint8(1), uint8(3))
	f.Add([]byte("LOGINxLO"), uint8(3), uint8(1))
	f.Fuzz(func(t *testing.T, in []byte, pauses, size uint8) {
		known := []Heartbeat{{Bytes: tmpl("LOG"), Answer: tmpl("LOG")}, {Bytes: tmpl("LOGIN"), Answer: tmpl("LOGIN")}}
		h := holder(t, known)
		var whole []byte // data and heartbeats, which answer with themselves, in order
		for i, rest := 0, in; len(rest) > 0; i++ {
			n := min(int(size)%8+1, len(rest))
			idle := time.Duration(0)
			if pauses>>(i%8)&1 == 1 {
				d := h.Release()
				whole, idle = append(append(whole, d.Data...), d.Answer...), StandsAlone
			}
			d := h.Decode(bytes.Clone(rest[:n]), idle)
			whole, rest = append(append(whole, d.Data...), d.Answer...), rest[n:]
		}
		d := h.Release()
		if whole = append(append(whole, d.Data...), d.Answer...); !bytes.Equal(whole, in) {
			t.Errorf("%q became %q", in, whole)
		}
	})
}
