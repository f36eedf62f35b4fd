package familytest

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"meterline/relay/codec"
	"meterline/relay/profile/side"
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

// sends is a kind of part of what comes from a modem.
type sends bool

const (
	beats   sends = true  // a heartbeat
	answers sends = false // an answer of the meter
)

// places are what comes from a modem with heartbeats in each place, as bursts of parts; the last burst is an answer alone.
var places = map[Places][][]sends{
	Alone:   {{beats}, {answers}},
	Row:     {{beats, beats, beats}, {beats}, {answers}},
	Before:  {{beats, answers}, {answers}},
	Behind:  {{answers, beats}, {answers}},
	Between: {{answers, beats, answers}, {answers}},
	Soon:    {{answers}, {beats}, {answers}},
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
	for place := range places {
		t.Run(placeNames[place], func(t *testing.T) {
			c.testPlace(t, place, c.Beats&place != 0, nil)
		})
		t.Run(placeNames[place]+", where ends are known", func(t *testing.T) {
			c.testPlace(t, place, c.BeatsBetween&place != 0, ends)
		})
	}
}

// ends is where answers end.
func ends(p []byte) (n int, message bool) {
	switch {
	case bytes.HasPrefix(p, answer):
		return len(answer), true
	case bytes.HasPrefix(answer, p):
		return 0, false
	}
	return 1, false
}

// testPlace feeds what comes from the modem, each burst cut in every way while the others are whole.
func (c *Case) testPlace(t *testing.T, place Places, promised bool, ends codec.FrameEnd) {
	modem, _, _ := c.online(t)
	sizes := make([]int, 0, 3)
	for _, b := range c.bursts(modem, place).come {
		sizes = append(sizes, len(b.pieces[0]))
	}
	for k, size := range sizes {
		cuts(make([]byte, size), func(pieces [][]byte) {
			modem, _, v := c.online(t)
			from := c.bursts(modem, place)
			whole := from.come[k].pieces[0]
			from.come[k].pieces = nil
			for _, p := range pieces {
				from.come[k].pieces = append(from.come[k].pieces, whole[:len(p)])
				whole = whole[len(p):]
			}
			d := decode(c.Profile.NewCodec(&v, ends), from.come...)
			if err := from.differs(&d, promised, len(pieces) == 1); err != "" {
				t.Fatalf("burst %d in pieces of %v: %s", k, flat(pieces), err)
			}
			if data, _, err := modem.Take(d.Answer, now); len(data) > 0 || err != nil {
				t.Fatalf("burst %d in pieces of %v: answered with %q its meter gets %q, %v", k, flat(pieces), d.Answer, data, err)
			}
		})
	}
}

// coming is what comes from a modem, and what it may become.
type coming struct {
	come   []burst
	out    []byte // the data where all heartbeats are taken out
	passed []byte // and where they pass: what does not stand at the beginning of a burst passes as it came
	beats  int
}

// bursts has the modem send what belongs to a place.
func (c *Case) bursts(modem *side.Line, place Places) (all coming) {
	for i, parts := range places[place] {
		b := burst{pause, [][]byte{nil}}
		if place == Soon && i == 1 {
			b.idle = 100 * time.Millisecond
		}
		for j, part := range parts {
			var wire []byte
			if part == beats {
				wire = modem.Beat()
				all.beats++
			} else {
				wire = modem.Put(answer)
				all.out = append(all.out, answer...)
			}
			b.pieces[0] = append(b.pieces[0], wire...)
			if part == answers && j == 0 {
				wire = answer
			}
			all.passed = append(all.passed, wire...)
		}
		all.come = append(all.come, b)
	}
	return all
}

// differs returns what is wrong with d, empty if nothing. A heartbeat may be handed over as data unless the family promises to take it out
// there. If the burst is not whole, a heartbeat cut off from the rest looks as if it had come alone, and may be taken out.
func (from *coming) differs(d *decoded, promised, whole bool) string {
	want, or := from.out, from.out
	if !promised {
		want = from.passed
	}
	if !promised && whole {
		or = from.passed
	}
	switch {
	case !bytes.Equal(d.kept, want) && !bytes.Equal(d.kept, or):
		return fmt.Sprintf("data % X, want % X", d.kept, want)
	case d.Dropped > 0:
		return fmt.Sprintf("%d bytes dropped", d.Dropped)
	case promised && len(d.Beats)+len(d.Events) != from.beats:
		return fmt.Sprintf("%d heartbeats and %d events, want %d", len(d.Beats), len(d.Events), from.beats)
	}
	return ""
}
