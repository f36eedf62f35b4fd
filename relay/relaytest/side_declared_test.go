package relaytest

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"meterline/relay"
)

// tmpl is a template as a configuration writes it.
func tmpl(s string) relay.Template {
	t, err := relay.ParseTemplate(s)
	if err != nil {
		panic(err) // a fault of the test
	}
	return t
}

// declared is a sound profile.
func declared(p relay.Profile) relay.Profile {
	p.Name, p.Kind = "test", relay.Declared
	return p
}

func sideOfProfile(t testing.TB, p relay.Profile, id string) Side {
	t.Helper()
	fresh, err := ProfileSide(p, id)
	if err != nil {
		t.Fatal(err)
	}
	return fresh()
}

var (
	slipFrames = relay.Escape{
		Bytes: []relay.Escaped{{Byte: 0xC0, As: []byte{0xDB, 0xDC}}, {Byte: 0xDB, As: []byte{0xDB, 0xDD}}, {Byte: 0xC2, As: []byte{0xDB, 0xDE}}},
		Start: []byte{0xC2}, End: []byte{0xC0},
	}
	flagFrames = relay.Escape{
		Bytes: []relay.Escaped{{Byte: 0x7E, As: []byte{0x7D, 0x5E}}, {Byte: 0x7D, As: []byte{0x7D, 0x5D}}},
		Start: []byte{0x7E}, End: []byte{0x7E},
	}
	protEscape = relay.Escape{Bytes: []relay.Escaped{{Byte: 0xFD, As: []byte{0xFD, 0xED}}, {Byte: 0xFE, As: []byte{0xFD, 0xEE}}}}
	ddpLike    = relay.Framing{In: tmpl("hex:7B 09 {length:2} {id} 7B {data}"), Out: tmpl("hex:7B 89 {length:2} {id} 7B {data}"), Counts: relay.CountsPacket}
	beatFE     = []relay.Heartbeat{{Bytes: tmpl("hex:FE")}}
)

// declaredProfiles are a profile for each thing that one can declare, and the id of a modem.
var declaredProfiles = map[string]struct {
	p    relay.Profile
	id   string
	beat time.Duration
}{
	"greeted and answered": {relay.Profile{
		Greeting: tmpl("WHO {date:hh:mm}?"), Registration: tmpl("LOGIN:{id};CSQ={signal};{*}\r\n"),
		Answer: tmpl("OK {id} {date:YYYYMMDDhhmmss}"), Heartbeats: []relay.Heartbeat{{Bytes: tmpl("LOG"), Answer: tmpl("ok")}},
	}, "1001", time.Hour},
	"every packet":      {relay.Profile{Registration: tmpl("LOGIN:{id:4};{signal};"), Repeat: relay.EveryPacket}, "1001", time.Hour},
	"both":              {relay.Profile{Registration: tmpl("hex:{id:4} {*:3}"), IDFormat: relay.IDBCD, Repeat: relay.Both}, "8612345", time.Hour},
	"a prefix":          {relay.Profile{Registration: tmpl("hex:FA {id:6} FF"), IDFormat: relay.IDHexReversed, Packet: tmpl("hex:FA 01 {iccid:3}")}, "AC:DE:48:00:11:22", time.Hour},
	"escape":            {relay.Profile{Registration: tmpl("{id};"), Escape: protEscape, Heartbeats: beatFE}, "1001", time.Millisecond},
	"frames":            {relay.Profile{Escape: slipFrames, PacketMax: 100, Heartbeats: []relay.Heartbeat{{Bytes: tmpl("LOG"), Answer: tmpl("ok")}}}, "127.0.0.1", time.Millisecond},
	"one flag":          {relay.Profile{Escape: flagFrames}, "127.0.0.1", time.Hour},
	"an end only":       {relay.Profile{Escape: relay.Escape{Bytes: slipFrames.Bytes, End: slipFrames.End}}, "127.0.0.1", time.Hour},
	"a start only":      {relay.Profile{Escape: relay.Escape{Bytes: slipFrames.Bytes, Start: slipFrames.Start}}, "127.0.0.1", time.Hour},
	"length of all":     {relay.Profile{Registration: tmpl("{id:11};"), Framing: ddpLike, Heartbeats: []relay.Heartbeat{{Bytes: tmpl("hex:7B 03 {id}"), Answer: tmpl("hex:7B 83 {id}")}}}, "13912345678", time.Millisecond},
	"length of data":    {relay.Profile{Framing: relay.Framing{In: tmpl("hex:02 {length:1} {*:2} {data} 03"), Out: tmpl("hex:02 {length:2:le} {data} 03")}}, "127.0.0.1", time.Hour},
	"length of rest":    {relay.Profile{Framing: relay.Framing{In: tmpl("hex:02 {length:2:le} 00 {data} 03"), Counts: relay.CountsRest}, Heartbeats: beatFE}, "127.0.0.1", time.Millisecond},
	"no registration":   {relay.Profile{Heartbeats: beatFE}, "127.0.0.1", time.Hour},
	"a byte for length": {relay.Profile{Framing: relay.Framing{In: tmpl("hex:02 {length:1} {data}"), Out: tmpl("hex:03 {length:1} {data}"), Counts: relay.CountsPacket}}, "127.0.0.1", time.Hour},
}

