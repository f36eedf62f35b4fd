package meters

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"math"
	"strings"
	"testing"
	"time"
)

var testNow = time.Date(2026, 1, 15, 13, 4, 5, 0, time.UTC)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	p, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestCRC16Vectors(t *testing.T) {
	for name, frame := range map[string]string{
		"exception-free answer of one register": "01 04 02 FFFF B8 80",
		"read ten registers":                    "01 03 00 00 00 0A C5 CD",
		"read three registers of unit 17":       "11 03 00 6B 00 03 76 87",
		"mercury ping":                          "00 00 01 B0",
		"mercury open":                          "00 01 01 01 01 01 01 01 01 77 81",
	} {
		p := unhex(t, frame)
		if got := AppendCRC16(bytes.Clone(p[:len(p)-2])); !bytes.Equal(got, p) {
			t.Errorf("%s: got % x, want % x", name, got, p)
		}
		if CRC16(p) != 0 {
			t.Errorf("%s: a frame with its check sum does not leave zero", name)
		}
	}
}

// TestModbusAnswers gives requests and answers in hex; a trailing * stands for the check sum.
func TestModbusAnswers(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"wrong check sum", "01 03 00 00 00 01 00 00", ""},
		{"another unit", "02 03 00 00 00 01*", ""},
		{"broadcast is obeyed silently", "00 06 03 E8 12 34* 01 03 03 E8 00 01*", "01 03 02 12 34*"},
		{"function unknown", "01 2B 0E 01 00*", "01 AB 01*"},
		{"function 7 unknown", "01 07*", "01 87 01*"},
		{"address in a hole", "01 03 00 10 00 01*", "01 83 02*"},
		{"range runs into a hole", "01 04 00 0E 00 04*", "01 84 02*"},
		{"address at the end of the world", "01 03 FFFF 00 7D*", "01 83 02*"},
		{"count zero", "01 03 00 00 00 00*", "01 83 03*"},
		{"count too large", "01 03 00 00 00 7E*", "01 83 03*"},
		{"bits out of range", "01 01 00 0F 00 02*", "01 81 02*"},
		{"no bits", "01 02 00 00 00 00*", "01 82 03*"},
		{"write outside the scratch area", "01 06 00 00 00 01*", "01 86 02*"},
		{"write many beyond the scratch area", "01 10 04 27 00 02 04 00 01 00 02*", "01 90 02*"},
		{"write many, byte count wrong", "01 10 03 E8 00 02 02 00 01*", "01 90 03*"},
		{"write coil, value wrong", "01 05 00 00 12 34*", "01 85 03*"},
		{"write coil out of range", "01 05 00 10 FF 00*", "01 85 02*"},
		{"write coils, byte count wrong", "01 0F 00 00 00 09 01 FF*", "01 8F 03*"},
		{"write coils, no bytes", "01 0F 00 00 00 09 00*", "01 8F 03*"},
		{"report with an excess byte", "01 11 00*", "01 91 03*"},

		{"voltages", "01 03 00 00 00 03*", "01 03 06 08 FD 08 F9 09 08*"},
		{"energy by function 4", "01 04 00 0A 00 02*", "01 04 04 00 BC 61 4E*"},
		{"tariffs", "01 04 00 0C 00 04*", "01 04 08 00 7D A6 47 00 3E BB 07*"},
		{"low half alone", "01 03 00 0B 00 01*", "01 03 02 61 4E*"},
		{"name", "01 03 00 C8 00 07*", "01 03 0E 4D 45 54 45 52 4C 49 4E 45 2D 53 49 4D 00*"},
		{"inputs", "01 02 00 00 00 10*", "01 02 02 0D 53*"},
		{"three inputs from 2 on", "01 02 00 02 00 03*", "01 02 01 03*"},
		{"register written and read", "01 06 03 E8 BE EF* 01 03 03 E8 00 01*", "01 06 03 E8 BE EF* 01 03 02 BE EF*"},
		{"registers written and read", "01 10 04 26 00 02 04 00 01 00 02* 01 03 04 26 00 02*", "01 10 04 26 00 02* 01 03 04 00 01 00 02*"},
		{"coils written and read", "01 0F 00 01 00 09 02 FF 01* 01 05 00 02 00 00* 01 01 00 00 00 10*", "01 0F 00 01 00 09* 01 05 00 02 00 00* 01 01 02 FA 03*"},
		{"report of the name", "01 11*", "01 11 0F 01 FF 4D 45 54 45 52 4C 49 4E 45 2D 53 49 4D*"},
		{"requests are counted", "01 11* 01 03 01 2C 00 02*", "01 11 0F 01 FF 4D 45 54 45 52 4C 49 4E 45 2D 53 49 4D* 01 03 04 00 00 00 01*"},
		{"behind garbage", "FF 00 41 54 0D 0A 01 03 00 0B 00 01*", "01 03 02 61 4E*"},
		{"behind a frame with a wrong check sum", "01 03 00 00 00 01 00 00 01 03 00 0B 00 01*", "01 03 02 61 4E*"},
		{"behind half a frame of its own", "01 03 00 0B 01 03 00 0B 00 01*", "01 03 02 61 4E*"},
		{"behind a byte count that cannot be", "01 10 00 00 00 01 FF 01 03 00 0B 00 01*", "01 03 02 61 4E*"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := NewModbus(1).Feed(frames(t, c.in), testNow)
			if want := frames(t, c.want); !bytes.Equal(got, want) {
				t.Errorf("got % x, want % x", got, want)
			}
		})
	}
}

