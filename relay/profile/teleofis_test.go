package profile

import (
	"meterline/relay/crc16"
	"strings"
	"testing"
	"time"

	"meterline/relay/wire"
)

// teleofisOf is a modem's answer in a protocol, with data that is changed before its sum is made.
func teleofisOf(protocol byte, change func(data []byte) []byte) string {
	data := make([]byte, 63)
	copy(data[1:], "861234567890123")
	copy(data[16:], "WRX 2.1.7")
	copy(data[33:], "R2 rev.C  ")
	copy(data[43:], "secret\xC0\xC1\xC2\xC3\xC4key")
	data[62] = 1
	if change != nil {
		data = change(data)
	}
	head := []byte{protocol, 7, 2}
	if protocol > 0 {
		head = append(head, 0)
	}
	return string(teleofisFrame(head, data))
}

func TestTeleofis(t *testing.T) {
	ok := func(data string) outcome { return outcome{verdict: "registered", id: "861234567890123", data: data} }
	bad := func(why string) outcome { return outcome{verdict: why} }
	good := teleofisOf(1, nil)
	set := func(i int, b byte) func([]byte) []byte {
		return func(data []byte) []byte { data[i] = b; return data }
	}
	check(t, &Profile{Kind: Teleofis}, nil, map[string]registrationCase{
		"nothing":                {"", bad("more")},
		"a byte before it":       {"\x00" + good, bad(RefusedGarbage)},
		"an empty frame":         {"\xC0\xC2", bad(RefusedGarbage)},
		"a frame of one byte":    {"\xC0\x01\xC2", bad(RefusedGarbage)},
		"another protocol":       {teleofisOf(2, nil), bad(RefusedGarbage)},
		"our own greeting":       {string((&Profile{Kind: Teleofis}).Hello(wire.Credentials{})), bad(RefusedGarbage)},
		"less data":              {teleofisOf(1, func(d []byte) []byte { return d[:62] }), bad(RefusedGarbage)},
		"more data":              {teleofisOf(1, func(d []byte) []byte { return append(d, 0) }), bad(RefusedGarbage)},
		"its end too early":      {good[:40] + "\xC2", bad(RefusedGarbage)},
		"a frame in a frame":     {good[:40] + good, bad(RefusedGarbage)},
		"an escape of nothing":   {good[:40] + "\xC4\xC5" + good[40:], bad(RefusedGarbage)},
		"an escape before C2":    {good[:40] + "\xC4\xC2" + good[40:], bad(RefusedGarbage)},
		"an escape before C0":    {good[:40] + "\xC4\xC0" + good[40:], bad(RefusedGarbage)},
		"a byte too many":        {good[:40] + "\x00" + good[40:], bad(RefusedGarbage)},
		"a byte too few":         {good[:39] + good[40:], bad(RefusedGarbage)},
		"another byte":           {strings.Replace(good, "2.1.7", "2.1.8", 1), bad(RefusedChecksum)},
		"no end":                 {good[:len(good)-1] + strings.Repeat("\x00", 100), bad(RefusedGarbage)},
		"an empty IMEI":          {teleofisOf(1, func(d []byte) []byte { clear(d[1:16]); return d }), bad(RefusedGarbage)},
		"a letter in the IMEI":   {teleofisOf(1, set(15, 'x')), bad(RefusedGarbage)},
		"still without its end":  {good[:len(good)-1], bad("more")},
		"protocol 0":             {teleofisOf(0, nil), ok("")},
		"protocol 1":             {good, ok("")},
		"the service channel":    {teleofisOf(1, set(62, 0)), ok("")},
		"data behind it":         {good + "\xC0\xC4data", ok("\xC0\xC4data")},
		"data behind protocol 0": {teleofisOf(0, nil) + "\xC2", ok("\xC2")},
	})
	short := teleofisOf(0, set(15, 0))
	check(t, &Profile{Kind: Teleofis}, nil, map[string]registrationCase{
		"fourteen digits": {short, outcome{verdict: "registered", id: "86123456789012"}},
	})
}

