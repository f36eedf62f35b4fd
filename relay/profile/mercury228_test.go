package profile

import (
	"bytes"
	"encoding/hex"
	"testing"

	"meterline/relay/codec"
)

// openLevel1 is a Mercury meter's request to open a channel, with the password 111111.
const openLevel1 = "\x00\x01\x01\x01\x01\x01\x01\x01\x01\x77\x81"

// The example frame: number 1, eleven bytes of payload, port 1. The CRC-24 is over number, length and port.
const (
	mercuryHeader  = "\x56\xF7\x74\x01\x00\x0B\x00\x01"
	mercuryExample = mercuryHeader + openLevel1 + "\xFF"
)

func TestMercury228Example(t *testing.T) {
	c := &mercury228{}
	wire, n := c.Encode([]byte("before"), []byte(openLevel1))
	if string(wire) != "before"+mercuryExample || n != len(openLevel1) {
		t.Errorf("got % X, %d", wire, n)
	}
	if crc := crc24([]byte(mercuryHeader[3:])); crc != 0x74F756 {
		t.Errorf("CRC-24 of the header is %06X", crc)
	}
	if crc := crc24([]byte("123456789")); crc != 0x21CF02 { // the check value of CRC-24/OPENPGP
		t.Errorf("CRC-24 of the check is %06X", crc)
	}
	if sum := mercurySum([]byte(openLevel1)); sum != 0xFF {
		t.Errorf("sum is %02X", sum)
	}
	if got := takeApart(t, c, wire, len(wire), 0); got != (takenApart{data: openLevel1, dropped: len("before")}) {
		t.Errorf("got %+v", got)
	}
}

func TestMercury228Numbers(t *testing.T) {
	c := &mercury228{number: 0xFFFE}
	for _, want := range []string{"FFFF", "0000", "0100"} {
		wire, _ := c.Encode(nil, []byte("x"))
		if got := hex.EncodeToString(wire[3:5]); got != hex.EncodeToString(unhex(t, want)) {
			t.Errorf("number %s, want %s", got, want)
		}
	}
	wire, n := c.Encode(nil, bytes.Repeat([]byte("x"), 1000))
	if n != 265 || len(wire) != 274 {
		t.Errorf("of 1000 bytes %d in a frame of %d", n, len(wire))
	}
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	p, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestMercury228Decode(t *testing.T) {
	frame := func(port byte, payload string) string {
		return string(appendMercury228(nil, 7, port, []byte(payload)))
	}
	broken := func(s string, i int) string {
		p := []byte(s)
		p[i] ^= 1
		return string(p)
	}
	for name, c := range map[string]struct {
		in   string
		want takenApart
	}{
		"noise":                     {"0123456789", takenApart{dropped: 3}}, // the rest may become a header
		"a broken CRC":              {broken(mercuryExample, 0) + mercuryExample, takenApart{data: openLevel1, dropped: 20}},
		"a broken header":           {broken(mercuryExample, 5) + mercuryExample, takenApart{data: openLevel1, dropped: 20}},
		"a broken payload":          {broken(mercuryExample, 10) + mercuryExample, takenApart{data: openLevel1, dropped: 20}},
		"a broken sum":              {broken(mercuryExample, 19) + mercuryExample, takenApart{data: openLevel1, dropped: 20}},
		"a frame inside a lost one": {mercuryHeader + "\x00\x01" + mercuryExample, takenApart{data: openLevel1, dropped: 10}},
		"an endless frame":          {frame(1, string(make([]byte, 1025))), takenApart{dropped: 1034 - 7}},
		"cut off":                   {mercuryExample[:19], takenApart{dropped: 12}}, // given up, and the rest may become a header
		"the second serial port":    {frame(2, "123") + mercuryExample, takenApart{data: openLevel1, dropped: 3}},
		"one":                       {mercuryExample, takenApart{data: openLevel1}},
		"two":                       {mercuryExample + frame(1, "x"), takenApart{data: openLevel1 + "x"}},
		"empty":                     {frame(1, "") + mercuryExample, takenApart{data: openLevel1}},
		"the gateway's settings":    {frame(0, "\x80\x01\x14\x02"), takenApart{facts: "signal=20 (-73 dBm);"}},
		"no signal":                 {frame(0, "\x80\x01\x63\x02"), takenApart{facts: "signal=unknown;"}},
		"the port's settings":       {frame(0, "\x81\x16\x25\x00"), takenApart{dropped: 4}},
	} {
		t.Run(name, func(t *testing.T) {
			got := sameTakenApart(t, func() codec.Codec { return &mercury228{} }, []byte(c.in), 9, 0)
			if got != c.want {
				t.Errorf("got  %+v\nwant %+v", got, c.want)
			}
		})
	}
}

// A header that stands in noise by chance holds the frames behind it back for a bounded time only.
func TestMercury228Holds(t *testing.T) {
	c := &mercury228{}
	if d := c.Decode([]byte(mercuryExample[:4]), 0); len(d.Data)+d.Dropped > 0 || c.Holding() != 0 {
		t.Errorf("got %+v, held for %v", d, c.Holding())
	}
	if d := c.Release(); len(d.Data)+d.Dropped > 0 {
		t.Errorf("let go of a beginning: %+v", d)
	}
	chance := appendMercury228(nil, 9, 1, make([]byte, 1000))[:mercuryHead]
	if d := c.Decode([]byte(mercuryExample[4:]+string(chance)+mercuryExample), 0); string(d.Data) != openLevel1 || c.Holding() != mercuryHold {
		t.Errorf("got %+v, held for %v", d, c.Holding())
	}
	if d := c.Release(); string(d.Data) != openLevel1 || d.Dropped != mercuryHead || c.Holding() != 0 {
		t.Errorf("got %+v, held for %v", d, c.Holding())
	}
}

func FuzzMercury228Decode(f *testing.F) {
	f.Add([]byte(mercuryExample+mercuryHeader+mercuryExample), uint8(3))
	f.Add(append(appendMercury228(nil, 3, 0, []byte("\x80123")), "x"...), uint8(1))
	f.Add(appendMercury228(nil, 4, 2, []byte(mercuryExample)), uint8(7))
	f.Fuzz(func(t *testing.T, in []byte, n uint8) {
		whole := sameTakenApart(t, func() codec.Codec { return &mercury228{} }, in, int(n), 0)
		c := &mercury228{}
		takeApart(t, c, in, len(in)+1, 0)
		if len(whole.data)+whole.dropped+c.framing+len(c.held) != len(in) {
			t.Errorf("% X: %d data, %d dropped, %d in frames, %d held", in, len(whole.data), whole.dropped, c.framing, len(c.held))
		}
	})
}

func FuzzMercury228Encode(f *testing.F) {
	f.Add([]byte(mercuryExample), uint8(3))
	f.Add(make([]byte, 1000), uint8(200))
	f.Fuzz(func(t *testing.T, in []byte, n uint8) {
		var wire []byte
		c := &mercury228{}
		for rest := in; len(rest) > 0; {
			var n int
			wire, n = c.Encode(wire, rest)
			rest = rest[n:]
		}
		got := sameTakenApart(t, func() codec.Codec { return &mercury228{} }, wire, int(n), 0)
		if want := (takenApart{data: string(in)}); got != want {
			t.Errorf("% X came back as %+v", in, got)
		}
	})
}
