package profile

import (
	"bytes"
	"slices"
	"testing"
	"time"
)

func TestIRZPlain(t *testing.T) {
	type piece struct {
		idle time.Duration
		p    string
	}
	const gap, none, beat = StandsAlone, time.Millisecond, irzKeepalive
	for name, c := range map[string]struct {
		pieces   []piece
		released bool // silence followed
		data     string
	}{
		"among data":                      {[]piece{{gap, "x"}, {none, beat}}, false, "x" + beat},
		"just before the pause is one":    {[]piece{{gap - 1, beat}}, false, beat},
		"data in front of it":             {[]piece{{gap, "x" + beat}}, false, "x" + beat},
		"data behind it at once":          {[]piece{{gap, beat + "x"}}, false, beat + "x"},
		"two at once":                     {[]piece{{gap, beat + beat}}, false, beat + beat},
		"in two writes, data in the last": {[]piece{{gap, beat[:2]}, {none, beat[2:] + "x"}}, false, beat + "x"},
		"a beginning that goes elsewhere": {[]piece{{gap, beat[:4]}, {none, "\xBE"}}, false, beat[:4] + "\xBE"},
		"a beginning and no more":         {[]piece{{gap, beat[:2]}}, true, beat[:2]},
		"the rest comes too late":         {[]piece{{gap, beat[:2]}, {-1, ""}, {gap, beat[2:]}}, false, beat},
		"its end alone":                   {[]piece{{gap, beat[1:]}}, false, beat[1:]},
		"alone":                           {[]piece{{gap, beat}}, false, ""},
		"alone in two writes":             {[]piece{{gap, beat[:2]}, {none, beat[2:]}}, false, ""},
		"alone in five writes":            {[]piece{{gap, beat[:1]}, {none, beat[1:2]}, {none, beat[2:3]}, {none, beat[3:4]}, {none, beat[4:]}}, false, ""},
		"data in a write behind it":       {[]piece{{gap, beat}, {none, "x"}}, false, "x"},
		"again and again":                 {[]piece{{gap, beat}, {gap, beat}, {gap, beat}}, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			h := &irzPlain{}
			var s sum
			for _, p := range c.pieces {
				if p.idle < 0 {
					s.add(h.Release())
					continue
				}
				s.add(h.Decode([]byte(p.p), p.idle))
			}
			if held := h.Holding() > 0; held != c.released {
				t.Errorf("holding: %v, want %v", held, c.released)
			}
			s.add(h.Release())
			if s.data != c.data || s.dropped != 0 || h.Holding() != 0 {
				t.Errorf("%+v, want %q", s, c.data)
			}
		})
	}
}

// FuzzIRZPlain: whatever comes in whatever pieces and pauses, only whole keepalives are missing from it.
func FuzzIRZPlain(f *testing.F) {
	f.Add([]byte(irzKeepalive+irzKeepalive), uint8(255), uint8(4))
	f.Add([]byte("x"+irzKeepalive+"x"), uint8(3), uint8(2))
	f.Fuzz(func(t *testing.T, in []byte, pauses, size uint8) {
		c := &irzPlain{}
		var whole []byte
		i := 0
		for part := range slices.Chunk(in, int(size)%8+1) {
			idle := time.Duration(0)
			if pauses>>(i%8)&1 == 1 {
				whole = append(whole, c.Release().Data...)
				idle = StandsAlone
			}
			data := c.Decode(bytes.Clone(part), idle).Data
			if whole = append(whole, data...); len(data) == 0 && c.Holding() == 0 {
				whole = append(whole, irzKeepalive...) // it can have been nothing else
			}
			i++
		}
		if whole = append(whole, c.Release().Data...); !bytes.Equal(whole, in) {
			t.Errorf("%q became %q", in, whole)
		}
	})
}
