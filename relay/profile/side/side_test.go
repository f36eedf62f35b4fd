package side_test

import (
	"testing"
	"time"

	"meterline/relay/profile/side"
)

// careless is a side that thinks itself on line all the time.
type careless struct{ connects, replies, beat string }

func (c careless) Connect(time.Time) []byte { return []byte(c.connects) }
func (c careless) Put(p []byte) []byte      { return p }
func (c careless) Online() bool             { return true }
func (c careless) Beat() []byte             { return []byte(c.beat) }
func (c careless) Take([]byte, time.Time) (data, reply []byte, err error) {
	return nil, []byte(c.replies), nil
}

// A modem that registers is silent and not on line until it has said who it is, whatever its side thinks.
func TestLineKeepsTheOrder(t *testing.T) {
	for name, c := range map[string]struct {
		registers           bool
		side                careless
		first, connected    bool // on line
		greeted             bool
		beatThen, beatFirst string
	}{
		"the modem speaks first":     {true, careless{"hello", "", "beat"}, false, true, true, "beat", ""},
		"the server speaks first":    {true, careless{"", "hello", "beat"}, false, false, true, "beat", ""},
		"it never says who it is":    {true, careless{"", "", "beat"}, false, false, false, "", ""},
		"a modem known by its place": {false, careless{"", "", "beat"}, true, true, true, "beat", "beat"},
	} {
		line := side.NewLine(c.side, c.registers)
		if got := string(line.Beat()); line.Online() != c.first || got != c.beatFirst {
			t.Errorf("%s: before it is connected it is on line: %v, and beats %q", name, line.Online(), got)
		}
		if got := string(line.Connect(noon)); got != c.side.connects || line.Online() != c.connected {
			t.Errorf("%s: connected it says %q and is on line: %v", name, got, line.Online())
		}
		if _, reply, err := line.Take([]byte("who?"), noon); string(reply) != c.side.replies || line.Online() != c.greeted || err != nil {
			t.Errorf("%s: greeted it says %q, %v, and is on line: %v", name, reply, err, line.Online())
		}
		if got := string(line.Beat()); got != c.beatThen {
			t.Errorf("%s: in the end it beats %q", name, got)
		}
	}
}

// mute is a side without heartbeats and silences.
type mute struct{}

func (mute) Connect(time.Time) []byte { return nil }
func (mute) Put(p []byte) []byte      { return p }
func (mute) Online() bool             { return true }
func (mute) Take(p []byte, _ time.Time) (data, reply []byte, err error) {
	return p, nil, nil
}

func TestLineOfASideThatDoesLittle(t *testing.T) {
	line := side.NewLine(mute{}, false)
	if packet, beat := line.Silences(); packet != 0 || beat != 0 || line.Beat() != nil {
		t.Errorf("silences %v and %v, beats %q", packet, beat, line.Beat())
	}
}