func TestDeclaredThroughAnExchange(t *testing.T) {
	for name, c := range declaredProfiles {
		for seed := range uint64(3) {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				p := declared(c.p)
				side, err := ProfileSide(p, c.id)
				if err != nil {
					t.Fatal(err)
				}
				var h heard
				m := &Modem{Name: name, Side: side, HeartbeatEvery: c.beat, Shuffle: true, Seed: seed + 1}
				s := online(t, m, p, p.CanonicalID(c.id), &h)
				crosses(t, s, 1, 8, 256, 700)
				if s.Misframed() != 0 || m.Stats().Sessions != 1 {
					t.Errorf("%d bytes dropped, %+v", s.Misframed(), m.Stats())
				}
			})
		}
	}
}

// A modem that has no profile, and those that register by kind, are played, too.
func TestProfileSideOfKinds(t *testing.T) {
	for _, c := range []struct {
		p      relay.Profile
		id     string
		hello  string
		beats  time.Duration
		online bool
	}{
		{relay.Profile{}, "", "", 0, true},
		{relay.Profile{Kind: relay.Address, Heartbeats: beatFE}, "10.0.0.1", "", time.Minute, true},
		{relay.Profile{Kind: relay.IMEI}, testIMEI, testIMEI + "\r\n", 0, true},
		{relay.Profile{Kind: relay.IMEI, Answer: tmpl("hi")}, testIMEI, testIMEI + "\r\n", 0, false},
		{relay.Profile{Kind: relay.Teleofis}, testIMEI, "", 0, false},
		{relay.Profile{Kind: relay.Mercury228}, "", "", 0, true},
		{relay.Profile{Kind: relay.FourFaith}, "78563412", "\x78\x56\x34\x1213066668888\x00\xC0\xA8\x01\x42\x00", time.Minute, true},
	} {
		side := sideOfProfile(t, c.p, c.id)
		if got := side.Connect(noon); string(got) != c.hello || side.Online() != c.online || ProfileBeats(c.p) != c.beats {
			t.Errorf("kind %q says %q, on line %v, beats each %v", c.p.Kind, got, side.Online(), ProfileBeats(c.p))
		}
	}
	kinds, _ := relay.Kinds()
	for _, kind := range kinds {
		if _, err := ProfileSide(relay.Profile{Kind: kind}, ""); err != nil && strings.Contains(err.Error(), "nothing is known") {
			t.Error(err)
		}
	}
	for name, c := range map[string]struct {
		p  relay.Profile
		id string
	}{
		"an unsound profile": {declared(relay.Profile{}), ""},
		"another kind":       {relay.Profile{Kind: "telepathy"}, ""},
		"an id too long":     {declared(relay.Profile{Registration: tmpl("{id:4}")}), "12345"},
		"no hexadecimal":     {declared(relay.Profile{Registration: tmpl("{id:2}"), IDFormat: relay.IDHex}), "xyz"},
		"another pattern":    {declared(relay.Profile{Registration: tmpl("{id:2}"), IDPattern: "[0-9]+"}), "ab"},
		"no IMEI":            {relay.Profile{Kind: relay.IMEI}, "12345"},
		"no id of the kind":  {relay.Profile{Kind: relay.IRZ}, "12345"},
	} {
		if _, err := ProfileSide(c.p, c.id); err == nil || !strings.HasPrefix(err.Error(), "simulated modem") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The bytes are those that the rules say.
func TestDeclaredSideSays(t *testing.T) {
	for name, c := range map[string]struct{ id, hello, beat, put string }{
		"greeted and answered": {"1001", "", "LOG", "\xC0\xFEab"},
		"every packet":         {"1001", "LOGIN:1001;17;", "", "LOGIN:1001;17;\xC0\xFEab"},
		"both":                 {"8612345", "\x86\x12\x34\x5F012", "", "\x86\x12\x34\x5F012\xC0\xFEab"},
		"a prefix":             {"AC:DE:48:00:11:22", "\xFA\x22\x11\x00\x48\xDE\xAC\xFF", "", "\xFA\x01897\xC0\xFEab"},
		"escape":               {"1001", "1001;", "\xFE", "\xC0\xFD\xEEab"},
		"frames":               {"", "", "LOG", "\xC2\xDB\xDC\xFEab\xC0"},
		"one flag":             {"", "", "", "\x7E\xC0\xFEab\x7E"},
		"length of all":        {"13912345678", "13912345678;", "\x7B\x0313912345678", "\x7B\x09\x00\x1413912345678\x7B\xC0\xFEab"},
		"length of data":       {"", "", "", "\x02\x0401\xC0\xFEab\x03"},
		"length of rest":       {"", "", "\xFE", "\x02\x06\x00\x00\xC0\xFEab\x03"},
	} {
		side := sideOfProfile(t, declared(declaredProfiles[name].p), c.id)
		if hello, put, beat := string(side.Connect(noon)), string(side.Put([]byte("\xC0\xFEab"))), string(side.Beat()); hello != c.hello || put != c.put || beat != c.beat {
			t.Errorf("%s: it says %q, %q, and beats %q", name, hello, put, beat)
		}
	}
}

// greeting is what a server says to put the modem of that profile on line.
func greeting(name string) string {
	if name == "greeted and answered" {
		return "WHO 23:59?OK 1001 20260301120000"
	}
	return ""
}

func TestDeclaredSideNoticesFaults(t *testing.T) {
	for name, c := range map[string]struct{ profile, says, want string }{
		"another greeting":        {"greeted and answered", "HELLO", "greeted with"},
		"another hour":            {"greeted and answered", "WHO 24:00?", "greeted with"},
		"another answer":          {"greeted and answered", "WHO 12:00?NO", "answered with"},
		"another's id":            {"greeted and answered", "WHO 12:00?OK 1002 ", "answered with"},
		"another month":           {"greeted and answered", "WHO 12:00?OK 1001 202613", "answered with"},
		"letters in the date":     {"greeted and answered", "WHO 12:00?OK 1001 2026x", "answered with"},
		"not escaped":             {"escape", "ab\xFE", "FE is not escaped right"},
		"escaped otherwise":       {"escape", "\xFD\xFF", "FD is not escaped right"},
		"outside of frames":       {"frames", "\xC2a\xC0b", "62 has no place"},
		"an answer without beats": {"frames", "ok", "6F has no place"},
		"a frame in a frame":      {"frames", "\xC2a\xC2", "C2 has no place"},
		"a frame too long":        {"frames", "\xC2" + strings.Repeat("a", 101), "more than 100 bytes"},
		"before any frame":        {"a start only", "a", "61 has no place"},
		"before the flag":         {"one flag", "a\x7E", "61 has no place"},
		"another packet":          {"length of all", "\x7B\x09", "where 7B 89 belongs"},
		"another's packet":        {"length of all", "\x7B\x89\x00\x1413912345679", "where"},
		"too short for its head":  {"length of all", "\x7B\x89\x00\x0F", "shorter than its head"},
		"too long":                {"length of data", "\x02\x01\x04", "1025 bytes, more than 1024"},
		"another end":             {"length of data", "\x02\x01\x00a\x02", "where 03 belongs"},
	} {
		for _, n := range []int{1, 100} {
			side := sideOfProfile(t, declared(declaredProfiles[c.profile].p), declaredProfiles[c.profile].id)
			_ = side.Connect(noon)
			if _, _, err := taken(side, c.says, n); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// Answers to heartbeats are nobody's data, and only as many as are owed.
func TestDeclaredSideIsAnswered(t *testing.T) {
	for _, c := range []struct {
		profile     string
		beats       int
		says, meant string
	}{
		{"greeted and answered", 0, "okdata", "okdata"},
		{"greeted and answered", 1, "data", "data"},
		{"greeted and answered", 1, "okdata", "data"},
		{"greeted and answered", 1, "dataok", "data"},
		{"greeted and answered", 1, "okok", "ok"},
		{"greeted and answered", 2, "okok", ""},
		{"greeted and answered", 2, "okdataok", "data"},
		{"frames", 2, "\xC2a\xC0ok\xC2ok\xC0ok", "aok"},
		{"length of all", 1, "\x7B\x8313912345678\x7B\x89\x00\x1113912345678\x7Ba", "a"},
	} {
		side := sideOfProfile(t, declared(declaredProfiles[c.profile].p), declaredProfiles[c.profile].id)
		_ = side.Connect(noon)
		if _, _, err := taken(side, greeting(c.profile), 5); err != nil {
			t.Fatal(err)
		}
		for range c.beats {
			_ = side.Beat()
		}
		if data, _, err := taken(side, c.says, 100); data != c.meant || err != nil {
			t.Errorf("%s, %d heartbeats: %q became %q, %v", c.profile, c.beats, c.says, data, err)
		}
	}
}

// A heartbeat that is told from data by silence alone has it, and so has a packet that begins with a prefix.
func TestSilences(t *testing.T) {
	for name, want := range map[string][2]time.Duration{
		"greeted and answered": {0, beatSilence}, "every packet": {packetSilence, 0}, "both": {packetSilence, 0}, "a prefix": {packetSilence, 0},
		"escape": {}, "frames": {}, "length of all": {}, "no registration": {0, beatSilence},
	} {
		packet, beat := silences(sideOfProfile(t, declared(declaredProfiles[name].p), declaredProfiles[name].id))
		if packet != want[0] || beat != want[1] {
			t.Errorf("%s: %v and %v", name, packet, beat)
		}
	}
	var o outbox
	start := noon
	o.put([]byte("a"), start)
	o.put([]byte("b"), start)
	o.pieces[0].before, o.pieces[0].behind = time.Second, 2*time.Second
	o.sent = start
	if o.take(start) != nil || !o.next().Equal(start.Add(time.Second)) {
		t.Errorf("the first is due at %v", o.next())
	}
	if p := o.take(start.Add(time.Second)); string(p) != "a" {
		t.Errorf("it takes %q", p)
	}
	o.sent = start.Add(time.Second)
	if o.take(start.Add(2*time.Second)) != nil || !o.hushed(start.Add(2*time.Second)) || !o.next().Equal(start.Add(3*time.Second)) {
		t.Errorf("the second is due at %v", o.next())
	}
}

// Heartbeats that need silence are known by it, whatever a meter says between them.
func TestDeclaredBeatsAlone(t *testing.T) {
	t.Parallel()
	p := declared(relay.Profile{Registration: tmpl("{id};"), Packet: tmpl("hex:FA 01 01"), Heartbeats: []relay.Heartbeat{{Bytes: tmpl("LOG"), Answer: tmpl("ok")}}})
	side, err := ProfileSide(p, "1001")
	if err != nil {
		t.Fatal(err)
	}
	var h heard
	m := &Modem{Name: "beats", Side: side, HeartbeatEvery: time.Millisecond, Shuffle: true, Seed: 5}
	s := online(t, m, p, "1001", &h)
	crosses(t, s, 9)
	for sent := m.Stats().Sent; m.Stats().Sent == sent; { // until it has beaten
		if err := s.SetReadDeadline(time.Now().Add(10 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		_ = s.Receive(func(p []byte) bool { t.Errorf("%q from nowhere", p); return true })
	}
	crosses(t, s, 9, 1)
}

// FuzzDeclaredSide: whatever a server says, in whatever pieces, the same is understood.
func FuzzDeclaredSide(f *testing.F) {
	names := make([]string, 0, len(declaredProfiles))
	for name := range declaredProfiles {
		names = append(names, name)
	}
	slices.Sort(names)
	for i, name := range names {
		f.Add(uint8(i), []byte(greeting(name)+"\xC2a\xC0\x7B\x89\x00\x1113912345678\x7Ba"), uint8(3))
		f.Add(uint8(i), []byte("\x7E\x7D\x5E\x7E\x02\x01\x00a\x03\x03\x03a"), uint8(1))
	}
	f.Fuzz(func(t *testing.T, which uint8, says []byte, size uint8) {
		c := declaredProfiles[names[int(which)%len(names)]]
		whole, all := sideOfProfile(t, declared(c.p), c.id), sideOfProfile(t, declared(c.p), c.id)
		_, _ = whole.Connect(noon), all.Connect(noon)
		want, reply, wantErr := whole.Take(bytes.Clone(says), noon)
		got, again, err := taken(all, string(says), int(size)%8+1)
		if (err == nil) != (wantErr == nil) || wantErr == nil && (got != string(want) || again != string(reply) || all.Online() != whole.Online()) {
			t.Errorf("%q: %q, %v in pieces, %q, %v at once", says, got, err, want, wantErr)
		}
	})
}
