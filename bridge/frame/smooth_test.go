package frame

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

func TestSmoothWholeInTime(t *testing.T) {
	runScenes(t, []scene{
		{"whole before Hold: at once", Config{}, `
			0s write <r1>
			1s come {rb
			1.9s come cd}`, `
			0s modem <r1>
			1.9s program {rbcd}`},
		{"a pause is bridged, and the rest handed over with the end", Config{Guard: Off, Hold: 1e9}, `
			0s come {1234567
			0.5s come 89012345678
			1.7s come x}`, `
			1s program {1
			1.1s program 23
			1.2s program 45
			1.3s program 67
			1.4s program 89
			1.5s program 01
			1.6s program 23
			1.7s program 45
			1.7s program 678x}`},
		{"late: nothing of it", Config{}, `
			0s write <r1>
			1s come {ab
			1.1s write <r2>
			3s come cd
			4s come }`, `
			0s modem <r1>
			1.1s drop to program, held back when asked anew: {ab
			3s drop to program, late answer: cd
			4s drop to program, late answer: }
			5s modem <r2>`},
		{"begun when another request waits", Config{}, `
			0s write <r1>
			1s write <r2>
			2s come {ab
			4s come cd
			4.5s come }`, `
			0s modem <r1>
			3s drop to program, late answer: {ab
			4s drop to program, late answer: cd
			4.5s drop to program, late answer: }
			5s modem <r2>`},
	})
}

// TestSmooth is a meter whose data block is cut up by a network that pauses, and a program that looks at the gaps.
func TestSmooth(t *testing.T) {
	for seed := range uint64(100) {
		smoothOnce(t, rand.New(rand.NewPCG(seed, 5)))
	}
}

func smoothOnce(t *testing.T, random *rand.Rand) {
	const hold = 5 * time.Second
	l := newLine(Config{Protocol: "toy", Guard: Off, Hold: hold}, toy{})
	sent := []byte("{" + strings.Repeat("0123456789", 60)[:598] + "}")
	var got []byte
	var last, now, first time.Time
	now = epoch
	note := func(o Out) {
		for _, b := range o.ToProgram {
			if last.IsZero() {
				if wait := now.Sub(first); wait < hold && len(b) < len(sent) {
					t.Fatalf("begun after %v", wait)
				}
			} else if gap := now.Sub(last); gap > 2*smoothEvery {
				t.Fatalf("a gap of %v behind %d bytes", gap, len(got))
			}
			last = now
			got = append(got, b...)
		}
	}
	first = now
	for rest := sent; len(rest) > 0; {
		n := min(len(rest), 1+random.IntN(7))
		note(l.FromModem(rest[:n], now))
		rest = rest[n:]
		next := now.Add(time.Duration(random.IntN(701)) * time.Millisecond)
		for due := l.Due(); !due.IsZero() && !due.After(next); due = l.Due() {
			now = due
			note(l.Tick(now))
		}
		now = next
	}
	if !bytes.Equal(got, sent) {
		t.Errorf("got %q", got)
	}
}