// frames reads frames in hex, each completed by its check sum where a * stands.
func frames(t testing.TB, s string) (all []byte) {
	t.Helper()
	parts := strings.Split(s, "*")
	for i, part := range parts {
		p := unhex(t, part)
		if i < len(parts)-1 {
			if n := bytes.Index(p, unhex(t, "01 03 00 0B 00 01")); n > 0 {
				all, p = append(all, p[:n]...), p[n:]
			}
			p = AppendCRC16(p)
		}
		all = append(all, p...)
	}
	return all
}

func TestModbusFloats(t *testing.T) {
	answer := NewModbus(1).Feed(frames(t, "01 04 00 64 00 14*"), testNow)
	want := []float32{230.1, 229.7, 231.2, 5.12, 4.87, 5.03, 3415, 0.987, 50.01, 12345.678}
	for i, w := range want {
		if got := math.Float32frombits(binary.BigEndian.Uint32(answer[3+4*i:])); got != w {
			t.Errorf("float %d is %v, want %v", i, got, w)
		}
	}
}

func TestModbusSilenceEndsAnUnfinishedRequest(t *testing.T) {
	m := NewModbus(1)
	request := frames(t, "01 03 00 0B 00 01*")
	if out := m.Feed(request[:5], testNow); len(out) != 0 {
		t.Fatalf("half a request was answered with % x", out)
	}
	if out := m.Feed(request, testNow.Add(time.Second)); len(out) != 7 {
		t.Errorf("a request behind half a one and silence got % x", out)
	}
	m.Feed(request[:5], testNow.Add(2*time.Second))
	if out := m.Feed(request[5:], testNow.Add(2*time.Second+modbusSilence)); len(out) != 7 {
		t.Errorf("a request with a short hole got % x", out)
	}
}

func TestModbusAnyUnit(t *testing.T) {
	m := &Modbus{Serial: "SIM-77"}
	if got := m.Feed(frames(t, "4D 03 00 D0 00 03*"), testNow); !bytes.Equal(got, frames(t, "4D 03 06 53 49 4D 2D 37 37*")) {
		t.Errorf("serial number of unit 77: % x", got)
	}
	if got := m.Feed(frames(t, "00 03 00 D0 00 03*"), testNow); len(got) != 0 {
		t.Errorf("a broadcast was answered: % x", got)
	}
}

// sameInPieces checks that a meter says the same whether it is fed at once or byte by byte.
func sameInPieces(t *testing.T, whole, bytewise Meter, p []byte) {
	t.Helper()
	want := bytes.Clone(whole.Feed(bytes.Clone(p), testNow))
	var got []byte
	for _, b := range p {
		got = append(got, bytewise.Feed([]byte{b}, testNow)...)
	}
	if !bytes.Equal(got, want) {
		t.Fatalf("% x at once: % x, byte by byte: % x", p, want, got)
	}
}

func FuzzModbus(f *testing.F) {
	for _, s := range []string{"01 03 00 0B 00 01*", "01 10 03 E8 00 02 04 00 01 00 02*", "01 0F 00 01 00 09 02 FF 01*", "FF 01 2B 0E 01 00* 01 11*"} {
		f.Add(byte(1), frames(f, s))
	}
	f.Add(byte(0), AppendCRC16([]byte{0, 6, 3, 0xE8, 1, 2}))
	f.Fuzz(func(t *testing.T, unit byte, p []byte) {
		sameInPieces(t, NewModbus(unit), NewModbus(unit), p)
	})
}
