package profile

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"meterline/relay/codec"
	"meterline/relay/profile/side"
	"meterline/relay/wire"
)

// noon is when the sides are tested.
var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// accepting is what a server says, by the published descriptions, to put a modem on line; for each name of Simulated.
var accepting = map[string]string{
	"irz":       "20260301120001,MOD=DAT,\r",
	"irz-plain": "20260301115959,MOD=DAT,\r",
	"teleofis": "\xC0\x00\x06\x00\x14" + strings.Repeat("\x00", 20) + "\xE7\x48\xC2" +
		"\xC0\x01\x06\x01\x00\x14" + strings.Repeat("\x00", 20) + "\x02\xFD\xC2",
	"four-faith": "",
	"ddp":        "\x7B\x81\x00\x1013066668888\x7B",
	"mercury228": "",
	"dlms-push":  "",
}

// sideIDs are ids that the sides take.
var sideIDs = map[string]string{
	"irz": testIMEI, "irz-plain": testIMEI, "teleofis": testIMEI, "four-faith": "13066668888",
	"ddp": "13066668888", "mercury228": "", "dlms-push": "KA6P0050390211108",
}

const testIMEI = "861234567890123"

func newSide(t testing.TB, name string) *side.Line {
	t.Helper()
	fresh, _, err := Simulate(name, side.Identity{ID: sideIDs[name]})
	if err != nil {
		t.Fatal(err)
	}
	return fresh()
}

func TestSidesRefuse(t *testing.T) {
	for name, id := range map[string]string{
		"ircz": testIMEI, "irz": "12345", "irz-plain": "86123456789012x", "teleofis": "8612345678901234", "four-faith": "1306666888",
	} {
		if _, _, err := Simulate(name, side.Identity{ID: id}); err == nil || !strings.HasPrefix(err.Error(), "simulated modem") {
			t.Errorf("%s with the id %q: %v", name, id, err)
		}
	}
	for name, want := range map[string]time.Duration{"irz": 50 * time.Second, "irz-plain": 50 * time.Second, "teleofis": 0, "dlms-push": time.Hour} {
		if _, every, _ := Simulate(name, side.Identity{ID: sideIDs[name]}); every != want {
			t.Errorf("%s beats each %v, not as its maker sets it", name, every)
		}
	}
}

