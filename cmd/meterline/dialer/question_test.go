package dialer

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"meterline/relay/simulated/meters"

	"meterline/relay/crc16"
)

func TestProbeRequests(t *testing.T) {
	for _, bad := range []Question{
		{Modbus: "1"}, {Modbus: "0:0"}, {Modbus: "248:0"}, {Modbus: "1:65536"}, {Modbus: "1:0:0"}, {Modbus: "1:0:126"},
		{Modbus: "1:0:1:1"}, {Modbus: "-1:0"}, {Hex: ""}, {Hex: "0"}, {Hex: "xx"},
	} {
		if request, err := bad.Request(); err == nil {
			t.Errorf("%q %q asks % x", bad.Modbus, bad.Hex, request)
		}
	}
	for _, c := range []struct {
		verb Question
		want string
	}{
		{Question{Modbus: "1:0:10"}, "\x01\x03\x00\x00\x00\x0a\xc5\xcd"}, // known vector
		{Question{Modbus: "17:107:3"}, "\x11\x03\x00\x6b\x00\x03\x76\x87"},
		{Question{IEC: true}, "/?!\r\n"},
		{Question{IEC: true, Address: "12"}, "/?12!\r\n"},
		{Question{Hex: "7E:a0 08"}, "\x7e\xa0\x08"},
	} {
		if got, err := c.verb.Request(); err != nil || string(got) != c.want {
			t.Errorf("%+v: % x, %v; want % x", c.verb, got, err, c.want)
		}
	}
}

func TestProbeSaysWhatCameBack(t *testing.T) {
	modbus := Question{Modbus: "1:0:2"}
	request, err := modbus.Request()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		answer []byte
		want   string
	}{
		{[]byte{1, 3}, "too few"},
		{[]byte{1, 3, 4, 0, 1, 0, 2, 0, 0}, "wrong CRC"},
		{crc16.Modbus.Append([]byte{2, 3, 4, 0, 1, 0, 2}), "unit 2 answers instead of unit 1"},
		{crc16.Modbus.Append([]byte{1, 0x83, 2}), "exception 2 (illegal data address)"},
		{crc16.Modbus.Append([]byte{1, 0x83, 99}), "exception 99 (unknown)"},
		{crc16.Modbus.Append([]byte{1, 3, 3, 0, 1, 0}), "another frame"},
		{crc16.Modbus.Append([]byte{1, 4, 4, 0, 1, 0, 2}), "another frame"},
		{crc16.Modbus.Append([]byte{1, 3, 4, 0, 1, 0xff, 2}), "unit 1 answers: 1 65282"},
	} {
		if got := modbus.Meaning(request, c.answer); !strings.Contains(got, c.want) {
			t.Errorf("% x: %q, want %q", c.answer, got, c.want)
		}
	}
	iec := Question{IEC: true}
	for answer, want := range map[string]string{
		"/MTL5\\2METERLINE\r\n": "the meter answers: MTL5\\2METERLINE",
		"\x00\x00/ABC0x\r\n":    "the meter answers: ABC0x",
		"/AB\r\n":               "no IEC 62056-21 identification",
		"/ABC5 no end":          "no IEC 62056-21 identification",
		"":                      "no IEC 62056-21 identification",
	} {
		if got := iec.Meaning(nil, []byte(answer)); !strings.Contains(got, want) {
			t.Errorf("%q: %q, want %q", answer, got, want)
		}
	}
}

// The simulated meters are another's work: the probe and they must agree on the protocols.
func TestProbeAndSimulatedMetersAgree(t *testing.T) {
	verb := Question{Modbus: "5:0:3"}
	request, err := verb.Request()
	if err != nil {
		t.Fatal(err)
	}
	answer := bytes.Clone(meters.NewModbus(5).Feed(request, time.Now()))
	if got := verb.Meaning(request, answer); !strings.HasPrefix(got, "unit 5 answers: ") {
		t.Errorf("% x: %s", answer, got)
	}
	answer = bytes.Clone(meters.NewIEC("").Feed([]byte("/?!\r\n"), time.Now()))
	if got := iecMeaning(answer); !strings.Contains(got, "SIM") {
		t.Errorf("%q: %s", answer, got)
	}
}

func FuzzProbeMeaning(f *testing.F) {
	f.Add([]byte{1, 3, 4, 0, 1, 0, 2, 0, 0})
	f.Add(crc16.Modbus.Append([]byte{1, 0x83, 2}))
	f.Add(crc16.Modbus.Append([]byte{1, 3, 0}))
	f.Add([]byte("/MTL5\r\n"))
	f.Fuzz(func(t *testing.T, answer []byte) {
		request := []byte{1, 3, 0, 0, 0, 2, 0, 0}
		for _, text := range []string{
			modbusMeaning(request, answer), modbusMeaning(request, crc16.Modbus.Append(bytes.Clone(answer))), iecMeaning(answer),
		} {
			if text == "" || strings.ContainsAny(text, "\x00\x1b\r\n") {
				t.Errorf("% x: %q", answer, text)
			}
		}
	})
}
