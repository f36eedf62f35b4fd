package frame

import (
	"encoding/hex"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"meterline/relay/crc16"
)

// octets reads bytes as hex; what stands in quotes is text, and a * is the Modbus check sum of all since the last | or the
// front.
func octets(t testing.TB, s string) (all []byte) {
	t.Helper()
	from := 0
	for i, part := range strings.Split(s, "'") {
		if i%2 == 1 {
			all = append(all, part...)
			continue
		}
		for word := range strings.FieldsSeq(part) {
			switch word {
			case "*":
				crc := crc16.Modbus.Sum(all[from:])
				all = append(all, byte(crc), byte(crc>>8))
			case "|":
				from = len(all)
			default:
				b, err := hex.DecodeString(word)
				if err != nil {
					t.Fatalf("%q: %v", s, err)
				}
				all = append(all, b...)
			}
		}
	}
	return all
}

// extentCase is what a rule says of bytes; q is given for answers only.
type extentCase struct {
	name, q, p string
	request    bool
	want       extent
}

func checkExtents(t *testing.T, r rule, cases []extentCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			p, q := octets(t, c.p), octets(t, c.q)
			if got := ruleExtent(r, p, q, c.request); got != c.want {
				t.Errorf("% x: got %+v, want %+v", p, got, c.want)
			}
			checkMonotone(t, r, p, q, c.request)
			if c.want.n > 0 {
				checkMonotone(t, r, append(p, 0x7E, 0xA0, 0x55, 0x03, 0x00), q, c.request)
			}
		})
	}
}

func ruleExtent(r rule, p, q []byte, request bool) extent {
	if request {
		return r.request(p)
	}
	return r.answer(p, q)
}

// checkMonotone checks that what a rule says once of the front of p it says however much of p is there, and never of bytes
// that are not.
func checkMonotone(t *testing.T, r rule, p, q []byte, request bool) {
	t.Helper()
	var last extent
	const thorough = 2000
	for n := 1; n <= len(p); n++ {
		if n > thorough && n < len(p)-2 && n%1021 != 0 {
			continue
		}
		e := ruleExtent(r, p[:n:n], q, request)
		switch {
		case e.n < 0 || e.n > n:
			t.Fatalf("%d of % x: extent %+v", n, p, e)
		case last.n > 0 && e == extent{n: last.n + 1} && p[last.n] == 0: // the last byte of a check sum
		case last.n > 0 && e != last:
			t.Fatalf("%d of % x: %+v after %+v", n, p, e, last)
		case last.stream && !e.stream && !e.foreign:
			t.Fatalf("%d of % x: no longer a stream", n, p)
		case e.foreign && e.n == 0:
			t.Fatalf("%d of % x: nothing is foreign", n, p)
		}
		last = e
	}
}

// ruleSplit takes p apart as a line does; rest is what needs more.
func ruleSplit(r rule, p, q []byte, request bool) (messages [][]byte, rest []byte) {
	for len(p) > 0 {
		e := ruleExtent(r, p, q, request)
		if e.n == 0 {
			return messages, p
		}
		if !e.foreign {
			messages = append(messages, p[:e.n])
		}
		p = p[e.n:]
	}
	return messages, nil
}

// checkConcatenation checks that messages behind one another come apart again as they were.
func checkConcatenation(t *testing.T, r rule, q []byte, request bool, messages ...[]byte) {
	t.Helper()
	var all []byte
	for _, m := range messages {
		all = append(all, m...)
	}
	got, rest := ruleSplit(r, all, q, request)
	if len(rest) > 0 || len(got) != len(messages) {
		t.Fatalf("% x: %d messages and % x, want %d", all, len(got), rest, len(messages))
	}
	for i, m := range messages {
		if string(got[i]) != string(m) {
			t.Errorf("message %d: % x, want % x", i, got[i], m)
		}
	}
}

// checkNoise checks that message is found behind noise made of the given bytes.
func checkNoise(t *testing.T, r rule, message, q []byte, request bool, noise []byte) {
	t.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		p := make([]byte, random.IntN(12))
		for i := range p {
			p[i] = noise[random.IntN(len(noise))]
		}
		all := slices.Concat(p, message)
		found, _ := ruleSplit(r, all, q, request)
		if len(found) == 0 || string(found[len(found)-1]) != string(message) {
			t.Fatalf("% x: found % x", all, found)
		}
	}
}

// judgeCase is what an answer is to a request.
type judgeCase struct {
	name, q, a string
	nth        int
	want       judgement
}

func checkJudgements(t *testing.T, r rule, cases []judgeCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			a, q := octets(t, c.a), octets(t, c.q)
			if got := r.judge(a, q, c.nth); got != c.want {
				t.Errorf("% x to % x: got %d, want %d", a, q, got, c.want)
			}
		})
	}
}

func checkExpectations(t *testing.T, r rule, cases map[string]expectation) {
	t.Helper()
	for q, want := range cases {
		if got := r.expect(octets(t, q)); got != want {
			t.Errorf("%s: got %d, want %d", q, got, want)
		}
	}
}

// fuzzRule checks what must hold for any bytes.
func fuzzRule(f *testing.F, p Protocol, seeds ...string) {
	for _, a := range seeds {
		for _, q := range append(seeds[:min(len(seeds), 3)], "") {
			f.Add(octets(f, a), octets(f, q), 0)
		}
	}
	r := rules[p]
	f.Fuzz(func(t *testing.T, a, q []byte, nth int) {
		if len(a) > 600 {
			a = a[:600]
		}
		checkMonotone(t, r, a, q, false)
		checkMonotone(t, r, a, q, true)
		for _, request := range []bool{false, true} {
			ruleSplit(r, a, q, request)
		}
		r.expect(q)
		r.expect(a)
		r.judge(a, q, nth)
		r.judge(a, nil, nth)
		asked := NewLine(Config{Protocol: p})
		asked.ask.text = q
		if n, _ := asked.AnswerEnd(a); n < 0 || n > len(a) {
			t.Fatalf("answer ends at %d of %d", n, len(a))
		}
		if len(q) > 0 {
			l := NewLine(Config{Protocol: p})
			l.ask.text = q
			l.mirrors()
			l.unnamed()
			l.continueDialogue(q)
			if l.doubts(q) && r.expect(q) != unanswered {
				t.Fatal("a request that is not understood is expected to be answered")
			}
			if c, ok := r.(confuser); ok && len(a) > 0 {
				c.alike(a, q)
			}
		}
	})
}