// A server that does not keep to the protocol is told so.
func TestSidesNoticeFaults(t *testing.T) {
	irz := accepting["irz"]
	hello, ack := accepting["teleofis"][:28], accepting["teleofis"][28:]
	for name, c := range map[string]struct{ side, says, want string }{
		"irz: another answer":         {"irz", "20260301120000,MOD=SET,\r", "answered with"},
		"irz: no CR":                  {"irz", "20260301120000,MOD=DAT,\n", "answered with"},
		"irz: an LF behind it":        {"irz", irz + "\n", "breaks it"},
		"irz plain: an LF behind it":  {"irz-plain", irz + "\n", "breaks it"},
		"irz: another day":            {"irz", "20260229120000,MOD=DAT,\r", "clock"},
		"irz: another hour":           {"irz", "20260301110000,MOD=DAT,\r", "clock is set wrong by 1h0m0s"},
		"irz: no frame":               {"irz", irz + "\x00\x00\x01\xB0", "no frame begins"},
		"irz: a frame's end":          {"irz", irz + "\xC8\xCA\xCB\xCC\xCD\x01\x00\x01x\r\r", "a frame ends with"},
		"irz: a keepalive":            {"irz", irz + "\xC8\xCA\xCB\xCC\xCD\x02\x00\x00\r\n", "type 2"},
		"irz: an unknown question":    {"irz", irz + "\xC8\xCA\xCB\xCC\xCD\x0C\x00\x03\x00\x40\x07\r\n", "question 7"},
		"irz: a question cut short":   {"irz", irz + "\xC8\xCA\xCB\xCC\xCD\x0C\x00\x02\x00\x40\r\n", "question 00 40"},
		"teleofis: no frame":          {"teleofis", "x", "no frame begins"},
		"teleofis: wrong sum":         {"teleofis", strings.Replace(hello, "\xE7", "\xE8", 1), "wrong check sum"},
		"teleofis: the ack first":     {"teleofis", ack, "unexpected frame"},
		"teleofis: asked twice":       {"teleofis", hello + hello, "unexpected frame"},
		"teleofis: an empty frame":    {"teleofis", "\xC0\xC2", "wrong check sum"},
		"teleofis: an escape and end": {"teleofis", "\xC0\xC4\xC2", "wrong check sum"},
		"four-faith: raw FE":          {"four-faith", "x\xFE", "not escaped"},
		"four-faith: FD and another":  {"four-faith", "x\xFD\xFD", "not escaped"},
	} {
		if _, _, err := newSide(t, c.side).Take([]byte(c.says), noon); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Whatever the pieces in which a server's bytes come, the same reaches the meter, and the same is said in return.
func TestSidesTakePieces(t *testing.T) {
	meant := "\x00\xFD\xFE\xED\xEE\xC0\xC2\xC4\r\n\xC8\xCA\xCB\xCC\xCDdata"
	wire := map[string]string{
		"irz":        "\xC8\xCA\xCB\xCC\xCD\x01\x00\x13" + meant + "\r\n\xC8\xCA\xCB\xCC\xCD\x0C\x00\x03\x00\x40\x05\r\n",
		"irz-plain":  meant,
		"teleofis":   meant,
		"four-faith": "\x00\xFD\xED\xFD\xEE\xED\xEE\xC0\xC2\xC4\r\n\xC8\xCA\xCB\xCC\xCDdata",
	}
	for _, name := range Simulated() {
		if wire[name] == "" {
			continue // tested elsewhere
		}
		says := accepting[name] + wire[name]
		var whole string
		for size := range len(says) {
			modem := newSide(t, name)
			_ = modem.Connect(noon)
			if len(accepting[name]) > 0 == modem.Online() {
				t.Errorf("%s: on line at once: %v", name, modem.Online())
			}
			var data, reply []byte
			for part := range slices.Chunk([]byte(says), len(says)-size) {
				d, r, err := modem.Take(bytes.Clone(part), noon)
				if err != nil {
					t.Fatalf("%s in pieces of %d: %v", name, len(says)-size, err)
				}
				data, reply = append(data, d...), append(reply, r...)
			}
			if size == 0 {
				whole = string(reply)
			}
			if string(data) != meant || string(reply) != whole || !modem.Online() {
				t.Errorf("%s in pieces of %d: data %q, reply %q, on line %v", name, len(says)-size, data, reply, modem.Online())
			}
		}
	}
}

// The bytes that are published are those that are sent.
func TestSidesSay(t *testing.T) {
	for name, want := range map[string][3]string{
		"irz": {
			"AT$IMEI=861234567890123,PSW=5492,TYP=ATM,DEV=ATM31,VER=01,REV=03,BLD=016.353,HDW=2.0,SIM=0,CSQ=17,COLPROT=1.3,ATP=1.1,INT=485+232,CHN=1,\n",
			"\xC8\xCA\xCB\xCC\xCD\x02\x00\x05\xB5\xBC\xBD\xBE\xBF\r\n",
			"\xC8\xCA\xCB\xCC\xCD\x01\x00\x04\x00\x00\x01\xB0\r\n",
		},
		"irz-plain": {
			"AT$IMEI=861234567890123,PSW=5492,TYP=ATM,DEV=ATM31,VER=01,REV=03,BLD=016.353,HDW=2.0,SIM=0,CSQ=17,ATP=1.1,INT=485+232,CHN=1,\n",
			"\xB5\xBC\xBD\xBE\xBF", "\x00\x00\x01\xB0",
		},
		"teleofis":   {"", "", "\x00\x00\x01\xB0"},
		"four-faith": {"\x78\x56\x34\x1213066668888\x00\xC0\xA8\x01\x42\x00", "\xFE", "\x00\x00\x01\xB0"},
	} {
		modem := newSide(t, name)
		got := [3]string{string(modem.Connect(noon)), "", string(modem.Put([]byte("\x00\x00\x01\xB0")))}
		if beat := modem.Beat(); len(accepting[name]) > 0 && len(beat) > 0 {
			t.Errorf("%s beats before it is accepted: %q", name, beat)
		}
		if _, _, err := modem.Take([]byte(accepting[name]), noon); err != nil {
			t.Error(err)
		}
		got[1] = string(modem.Beat())
		if got != want {
			t.Errorf("%s says %q, want %q", name, got, want)
		}
	}
	if got := string(newSide(t, "four-faith").Put([]byte("\xFD\xFE\xED"))); got != "\xFD\xED\xFD\xEE\xED" {
		t.Errorf("escaped: % x", got)
	}
	if got := newSide(t, "irz").Put(make([]byte, 2*irzMost+1)); len(got) != 2*irzMost+1+3*10 {
		t.Errorf("three frames have %d bytes", len(got))
	}
}

func FuzzSides(f *testing.F) {
	for i, name := range Simulated() {
		f.Add(uint8(i), []byte(accepting[name]+"\xC8\xCA\xCB\xCC\xCD\x01\x00\x01x\r\n"), uint8(3))
	}
	f.Fuzz(func(t *testing.T, which uint8, says []byte, size uint8) {
		name := Simulated()[int(which)%len(Simulated())]
		if sideIDs[name] == "" {
			t.Skip("tested elsewhere")
		}
		whole, _, wholeErr := newSide(t, name).Take(bytes.Clone(says), noon)
		modem := newSide(t, name)
		var data []byte
		for part := range slices.Chunk(says, int(size)%8+1) {
			d, _, err := modem.Take(bytes.Clone(part), noon)
			data = append(data, d...)
			if err != nil {
				if wholeErr == nil {
					t.Errorf("%s: an error in pieces alone: %v", name, err)
				}
				return
			}
		}
		if wholeErr != nil && name != "irz-plain" || !bytes.Equal(data, whole) && wholeErr == nil {
			t.Errorf("%s: %q in pieces, %q and %v at once", name, data, whole, wholeErr)
		}
	})
}

// simulate returns the modem of that profile with that id, on a new connection.
func simulate(t testing.TB, p Profile, id string) *side.Line {
	t.Helper()
	fresh, err := p.Simulate(side.Identity{ID: id})
	if err != nil {
		t.Fatal(err)
	}
	return fresh()
}

// A modem that has no profile, and those that register by kind, are simulated, too.
func TestSimulatesKinds(t *testing.T) {
	for _, c := range []struct {
		p      Profile
		id     string
		hello  string
		beats  time.Duration
		online bool
	}{
		{Profile{}, "", "", 0, true},
		{Profile{Kind: Address, Heartbeats: []codec.Heartbeat{{Bytes: tmpl("hex:FE")}}}, "10.0.0.1", "", time.Minute, true},
		{Profile{Kind: IMEI}, testIMEI, testIMEI + "\r\n", 0, true},
		{Profile{Kind: IMEI, Answer: tmpl("hi")}, testIMEI, testIMEI + "\r\n", 0, false},
		{Profile{Kind: Teleofis}, testIMEI, "", 0, false},
		{Profile{Kind: Mercury228}, "", "", 0, true},
		{Profile{Kind: FourFaith}, "78563412", "\x78\x56\x34\x1213066668888\x00\xC0\xA8\x01\x42\x00", time.Minute, true},
	} {
		modem := simulate(t, c.p, c.id)
		if got := modem.Connect(noon); string(got) != c.hello || modem.Online() != c.online || c.p.BeatsEvery() != c.beats {
			t.Errorf("kind %q says %q, on line %v, beats each %v", c.p.Kind, got, modem.Online(), c.p.BeatsEvery())
		}
	}
	kinds, _ := Kinds()
	for _, kind := range kinds {
		if _, err := (&Profile{Kind: kind}).Simulate(side.Identity{}); err != nil && strings.Contains(err.Error(), "nothing is known") {
			t.Error(err)
		}
	}
	for name, c := range map[string]struct {
		p  Profile
		id string
	}{
		"an unsound profile": {declares(Profile{}), ""},
		"another kind":       {Profile{Kind: "telepathy"}, ""},
		"an id too long":     {declares(Profile{Registration: tmpl("{id:4}")}), "12345"},
		"no hexadecimal":     {declares(Profile{Registration: tmpl("{id:2}"), IDFormat: wire.IDHex}), "xyz"},
		"another pattern":    {declares(Profile{Registration: tmpl("{id:2}"), IDPattern: "[0-9]+"}), "ab"},
		"no IMEI":            {Profile{Kind: IMEI}, "12345"},
		"no id of the kind":  {Profile{Kind: IRZ}, "12345"},
	} {
		if _, err := c.p.Simulate(side.Identity{ID: c.id}); err == nil || !strings.HasPrefix(err.Error(), "simulated modem") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
