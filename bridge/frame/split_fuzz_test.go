package frame

import (
	"bytes"
	"testing"
)

// FuzzSplit: within Hold, it makes no difference to the pieces into how many pieces the network cuts what comes.
func FuzzSplit(f *testing.F) {
	f.Add([]byte("<r=<s~=1><s=2>x{r1}"), uint64(0x155))
	f.Add([]byte("<*a><r+><r=1"), uint64(1<<3|1<<7))
	f.Fuzz(func(t *testing.T, came []byte, cuts uint64) {
		if len(came) > 60 {
			return
		}
		for _, guard := range []Guard{Off, On, Strict} {
			deal := func(cuts uint64) (whole, foreign, dropped []byte, s Stats) {
				l := newLine(Config{Protocol: "toy", Guard: guard}, toy{})
				l.FromProgram([]byte("<r1>"), epoch)
				take := func(o Out) {
					for _, b := range o.ToProgram {
						if e := (toy{}).answer(b, nil); e.n == len(b) && !e.foreign {
							whole = append(append(whole, b...), '|')
						} else {
							foreign = append(foreign, b...)
						}
					}
					for _, d := range o.Drops {
						dropped = append(dropped, d.Bytes...)
					}
				}
				from := 0
				for i := range came {
					if cuts>>i&1 == 1 {
						take(l.FromModem(came[from:i], epoch))
						from = i
					}
				}
				take(l.FromModem(came[from:], epoch))
				return whole, foreign, dropped, l.Stats()
			}
			wholeA, foreignA, droppedA, statsA := deal(0)
			wholeB, foreignB, droppedB, statsB := deal(cuts)
			if !bytes.Equal(foreignA, foreignB) || !bytes.Equal(wholeA, wholeB) || !bytes.Equal(droppedA, droppedB) || statsA != statsB {
				t.Errorf("%s: %q at once gives %q %q %q, cut %q %q %q", guard, came,
					wholeA, foreignA, droppedA, wholeB, foreignB, droppedB)
			}
		}
	})
}
