package profile

import (
	"bytes"
	"testing"
	"time"
)

// holdingCodec is what heartbeats are stripped by.
type holdingCodec interface {
	Codec
	Holder
}

func holder(t *testing.T, known []Heartbeat) holdingCodec {
	t.Helper()
	h, ok := newHeartbeats(known).(holdingCodec)
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
		known    []Heartbeat
		pieces   []piece
		released bool // silence followed
		data     string
		answer   string
	}{
		"data in the middle of data":      {log, []piece{{none, "LOG"}}, false, "LOG", ""},
		"more behind it":                  {log, []piece{{gap, "LOGx"}}, false, "LOGx", ""},
		"two at once":                     {log, []piece{{gap, "LOGLOG"}}, false, "LOGLOG", ""},
		"a beginning that goes elsewhere": {log, []piece{{gap, "LO"}, {none, "W"}}, false, "LOW", ""},
		"a beginning and no more":         {log, []piece{{gap, "LO"}}, true, "LO", ""},
		"something else":                  {log, []piece{{gap, "x"}}, false, "x", ""},
		"alone":                           {log, []piece{{gap, "LOG"}}, false, "", "ok"},
		"alone in pieces":                 {log, []piece{{gap, "L"}, {none, "O"}, {none, "G"}}, false, "", "ok"},
		"data right behind":               {log, []piece{{gap, "LOG"}, {none, "x"}}, false, "x", "ok"},
		"again later":                     {log, []piece{{gap, "LOG"}, {gap, "LOG"}}, false, "", "okok"},
		"the longer one":                  {both, []piece{{gap, "LOG"}, {none, "IN"}}, false, "", "b"},
		"the shorter one":                 {both, []piece{{gap, "LOG"}}, true, "", "a"},
		"neither":                         {both, []piece{{gap, "LOG"}, {none, "I"}}, true, "LOGI", ""},
	} {
		t.Run(name, func(t *testing.T) {
			h := holder(t, c.known)
			var data, answer []byte
			for _, p := range c.pieces {
				d := h.Decode([]byte(p.p), p.idle)
				data, answer = append(data, d.Data...), append(answer, d.Answer...)
			}
			if held := h.Holding() > 0; held != c.released {
				t.Errorf("holding: %v, want %v", held, c.released)
			}
			d := h.Release()
			data, answer = append(data, d.Data...), append(answer, d.Answer...)
			if string(data) != c.data || string(answer) != c.answer {
				t.Errorf("data %q, answer %q; want %q, %q", data, answer, c.data, c.answer)
			}
		})
	}
	if newHeartbeats(nil) != nil {
		t.Error("no heartbeats need no codec")
	}
}

// What ends a registration and what beats behind it are taken out one after the other.
func TestHeartbeatsBehindALineEnd(t *testing.T) {
	c, ok := newChain(nil, &lineEnd{}, newHeartbeats([]Heartbeat{{Bytes: tmpl("LOG"), Answer: tmpl("ok")}})).(holdingCodec)
	if !ok {
		t.Fatal("the chain does not hold")
	}
	if c.Holding() != 0 {
		t.Error("something is held before anything came")
	}
	if d := c.Decode([]byte("\r\n"), 0); len(d.Data)+len(d.Answer) > 0 {
		t.Errorf("the line end became %+v", d)
	}
	if d := c.Decode([]byte("LOG"), StandsAlone); len(d.Data) > 0 || string(d.Answer) != "ok" {
		t.Errorf("the heartbeat became %+v", d)
	}
	if d := c.Decode([]byte("LO"), StandsAlone); len(d.Data) > 0 || c.Holding() != holdBeat {
		t.Errorf("a beginning became %+v, held for %v", d, c.Holding())
	}
	if d := c.Release(); string(d.Data) != "LO" || c.Holding() != 0 {
		t.Errorf("let go: %+v", d)
	}
	if d := c.Release(); len(d.Data) > 0 {
		t.Errorf("let go of nothing: %+v", d)
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
