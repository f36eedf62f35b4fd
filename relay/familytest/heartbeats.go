package familytest

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"meterline/relay/codec"
)

// Places are where a heartbeat may stand among what a meter says.
type Places uint8

// The places. A burst is what comes behind a silence.
const (
	Alone   Places = 1 << iota // a burst of its own
	Row                        // several that are a burst of their own
	Before                     // at the beginning of a burst, with an answer at once behind it
	Behind                     // at once behind an answer
	Between                    // between two answers, without any silence
	Soon                       // 100 ms behind an answer
)

// What families promise.
const (
	Nowhere    Places = 0                    // the modem sends no heartbeats
	InBursts          = Alone | Row          // its heartbeats could be data, and only silence tells
	Everywhere        = Soon | (Soon - 1)    // its heartbeats are told by their bytes
	AfterPause        = Alone | Row | Before // it is told by its bytes, but only behind a silence
)

// said is a part of what comes from a modem: an answer of the meter, or a heartbeat.
type said struct {
	wire []byte
	data []byte // nil: it is a heartbeat
}

// places returns what comes from a modem with heartbeats in each place, as bursts of parts; the last burst is an answer alone.
func places(beat, answer said) map[Places][][]said {
	end := []said{answer}
	return map[Places][][]said{
		Alone:   {{beat}, end},
		Row:     {{beat, beat, beat}, {beat}, end},
		Before:  {{beat, answer}, end},
		Behind:  {{answer, beat}, end},
		Between: {{answer, beat, answer}, end},
		Soon:    {{answer}, {beat}, end},
	}
}

var placeNames = map[Places]string{
	Alone: "alone", Row: "in a row", Before: "before an answer", Behind: "behind an answer", Between: "between answers", Soon: "soon behind an answer",
}

// Heartbeats are taken out in all places that the family promises, and everywhere else they pass as the data that they may be. Nothing
// else is altered, however it is cut.
func (c *Case) testHeartbeats(t *testing.T) {
	modem, _, _ := c.online(t)
	if has := len(modem.Beat()) > 0; has != (c.Beats|c.BeatsBetween != Nowhere) {
		t.Fatalf("it beats: %v, and promises %b, %b", has, c.Beats, c.BeatsBetween)
	}
	if c.Beats|c.BeatsBetween == Nowhere {
		return
	}
	if c.Beats == InBursts {
		t.Skip("heartbeats that silence alone tells are not taken out in all these places yet")
	}
	for place, bursts := range places(said{wire: bytes.Clone(modem.Beat())}, said{modem.Put(answer), answer}) {
		t.Run(placeNames[place], func(t *testing.T) {
			c.testPlace(t, place, bursts, c.Beats, nil)
		})
		t.Run(placeNames[place]+", where ends are known", func(t *testing.T) {
			c.testPlace(t, place, bursts, c.BeatsBetween, ends)
		})
	}
}

// ends is where answers end.
func ends(p []byte) int {
	if bytes.HasPrefix(p, answer) {
		return len(answer)
	}
	return 0
}

// testPlace feeds the bursts, each cut in every way while the others are whole.
func (c *Case) testPlace(t *testing.T, place Places, bursts [][]said, promised Places, ends codec.FrameEnd) {
	out, passed, beats := outcomes(bursts)
	for k := range bursts {
		cuts(joined(bursts[k]), func(pieces [][]byte) {
			modem, _, v := c.online(t)
			come := make([]burst, 0, len(bursts))
			for i, parts := range bursts {
				b := burst{pause, [][]byte{joined(parts)}}
				if i == k {
					b.pieces = pieces
				}
				if place == Soon && i == 1 {
					b.idle = 100 * time.Millisecond
				}
				come = append(come, b)
			}
			d := decode(c.Profile.NewCodec(&v, ends), come...)
			want, or := out, out
			if promised&place == 0 {
				want = passed
			}
			if promised&place == 0 && len(pieces) == 1 {
				or = passed // otherwise it may have come alone, as far as anybody can tell
			}
			if !bytes.Equal(d.kept, want) && !bytes.Equal(d.kept, or) || d.Dropped > 0 {
				t.Fatalf("burst %d in pieces of %v: data % X, want % X, and %d bytes dropped", k, flat(pieces), d.kept, want, d.Dropped)
			}
			if promised&place != 0 && len(d.Beats)+len(d.Events) != beats {
				t.Fatalf("burst %d in pieces of %v: %d heartbeats and %d events, want %d", k, flat(pieces), len(d.Beats), len(d.Events), beats)
			}
			for range beats {
				_ = modem.Beat() // the answers are owed
			}
			if data, _, err := modem.Take(d.Answer, now); len(data) > 0 || err != nil {
				t.Errorf("answered with %q its meter gets %q, %v", d.Answer, data, err)
			}
		})
	}
}

// outcomes returns the data where all heartbeats are taken out, and where they pass. What does not stand at the beginning of a burst
// passes as it came.
func outcomes(bursts [][]said) (out, passed []byte, beats int) {
	for _, parts := range bursts {
		for i, part := range parts {
			out = append(out, part.data...)
			if part.data == nil {
				beats++
			}
			if part.data != nil && i == 0 {
				passed = append(passed, part.data...)
			} else {
				passed = append(passed, part.wire...)
			}
		}
	}
	return out, passed, beats
}

func joined(parts []said) []byte {
	p := make([][]byte, 0, len(parts))
	for _, part := range parts {
		p = append(p, part.wire)
	}
	return slices.Concat(p...)
}
