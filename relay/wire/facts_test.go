package wire

import (
	"strings"
	"testing"
)

func TestText(t *testing.T) {
	long := strings.Repeat("x", 64)
	for field, want := range map[string]string{
		"": "", "\x00 \x00": "", "a\x01": "", "é": "", "\xff": "", long + "\x01": "",
		" ATM31\x00\x00": "ATM31", "a b": "a b", long: long, long + "y": long + "…", "\x00" + long + "  ": long, strings.Repeat("c", 169): strings.Repeat("c", 64) + "…",
	} {
		if got := Text([]byte(field)); got != want {
			t.Errorf("%q: %q, want %q", field, got, want)
		}
	}
}

// A place without a length may have thousands of bytes.
func TestFactsAreCut(t *testing.T) {
	told := Facts([]Field{
		{PlaceID, []byte("1001")}, {PlaceAny, []byte("x")}, {"empty", nil},
		{"signal", []byte("17")}, {"cells", []byte(strings.Repeat("c", 4096))}, {"raw", []byte(strings.Repeat("\x01", 33))},
	})
	want := []Fact{{"signal", "17"}, {"cells", strings.Repeat("c", 64) + "…"}, {"raw", strings.Repeat("01", 32) + "…"}}
	if len(told) != len(want) {
		t.Fatalf("%v", told)
	}
	for i := range want {
		if told[i] != want[i] {
			t.Errorf("%v, want %v", told[i], want[i])
		}
	}
}
