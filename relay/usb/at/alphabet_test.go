package at_test

import (
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"

	"meterline/relay/simulated"
	"meterline/relay/usb/at"
)

// asASCII are the characters of the default alphabet (3GPP TS 23.038, 6.2.1) in the order of their codes, with a question
// mark for each that ASCII has not.
const asASCII = "@?$???????\n?????" +
	"?_??????????????" +
	" !\"#?%&'()*+,-./" +
	"0123456789:;<=>?" +
	"?ABCDEFGHIJKLMNO" +
	"PQRSTUVWXYZ?????" +
	"?abcdefghijklmno" +
	"pqrstuvwxyz?????"

// packed is a part of a longer message: a header of six octets, and codes of the default alphabet in seven bits each, behind
// the fill bit that lets them begin at a septet (23.040, 9.2.3.24).
func packed(codes []byte) string {
	octets := make([]byte, 6+(1+7*len(codes)+7)/8)
	copy(octets, "\x05\x00\x03\x01\x02\x01")
	for i, c := range codes {
		for b := range 7 {
			if at := 6*8 + 1 + 7*i + b; c>>b&1 != 0 {
				octets[at/8] |= 1 << (at % 8)
			}
		}
	}
	return strings.ToUpper(hex.EncodeToString(octets))
}

// TestDefaultAlphabet: each code stands for its character, wherever in its octets it begins.
func TestDefaultAlphabet(t *testing.T) {
	if len(asASCII) != 128 {
		t.Fatalf("%d characters", len(asASCII))
	}
	for row := range 8 {
		for before := range 8 {
			codes := []byte(strings.Repeat("x", 1+before))
			for c := range 16 {
				codes = append(codes, byte(16*row+c))
			}
			codes = append(codes, 'y')
			want := strings.Repeat("x", 1+before) + asASCII[16*row:16*row+16] + "y"
			for _, header := range []int{7, 0} { // in septets; some modems count it in
				if got := part(t, header+len(codes), codes); got != want {
					t.Errorf("row %d behind %d: %q, want %q", row, before, got, want)
				}
			}
		}
	}
}

// TestEndOfAPart: an @ at the end is one if the length says so, or says nothing.
func TestEndOfAPart(t *testing.T) {
	for _, c := range []struct {
		text   string
		length int
		want   string
	}{
		{"12345678", 15, "12345678"},
		{"12345678", 8, "12345678"},
		{"12345678", 0, "12345678@"},
		{"12345678\x00", 16, "12345678@"},
		{"12345678\x00", 9, "12345678@"},
		{"1234567", 14, "1234567"},
		{"1234567\x00", 15, "1234567@"},
		{"12345678a", 15, "12345678a"},
	} {
		if got := part(t, c.length, []byte(c.text)); got != c.want {
			t.Errorf("%q of length %d: %q, want %q", c.text, c.length, got, c.want)
		}
	}
}

// part is what comes of a part of a longer message.
func part(t *testing.T, length int, codes []byte) string {
	t.Helper()
	b := newBench(t, at.Config{Inbox: true}, &simulated.ATModem{}).ready()
	b.m.Say(fmt.Sprintf("%s,145,68,0,0,\"+7\",145,%d\r\n%s\r\n", cmtHead, length, packed(codes)), b.now)
	b.pass(5 * time.Second)
	if len(b.inbox) != 1 || b.inbox[0].From != number || !b.inbox[0].Part {
		t.Fatalf("%+v", b.inbox)
	}
	return b.inbox[0].Text
}
