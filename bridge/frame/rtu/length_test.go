package rtu

import (
	"encoding/hex"
	"strings"
	"testing"
)

func octets(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// lengthCase is a message's front, and the length that it claims as soon as so many bytes of it are there; before that it claims
// none.
type lengthCase struct {
	p    string
	from int
	want int
}

func checkLengths(t *testing.T, name string, length func([]byte) int, cases []lengthCase) {
	t.Helper()
	for _, c := range cases {
		p := octets(t, c.p)
		if len(p) < c.from {
			t.Fatalf("%s %s: too short", name, c.p)
		}
		for n := range len(p) + 1 {
			want := 0
			if n >= c.from {
				want = c.want
			}
			if got := length(p[:n]); got != want {
				t.Errorf("%s %s, %d bytes of it: %d, want %d", name, c.p, n, got, want)
			}
		}
	}
}

// "MODBUS Application Protocol Specification V1.1b3", 6, by function, and address and check sum around it.
func TestLengths(t *testing.T) {
	checkLengths(t, "request", RequestLen, []lengthCase{
		{"01 01 00 00", 2, 8}, {"01 02 00 00", 2, 8}, {"01 03 00 00", 2, 8}, {"01 04 00 00", 2, 8}, {"01 05 00 00", 2, 8}, {"01 06 00 00", 2, 8},
		{"01 07 00", 2, 4}, {"01 0B 00", 2, 4}, {"01 0C 00", 2, 4}, {"01 11 00", 2, 4},
		{"01 08 00 00 12", 4, ByCheckSum}, {"01 08 00 01 12", 4, 8}, {"01 08 01 00 12", 4, 8},
		{"01 0F 00 13 00 0A 02 CD", 7, 11}, {"01 0F 00 13 00 08 01 CD", 7, 10}, {"01 0F 00 13 00 09 01 CD", 7, ByCheckSum},
		{"01 0F 00 13 00 10 02 CD", 7, 11}, {"01 0F 00 13 00 11 02 CD", 7, ByCheckSum},
		{"01 10 00 01 00 02 04 00", 7, 13}, {"01 10 00 01 00 02 08 00", 7, 17}, {"01 10 00 01 00 02 06 00", 7, ByCheckSum},
		{"01 10 00 01 00 7B F6 00", 7, 255}, {"01 10 00 01 00 7C F8 00", 7, ByCheckSum},
		{"01 14 07 06", 3, 12}, {"01 15 0D 06", 3, 18},
		{"01 16 00 04", 2, 10},
		{"01 17 00 03 00 06 00 0E 00 03 06 00", 11, 19}, {"01 17 00 03 00 06 00 0E 00 03 05 00", 11, ByCheckSum},
		{"01 18 04 DE", 2, 6},
		{"01 2B 0E 01 00", 3, 7}, {"01 2B 0D 01 00", 3, ByCheckSum},
		{"01 09 00", 2, ByCheckSum}, {"01 0D 00", 2, ByCheckSum}, {"01 12 00", 2, ByCheckSum}, {"01 19 00", 2, ByCheckSum}, {"01 2C 0E", 2, ByCheckSum},
	})
	checkLengths(t, "answer", AnswerLen, []lengthCase{
		{"01 83 02", 2, 5}, {"01 80 02", 2, 5}, {"01 FF 02", 2, 5},
		{"01 01 03 CD", 3, 8}, {"01 02 03 AC", 3, 8}, {"01 03 06 02", 3, 11}, {"01 04 02 00", 3, 7}, {"01 03 00 20", 3, 5},
		{"01 0C 08 00", 3, 13}, {"01 11 05 00", 3, 10}, {"01 14 0C 05", 3, 17}, {"01 15 0D 06", 3, 18}, {"01 17 0C 00", 3, 17},
		{"01 05 00 AC", 2, 8}, {"01 06 00 01", 2, 8}, {"01 0B FF FF", 2, 8}, {"01 0F 00 13", 2, 8}, {"01 10 00 01", 2, 8},
		{"01 07 6D", 2, 5},
		{"01 08 00 00 A5", 4, ByCheckSum}, {"01 08 00 0A A5", 4, 8},
		{"01 16 00 04", 2, 10},
		{"01 18 00 06 00", 4, 12}, {"01 18 00 FA 00", 4, 256}, {"01 18 00 FB 00", 4, ByCheckSum}, {"01 18 01 00 00", 4, ByCheckSum},
		{"01 03 FB 00", 3, 256}, {"01 03 FC 00", 3, ByCheckSum},
		{"01 2B 0D", 3, ByCheckSum}, {"01 2C 0E", 2, ByCheckSum}, {"01 0D 00", 2, ByCheckSum}, {"01 12 00", 2, ByCheckSum}, {"01 19 00", 2, ByCheckSum},
	})
}

// The list of objects of function 43/14: each has a number, a length, and so many bytes.
func TestIdentificationLength(t *testing.T) {
	const head = "01 2B 0E 01 01 00 00 "
	checkLengths(t, "answer", AnswerLen, []lengthCase{
		{head + "00 11", 8, 10},
		{head + "01 00 00", 10, 12},
		{head + "01 00 03 41 42 43", 10, 15},
		{head + "02 00 03 41 42 43 01 02 44 45", 15, 19},
		{head + "03 00 01 41 01 00 02 01 43", 15, 18},
		{head + "01 00 F4 00", 10, 256},
		{head + "01 00 F5 00", 10, ByCheckSum},
		{head + "02 00 F2" + strings.Repeat(" 78", 0xF2) + " 01 00", 254, 256},
		{head + "02 00 F3 78 78 78", 10, ByCheckSum},
	})
}
