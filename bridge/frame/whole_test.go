package frame

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestWholeOrNothing: a message that comes within Hold is handed over whole or dropped whole, whatever the program does
// meanwhile.
func TestWholeOrNothing(t *testing.T) {
	messages := regexp.MustCompile(`^(<[^<>]*>)*$`)
	for seed := range uint64(1000) {
		random := rand.New(rand.NewPCG(seed, 3))
		l := newLine(Config{Protocol: "toy", Guard: []Guard{On, Strict}[seed%2], AnswerMax: 200 * time.Millisecond}, toy{})
		now, rest := epoch, ""
		var came, given, dropped strings.Builder
		note := func(o Out) {
			for _, d := range o.Drops {
				if !d.ToModem {
					dropped.Write(d.Bytes)
				}
			}
			for _, b := range o.ToProgram {
				given.Write(b)
			}
		}
		for i := range 60 {
			if rest == "" {
				rest = fmt.Sprintf("<%s=%d%s>", string("rs*"[random.IntN(3)]), i, []string{"", "+", "#1", "#2"}[random.IntN(4)])
			}
			switch random.IntN(6) {
			case 0:
				note(l.FromProgram(fmt.Appendf(nil, "<%s%s>", string("rs!"[random.IntN(3)]), []string{"1", "2", "1#1", "2#2"}[random.IntN(4)]), now))
			case 1:
				if seed%3 == 0 {
					l.Abandon()
				}
			case 2:
				note(l.Tick(now))
			default:
				n := 1 + random.IntN(len(rest))
				came.WriteString(rest[:n])
				note(l.FromModem([]byte(rest[:n]), now))
				rest = rest[n:]
			}
			now = now.Add(time.Duration(random.IntN(25)) * time.Millisecond)
		}
		came.WriteString(rest)
		note(l.FromModem([]byte(rest), now))
		if !messages.MatchString(given.String()) || !messages.MatchString(dropped.String()) {
			t.Fatalf("seed %d: %s came, %s was given, %s dropped", seed, &came, &given, &dropped)
		}
		if given.Len()+dropped.Len() != came.Len() {
			t.Fatalf("seed %d: %s came, %s was given, %s dropped", seed, &came, &given, &dropped)
		}
	}
}
