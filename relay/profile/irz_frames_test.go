package profile

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"
	"time"
)

func freshIRZ() Codec { return &irzFrames{} }

// irzOf is a frame, written as the description has it.
func irzOf(kind byte, payload string) string {
	return "\xC8\xCA\xCB\xCC\xCD" + string([]byte{kind, byte(len(payload) >> 8), byte(len(payload))}) + payload + "\r\n"
}

func TestIRZFrames(t *testing.T) {
	const ping = "\x00\x00\x01\xB0"
	pinged := irzOf(1, ping)
	inner := irzOf(2, irzKeepalive) + irzHeader
	for name, c := range map[string]struct {
		in   string
		want sum
	}{
		"bytes outside":                 {"abc" + pinged + "de", sum{ping, "", 5}},
		"half a header":                 {"\xC8\xCA\xCB" + pinged, sum{ping, "", 3}},
		"a header that begins anew":     {"\xC8\xC8\xCA\xC8" + pinged, sum{ping, "", 4}},
		"a line instead of a frame":     {irzLine + pinged, sum{ping, "", len(irzLine)}},
		"no trailer, a frame at once":   {pinged[:len(pinged)-2] + pinged, sum{ping + ping, "", 0}},
		"half a trailer, a frame":       {pinged[:len(pinged)-1] + pinged, sum{ping + ping, "", 1}},
		"another trailer":               {pinged[:len(pinged)-2] + "\n\r" + pinged, sum{ping + ping, "", 2}},
		"firmware and setup":            {irzOf(4, "PASSOK") + irzOf(5, "OK") + pinged, sum{ping, "", 8}},
		"an unknown type":               {irzOf(0x7F, "abc") + pinged, sum{ping, "", 3}},
		"a service frame of nothing":    {irzOf(12, "") + pinged, sum{ping, "", 0}},
		"a service frame cut short":     {irzOf(12, "\x01\x40") + pinged, sum{ping, "", 2}},
		"a question from a modem":       {irzOf(12, "\x00\x40\x01") + pinged, sum{ping, "", 3}},
		"an answer without its value":   {irzOf(12, "\x01\x40\x01") + pinged, sum{ping, "", 3}},
		"a signal that is none":         {irzOf(12, "\x01\x40\x01\x40") + pinged, sum{ping, "", 4}},
		"an answer to no question":      {irzOf(12, "\x01\x40\x07\x40") + pinged, sum{ping, "", 4}},
		"a cell in binary":              {irzOf(12, "\x01\x40\x04\x01") + pinged, sum{ping, "", 4}},
		"a cell without an end":         {irzOf(12, "\x01\x40\x04"+strings.Repeat("x", 5000)) + pinged, sum{ping, "", 5003}},
		"a cell just too long":          {irzOf(12, "\x01\x40\x04"+strings.Repeat("x", irzServiceMost-2)) + pinged, sum{ping, "", irzServiceMost + 1}},
		"a keepalive":                   {irzOf(2, irzKeepalive) + pinged, sum{ping, "", 0}},
		"an empty keepalive":            {irzOf(2, "") + pinged, sum{ping, "", 0}},
		"an empty data frame":           {irzOf(1, "") + pinged, sum{ping, "", 0}},
		"data, as published":            {"\xC8\xCA\xCB\xCC\xCD\x01\x00\x04\x00\x00\x01\xB0\r\n", sum{ping, "", 0}},
		"frames inside data":            {irzOf(1, inner) + pinged, sum{inner + ping, "", 0}},
		"a long frame":                  {irzOf(1, strings.Repeat("long", 100)), sum{strings.Repeat("long", 100), "", 0}},
		"data before the frame's end":   {pinged[:11], sum{ping[:3], "", 0}},
		"an answer about the signal":    {irzOf(12, "\x01\x40\x01\x11"), sum{"", "signal: 17 of 31, −79 dBm; ", 0}},
		"an answer about the inputs":    {irzOf(12, "\x01\x40\x02\x00\x01\x00\x02"), sum{"", "inputs: 00 01 00 02; ", 0}},
		"an answer about the cell":      {irzOf(12, "\x01\x40\x04250,01,7B"), sum{"", "cell: 250,01,7B; ", 0}},
		"an answer about its warmth":    {irzOf(12, "\x01\x40\x05\x7B"), sum{"", "temperature: 23 °C; ", 0}},
		"an answer about its cold":      {irzOf(12, "\x01\x40\x05\x3C"), sum{"", "temperature: -40 °C; ", 0}},
		"an answer about the SIM card":  {irzOf(12, "\x01\x40\x0B8970100000000000001\x00"), sum{"", "iccid: 8970100000000000001; ", 0}},
		"an answer between data frames": {pinged + irzOf(12, "\x01\x40\x01\x63") + pinged, sum{ping + ping, "signal: not known; ", 0}},
	} {
		t.Run(name, func(t *testing.T) { decodesTo(t, freshIRZ, c.in, c.want) })
	}
}

