package codec

import (
	"testing"
	"time"
)

// A heartbeat that the meter never sends is taken out wherever a burst begins or ends, at every split.
func TestAroundBursts(t *testing.T) {
	log := []Beat{ExactBeat("LOG")}
	both := []Beat{ExactBeat("LOG"), ExactBeat("LOGIN"), ExactBeat("\xff")}
	for name, c := range map[string]struct {
		known []Beat
		in    string
		want  result
	}{
		"inside a burst":           {log, "aLOGb", result{data: "aLOGb"}},
		"a beginning at its end":   {log, "abLO", result{data: "abLO"}},
		"a beginning at its front": {log, "LOab", result{data: "LOab"}},
		"one and a beginning":      {log, "abLOGL", result{data: "abLOGL"}},
		"behind":                   {log, "abLOG", result{data: "ab", beats: "LOG"}},
		"in front":                 {log, "LOGab", result{data: "ab", beats: "LOG"}},
		"around":                   {log, "LOGLOGabLOGLOG", result{data: "ab", beats: "LOGLOGLOGLOG"}},
		"alone":                    {log, "LOGLOG", result{beats: "LOGLOG"}},
		"different ones":           {both, "\xffLOGINabLOG\xff", result{data: "ab", beats: "\xffLOGINLOG\xff"}},
		"data of such bytes":       {log, "LOLOGOG", result{data: "LOLOGOG"}},
	} {
		t.Run(name, func(t *testing.T) {
			everySplit(c.in, burstGap, []time.Duration{0, 20 * time.Millisecond, burstGap - 1}, func(how string, cut []piece) {
				if got := play(NewHeartbeats(c.known, Finding{Anywhere: true}), cut); got != c.want {
					t.Errorf("%s: got %+v, want %+v", how, got, c.want)
				}
			})
		})
	}
	for name, c := range map[string]struct {
		in   []piece
		want result
	}{
		"between two bursts":             {[]piece{{burstGap, "ab"}, {burstGap, "LOG"}, {burstGap, "cd"}}, result{data: "abcd", beats: "LOG"}},
		"ends one, before the next":      {[]piece{{burstGap, "abLOG"}, {burstGap, "cd"}}, result{data: "abcd", beats: "LOG"}},
		"in pieces over a pause":         {[]piece{{burstGap, "abLO"}, {burstGap, "Gcd"}}, result{data: "abcd", beats: "LOG"}},
		"no pause behind it":             {[]piece{{burstGap, "abLOG"}, {burstGap - 1, "cd"}}, result{data: "abLOGcd"}},
		"a beginning, and another burst": {[]piece{{burstGap, "abLO"}, {burstGap, "cd"}}, result{data: "abLOcd"}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := play(NewHeartbeats(log, Finding{Anywhere: true}), c.in); got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}
