package hdlc

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

// A request and its answer, from the tests of gosem (MIT).
const (
	get      = "7E A0 1A 02 21 05 32 1D 83 E6 E6 00 C0 01 C1 00 01 01 00 00 02 00 FF 02 00 4B BB 7E"
	response = "7E A0 18 05 02 21 52 BE 09 E6 E7 00 C4 01 C1 00 09 05 56 30 34 31 31 F6 B6 7E"
)

func TestParse(t *testing.T) {
	for _, s := range []string{"", "7E", "7E A0", "7E A0 1A 02 21 05 32 1D 83 E6", "01 03 00 00", "7E A0 05 21 03 93 00 00 7E"} {
		if f, ok := Parse(octets(t, s)); ok {
			t.Errorf("%q is taken for a frame: %+v", s, f)
		}
	}
	q, ok := Parse(octets(t, get))
	a, too := Parse(octets(t, response))
	if !ok || !too || !q.Good || !a.Good {
		t.Fatalf("%+v, %+v", q, a)
	}
	if !q.IsInfo() || !q.IsFinal() || q.Segmented || q.Sent() != 1 || q.Received() != 1 || a.Sent() != 1 || a.Received() != 2 {
		t.Errorf("%+v, %+v", q, a)
	}
	if !a.To.Same(q.From) || !a.From.Same(q.To) || a.To.Same(q.To) {
		t.Errorf("addresses of %+v and %+v", q, a)
	}
	if !Answers(a.APDU(false), q.APDU(true)) || a.APDU(true) != nil {
		t.Errorf("% x does not answer % x", a.APDU(false), q.APDU(true))
	}
	damaged := octets(t, response)
	damaged[20] ^= 1
	if f, ok := Parse(damaged); !ok || f.Good {
		t.Errorf("damaged: %+v, %v", f, ok)
	}
}

func TestAddressSame(t *testing.T) {
	one := func(s string) Address { return parseAddress(octets(t, s)) }
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"03", "05", false},
		{"02 23", "02 25", false},
		{"00 02 00 23", "00 04 00 23", false},

		{"03", "03", true},
		{"03", "02 23", true},    // no lower part
		{"FF", "05", true},       // everybody
		{"02 FF", "02 23", true}, // everybody there
		{"00 02 FE FF", "00 02 00 23", true},
	} {
		if got := one(c.a).Same(one(c.b)); got != c.same || one(c.b).Same(one(c.a)) != c.same {
			t.Errorf("%s and %s: %v", c.a, c.b, got)
		}
	}
}

func TestSameAnswers(t *testing.T) {
	for _, c := range []struct {
		q, other string
		same     bool
	}{
		{"C0 01 C1", "C0 01 C2", false},
		{"C0 01 C1", "C1 01 C1", false},

		{"C0 01 C1", "C0 02 81", true},
		{"60 1D A1", "60 1D A2", true},
		{"C0 01 C1", "DB 08 00", true}, // ciphered
	} {
		if got := SameAnswers(octets(t, c.q), octets(t, c.other)); got != c.same {
			t.Errorf("%s and %s: %v", c.q, c.other, got)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{get, response} {
		b, _ := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, p []byte) {
		frame, ok := Parse(p)
		if ok && len(frame.Info) > len(p)-Least {
			t.Errorf("% x: %d bytes of data", p, len(frame.Info))
		}
		frame.APDU(true)
	})
}
