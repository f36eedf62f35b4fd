package frame

import (
	"testing"
	"time"
)

// dialogueOnce is a request of 20 bytes and its answer of 60, which comes in two pieces.
func dialogueOnce(l *Line, req, front, back []byte, now time.Time) {
	l.FromProgram(req, now)
	l.FromModem(front, now)
	l.FromModem(back, now)
	l.Due()
}

var (
	benchRequest = []byte("<r345678901234567890>")[:21]
	benchFront   = []byte("<r=4567890123456789012345678")
	benchBack    = []byte("90123456789012345678901234567890>")
)

func benchLines() map[string]*Line {
	return map[string]*Line{
		"on":     newLine(Config{Protocol: "toy"}, toy{}),
		"off":    newLine(Config{Protocol: "toy", Guard: Off}, toy{}),
		"parity": newLine(Config{Protocol: "toy", Parity: "7e1"}, toy{}),
		"gap":    newLine(Config{Protocol: Gap}, nil),
	}
}

func TestNoAllocations(t *testing.T) {
	for name, l := range benchLines() {
		now := epoch
		once := func() {
			dialogueOnce(l, benchRequest, benchFront, benchBack, now)
			now = now.Add(time.Second)
			l.Tick(now)
		}
		for range 10 {
			once()
		}
		if n := testing.AllocsPerRun(100, once); n > 0 {
			t.Errorf("%s: a dialogue allocates %v times", name, n)
		}
	}
}

func BenchmarkLine(b *testing.B) {
	for name, l := range benchLines() {
		b.Run(name, func(b *testing.B) {
			now := epoch
			b.ReportAllocs()
			for b.Loop() {
				dialogueOnce(l, benchRequest, benchFront, benchBack, now)
				now = now.Add(time.Second)
				l.Tick(now)
			}
		})
	}
}