func TestTeleofisTells(t *testing.T) {
	if got := factsOf(t, Teleofis, teleofisOf(0, nil)); got != "firmware: WRX 2.1.7; hardware: R2 rev.C; channel: data; " {
		t.Errorf("told %s", got)
	}
	for channel, want := range map[byte]string{0: "channel: service; ", 7: ""} {
		got := factsOf(t, Teleofis, teleofisOf(1, func(data []byte) []byte {
			data[16], data[33], data[62] = 0xFF, 0xFF, channel
			return data
		}))
		if got != want {
			t.Errorf("channel %d: told %s", channel, got)
		}
	}
}

// What we say was worked out from the protocol's description; the sums are made here a second time.
func TestTeleofisSays(t *testing.T) {
	zeros := strings.Repeat("\x00", 20)
	p := &Profile{Kind: Teleofis}
	if got := string(p.Hello(wire.Credentials{})); got != "\xC0\x00\x06\x00\x14"+zeros+"\xE7\x48\xC2" {
		t.Errorf("greeting % x", got)
	}
	if got := string(p.Welcome(&Verdict{}, time.Now())); got != "\xC0\x01\x06\x01\x00\x14"+zeros+"\x02\xFD\xC2" {
		t.Errorf("answer % x", got)
	}
	if got := crc16.CCITT(crc16.Start, []byte("123456789")); got != 0x29B1 { // the check value in catalogues of such sums
		t.Errorf("check sum %04x", got)
	}
	for inside, crc := range map[string]uint16{"\x00\x06\x00\x14" + zeros: 0x48E7, "\x01\x06\x01\x00\x14" + zeros: 0xFD02} {
		if got := crc16.CCITT(crc16.Start, []byte(inside)); got != crc {
			t.Errorf("check sum %04x, want %04x", got, crc)
		}
	}
	if got := string(teleofisFrame([]byte{1, 7, 0, 0}, []byte{0xC0, 0xC2, 0xC4, 0xC1})); !strings.HasPrefix(got, "\xC0\x01\x07\x00\x00\x04\xC4\xC1\xC4\xC3\xC4\xC4\xC1") {
		t.Errorf("escaped % x", got)
	}
	if c := p.NewCodec(&Verdict{}, nil); c != nil {
		t.Errorf("not transparent, but %T", c)
	}
}

func TestTeleofisPartial(t *testing.T) {
	whole := teleofisOf(1, nil)
	for n, want := range map[int]string{0: "", 1: "", 2: "", 6: "", 7: "", 8: "8", 12: "86123", 40: "861234567890123", 80: "861234567890123"} {
		reg := &teleofis{}
		if v := reg.Feed([]byte(whole[:min(n, len(whole)-1)])); v.Refused != "" || reg.Partial() != want {
			t.Errorf("%d bytes are shown as %q, want %q", n, reg.Partial(), want)
		}
	}
	if v := (&teleofis{}).Silence(); v.Refused != RefusedUnfinished {
		t.Errorf("silence means %+v", v)
	}
}

func FuzzTeleofis(f *testing.F) {
	f.Add([]byte(teleofisOf(0, nil)+"data"), uint8(3))
	f.Add([]byte(teleofisOf(1, nil)), uint8(1))
	f.Add([]byte("\xC0\xC4\xC1\xC4\xC5"), uint8(1))
	p := &Profile{Kind: Teleofis}
	f.Fuzz(func(t *testing.T, in []byte, n uint8) {
		samePieces(t, p, nil, in, int(n))
		reg := &teleofis{}
		_ = reg.Feed(in)
		_ = reg.Partial()
	})
}

// FuzzTeleofisEscapes: a frame with whatever inside has one beginning and one end.
func FuzzTeleofisEscapes(f *testing.F) {
	f.Add([]byte("\xC0\xC1\xC2\xC3\xC4"))
	f.Fuzz(func(t *testing.T, data []byte) {
		wire := teleofisFrame([]byte{1, 7, 0, 0}, data[:min(len(data), 255)])
		if strings.Count(string(wire), "\xC0") != 1 || strings.Count(string(wire), "\xC2") != 1 {
			t.Errorf("% x became % x", data, wire)
		}
	})
}