func TestIRZEncodes(t *testing.T) {
	wire, n := (&irzFrames{}).Encode([]byte("before"), []byte("\x00\x00\x01\xB0"))
	if n != 4 || string(wire) != "before\xC8\xCA\xCB\xCC\xCD\x01\x00\x04\x00\x00\x01\xB0\r\n" {
		t.Errorf("%d bytes became % x", n, wire)
	}
	if _, n := (&irzFrames{}).Encode(nil, make([]byte, 5000)); n != irzPacket {
		t.Errorf("%d bytes in one frame", n)
	}
	comesBack(t, freshIRZ, []byte(irzOf(1, "x")+strings.Repeat("y", 3*irzPacket)), 5)
}

// The questions come one by one, the first when the modem is on line, and again after hours.
func TestIRZAsks(t *testing.T) {
	a, ok := As[Asker](freshIRZ())
	if !ok {
		t.Fatal("nothing is asked")
	}
	if q, next := a.Ask(); len(q) != 0 || next != irzAskApart {
		t.Errorf("at once: % x, then in %v", q, next)
	}
	for range 2 {
		for i, code := range []byte{1, 2, 4, 5, 11} {
			want := irzAskApart
			if i == 4 {
				want = irzAskEvery
			}
			q, next := a.Ask()
			if string(q) != "\xC8\xCA\xCB\xCC\xCD\x0C\x00\x03\x00\x40"+string([]byte{code})+"\r\n" || next != want {
				t.Errorf("question %d: % x, then in %v", code, q, next)
			}
		}
	}
	if irzAskEvery < time.Hour {
		t.Error("too often for a metered SIM card")
	}
}

// irzPlainly takes a stream apart as it is described, all of it at hand.
func irzPlainly(in []byte) (data []byte, dropped int) {
	for len(in) > 0 {
		i := bytes.Index(in, []byte(irzHeader))
		if i < 0 { // a header may be about to come
			for n := min(len(irzHeader)-1, len(in)); ; n-- {
				if bytes.HasSuffix(in, []byte(irzHeader)[:n]) {
					return data, dropped + len(in) - n
				}
			}
		}
		dropped += i
		if in = in[i:]; len(in) < 8 {
			return data, dropped
		}
		kind, n := in[5], int(binary.BigEndian.Uint16(in[6:]))
		in = in[8:]
		payload := in[:min(n, len(in))]
		in = in[len(payload):]
		switch kind {
		case 1:
			data = append(data, payload...)
		case 2:
		case 12:
			switch _, ok := irzServiceFact(payload); {
			case n > irzServiceMost, len(payload) == n && !ok:
				dropped += len(payload)
			}
		default:
			dropped += len(payload)
		}
		switch {
		case bytes.HasPrefix(in, []byte("\r\n")):
			in = in[2:]
		case string(in) == "\r":
			return data, dropped
		case bytes.HasPrefix(in, []byte("\r")):
			dropped++
			in = in[1:]
		}
	}
	return data, dropped
}

// FuzzIRZFrames: in whatever pieces, data and what is dropped are those of the description.
func FuzzIRZFrames(f *testing.F) {
	f.Add([]byte(irzOf(1, "data")+"garbage"+irzOf(2, irzKeepalive)+irzOf(12, "\x01\x40\x01\x11")), uint8(3))
	f.Add([]byte(irzOf(1, irzHeader)+irzHeader+irzOf(4, "x")+"\r"+irzOf(12, "\x01\x40")), uint8(5))
	f.Add([]byte(irzOf(12, "\x01\x40\x04"+strings.Repeat("x", irzServiceMost))[:20]), uint8(1))
	f.Add([]byte(irzHeader+"\x02\x30\x30\x30"), uint8(1))
	f.Add([]byte("\xC8\xC8\xCA"+irzOf(9, "x")[:8]), uint8(1))
	f.Fuzz(func(t *testing.T, in []byte, n uint8) {
		data, dropped := irzPlainly(in)
		whole := decodeAll(freshIRZ(), in, len(in))
		if whole.data != string(data) || whole.dropped != dropped {
			t.Errorf("%q: %+v, but by the description %q and %d", in, whole, data, dropped)
		}
		for _, n := range []int{1, int(n)%16 + 1} {
			if got := decodeAll(freshIRZ(), in, n); got != whole {
				t.Errorf("%q in pieces of %d: %+v, at once %+v", in, n, got, whole)
			}
		}
	})
}

func FuzzIRZComesBack(f *testing.F) {
	f.Add([]byte(irzOf(1, "data")), uint8(3))
	f.Add(make([]byte, 2*irzPacket+1), uint8(7))
	f.Fuzz(func(t *testing.T, p []byte, n uint8) { comesBack(t, freshIRZ, p, int(n)) })
}
