package codec

import (
	"bytes"
	"testing"

	"meterline/relay/wire"
)

// A head that announces more than a packet with a checksum may have is none: nothing is held for it.
func TestPacketsWithAChecksumAreBounded(t *testing.T) {
	parse := func(s string) wire.Template {
		t.Helper()
		parsed, err := wire.ParseTemplate(s)
		if err != nil {
			t.Fatal(err)
		}
		return parsed
	}
	rules := Framing{In: parse("hex:01 41 {length:2} {data} {crc16}")}
	packet := func(n int) []byte {
		sent := rules.In.Append(nil, &wire.Values{Data: bytes.Repeat([]byte{5}, n), Length: n})
		return sent
	}
	for n, fits := range map[int]bool{0: true, 1: true, maxChecked: true, maxChecked + 1: false, 65535: false} {
		c := NewFraming(&rules, nil, nil, 1024, nil)
		d := c.Decode(packet(n), 0)
		if fits && (len(d.Data) != n || d.Dropped > 0) || !fits && (len(d.Data) > 0 || d.Dropped != n+6) {
			t.Errorf("%d bytes: %d of data, %d dropped", n, len(d.Data), d.Dropped)
		}
		if held := c.(Pender).Pending(); held > 0 {
			t.Errorf("%d bytes: %d are held", n, held)
		}
	}
}
