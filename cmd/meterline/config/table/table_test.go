package table

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// lamp is what the keys of the tests are read into.
type lamp struct {
	colour string
	watts  uint8
	fade   time.Duration
	on     bool
	note   string
	bulb   bulb
}

type bulb struct{ socket string }

var bulbKeys = Keys[bulb]{{Name: "socket", Form: Text("text", func(b *bulb) *string { return &b.socket }), Doc: "Its socket."}}

var lampKeys = slices.Concat(Keys[lamp]{
	{Name: "colour", Form: OneOf(func(l *lamp) *string { return &l.colour }, "white", "red"), Default: "white", Doc: "What it shines."},
	{Name: "watts", Form: Number(1, 200, func(l *lamp) *uint8 { return &l.watts }), Default: "60", Own: true},
	{Name: "fade", Form: Duration(0, time.Minute, func(l *lamp) *time.Duration { return &l.fade }), Default: "1s"},
	{Name: "on", Form: Flag(func(l *lamp) *bool { return &l.on }), Otherwise: "as it was"},
	{Name: "note", Form: Literal(FreeText(func(l *lamp) *string { return &l.note }))},
	{Name: "ignored", Form: Flag[lamp](nil)},
	{Name: "gas", Refused: Flawf("take it out", "lamps burn none")},
}, In(bulbKeys, func(l *lamp) *bulb { return &l.bulb }))

// given is a table with the values given: key, value, key, value …
func given(found *Findings, values ...any) *Table {
	t := New("lamp", "a", Place{Source: &Source{Name: "x.toml"}, Line: 3}, found)
	for i := 0; i < len(values); i += 2 {
		key, _ := values[i].(string)
		t.Set(key, Value{Raw: values[i+1], At: Place{t.At.Source, 4 + i/2, 0}, Label: t.Label()})
	}
	return t
}

// Keys that are given change the defaults, others leave them, and a wrong one is reported at its place.
func TestKeysRead(t *testing.T) {
	var found Findings
	got := lampKeys.Defaults()
	if want := (lamp{colour: "white", watts: 60, fade: time.Second}); got != want {
		t.Errorf("defaults %+v, want %+v", got, want)
	}
	lampKeys.Read(given(&found, "colour", "red", "on", true, "socket", "E27", "note", "", "ignored", false), &got)
	if want := (lamp{"red", 60, time.Second, true, "", bulb{"E27"}}); got != want || found.Err() != nil {
		t.Errorf("read %+v, want %+v: %v", got, want, found.Err())
	}
	wrong := given(&found, "watts", int64(0), "colour", "rde", "ignored", "yes", "fade", int64(5))
	lampKeys.Read(wrong, &got)
	if got.watts != 60 || got.colour != "red" || got.fade != time.Second {
		t.Errorf("wrong values were read: %+v", got)
	}
	want := `x.toml:4: [lamp.a] watts: 0 is out of range: write something from 1 to 200
x.toml:5: [lamp.a] colour: "rde" is unknown: write "red" (one of "white", "red")
x.toml:6: [lamp.a] ignored: text, not true or false: write ignored = true or ignored = false, without quotes
x.toml:7: [lamp.a] fade: a number without a unit: write "5s" for 5 seconds`
	if err := found.Err(); err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
	if !wrong.Wrong("on", "watts") || wrong.Good("watts") || wrong.Own("watts") || !wrong.Meant("watts") || wrong.Wrong("on") {
		t.Error("the table does not know which keys are wrong")
	}
}

// A default that its key would refuse does not start the program.
func TestWrongDefault(t *testing.T) {
	defer func() {
		if err, _ := recover().(error); err == nil || !strings.Contains(err.Error(), "out of range") {
			t.Errorf("got %v", err)
		}
	}()
	Keys[lamp]{{Name: "watts", Form: Number(1, 200, func(l *lamp) *uint8 { return &l.watts }), Default: "500"}}.Defaults()
}

func TestSchema(t *testing.T) {
	s := lampKeys.Schema()
	if got := strings.Join(s.Names(), " "); got != "colour watts fade on note ignored socket" {
		t.Errorf("names %s", got)
	}
	if got := strings.Join(s.Shared().Names(), " "); got != "colour fade on note ignored socket" {
		t.Errorf("names of defaults %s", got)
	}
	if s.Has("gas") || s.Find("gas") == nil || s.Find("gas").Refused == nil || s.Find("oil") != nil || s.Has("oil") || !s.Has("socket") {
		t.Error("refused and unknown keys are not told apart")
	}
	if !s.Find("note").Literal || s.Find("socket").Literal || s.Find("on").Default != "as it was" || s.Find("watts").Form != "1 to 200" {
		t.Errorf("%+v", s.All())
	}
	if got := s.Find("colour").Form; got != "`white` or `red`" {
		t.Errorf("form %s", got)
	}
	if joined := bulbKeys.Schema().Join(Keys[lamp]{{Name: "more"}}.Schema()); strings.Join(joined.Names(), " ") != "socket more" || len(bulbKeys.Schema().Names()) != 1 {
		t.Errorf("joined %v", joined.Names())
	}
	defer func() {
		if recover() == nil {
			t.Error("two keys have one name")
		}
	}()
	s.Join(s)
}

func TestNearest(t *testing.T) {
	words := []string{"port", "listen", "keepalive_idle", "retry_min", "retry_max"}
	for typed, want := range map[string]string{
		"colour": "", "x": "", "": "", "Port": "port", "prot": "port", "listn": "listen", "keepaliveidle": "keepalive_idle",
		"retry_mix": "retry_min", strings.Repeat("p", 500): "",
	} {
		if got := Nearest(typed, words); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", typed, got, want)
		}
	}
}

func TestParseBytes(t *testing.T) {
	bad := []string{"", "hex:", "hex:1", "hex:0G", "hex:0 1 2", "ö", "\u00ff", strings.Repeat("x", 11), "hex:" + strings.Repeat("00", 11)}
	for _, s := range bad {
		if b, f := ParseBytes(s, 10); f == nil {
			t.Errorf("ParseBytes(%q) = %x", s, b)
		}
	}
	for s, want := range map[string]string{"LOG\r\n": "LOG\r\n", "hex:7B 01": "{\x01", "hex:fe": "\xfe", "hex: 00 ": "\x00", "HEX:00": "HEX:00"} {
		if b, f := ParseBytes(s, 10); f != nil || string(b) != want {
			t.Errorf("ParseBytes(%q) = %q, %v", s, b, f)
		}
	}
}
