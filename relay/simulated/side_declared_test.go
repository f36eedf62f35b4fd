package simulated

import (
	"strings"
	"testing"
	"time"

	"meterline/relay/codec"
	"meterline/relay/profile"
	"meterline/relay/wire"
)

// tmpl is a template as a configuration writes it.
func tmpl(s string) wire.Template {
	t, err := wire.ParseTemplate(s)
	if err != nil {
		panic(err) // a fault of the test
	}
	return t
}

// declared is a sound profile.
func declared(p profile.Profile) profile.Profile {
	p.Name, p.Kind = "test", profile.Declared
	return p
}

func sideOfProfile(t testing.TB, p profile.Profile, id string) Side {
	t.Helper()
	fresh, err := ProfileSide(p, id)
	if err != nil {
		t.Fatal(err)
	}
	return fresh()
}

var (
	slipFrames = codec.Escape{
		Bytes: []codec.Escaped{{Byte: 0xC0, As: []byte{0xDB, 0xDC}}, {Byte: 0xDB, As: []byte{0xDB, 0xDD}}, {Byte: 0xC2, As: []byte{0xDB, 0xDE}}},
		Start: []byte{0xC2}, End: []byte{0xC0},
	}
	flagFrames = codec.Escape{
		Bytes: []codec.Escaped{{Byte: 0x7E, As: []byte{0x7D, 0x5E}}, {Byte: 0x7D, As: []byte{0x7D, 0x5D}}},
		Start: []byte{0x7E}, End: []byte{0x7E},
	}
	protEscape = codec.Escape{Bytes: []codec.Escaped{{Byte: 0xFD, As: []byte{0xFD, 0xED}}, {Byte: 0xFE, As: []byte{0xFD, 0xEE}}}}
	ddpLike    = codec.Framing{In: tmpl("hex:7B 09 {length:2} {id} 7B {data}"), Out: tmpl("hex:7B 89 {length:2} {id} 7B {data}"), Counts: codec.CountsPacket}
	beatFE     = []codec.Heartbeat{{Bytes: tmpl("hex:FE")}}
)

// declaredProfiles are a profile for each thing that one can declare, and the id of a modem.
var declaredProfiles = map[string]struct {
	p    profile.Profile
	id   string
	beat time.Duration
}{
	"greeted and answered": {profile.Profile{
		Greeting: tmpl("WHO {date:hh:mm}?"), Registration: tmpl("LOGIN:{id};CSQ={signal};{*}\r\n"),
		Answer: tmpl("OK {id} {date:YYYYMMDDhhmmss}"), Heartbeats: []codec.Heartbeat{{Bytes: tmpl("LOG"), Answer: tmpl("ok")}},
	}, "1001", time.Hour},
	"every packet":      {profile.Profile{Registration: tmpl("LOGIN:{id:4};{signal};"), Repeat: profile.EveryPacket}, "1001", time.Hour},
	"both":              {profile.Profile{Registration: tmpl("hex:{id:4} {*:3}"), IDFormat: wire.IDBCD, Repeat: profile.Both}, "8612345", time.Hour},
	"a prefix":          {profile.Profile{Registration: tmpl("hex:FA {id:6} FF"), IDFormat: wire.IDHexReversed, Packet: tmpl("hex:FA 01 {iccid:3}")}, "AC:DE:48:00:11:22", time.Hour},
	"escape":            {profile.Profile{Registration: tmpl("{id};"), Escape: protEscape, Heartbeats: beatFE}, "1001", time.Millisecond},
	"frames":            {profile.Profile{Escape: slipFrames, PacketMax: 100, Heartbeats: []codec.Heartbeat{{Bytes: tmpl("LOG"), Answer: tmpl("ok")}}}, "127.0.0.1", time.Millisecond},
	"one flag":          {profile.Profile{Escape: flagFrames}, "127.0.0.1", time.Hour},
	"an end only":       {profile.Profile{Escape: codec.Escape{Bytes: slipFrames.Bytes, End: slipFrames.End}}, "127.0.0.1", time.Hour},
	"a start only":      {profile.Profile{Escape: codec.Escape{Bytes: slipFrames.Bytes, Start: slipFrames.Start}}, "127.0.0.1", time.Hour},
	"length of all":     {profile.Profile{Registration: tmpl("{id:11};"), Framing: ddpLike, Heartbeats: []codec.Heartbeat{{Bytes: tmpl("hex:7B 03 {id}"), Answer: tmpl("hex:7B 83 {id}")}}}, "13912345678", time.Millisecond},
	"length of data":    {profile.Profile{Framing: codec.Framing{In: tmpl("hex:02 {length:1} {*:2} {data} 03"), Out: tmpl("hex:02 {length:2:le} {data} 03")}}, "127.0.0.1", time.Hour},
	"length of rest":    {profile.Profile{Framing: codec.Framing{In: tmpl("hex:02 {length:2:le} 00 {data} 03"), Counts: codec.CountsRest}, Heartbeats: beatFE}, "127.0.0.1", time.Millisecond},
	"no registration":   {profile.Profile{Heartbeats: beatFE}, "127.0.0.1", time.Hour},
	"a byte for length": {profile.Profile{Framing: codec.Framing{In: tmpl("hex:02 {length:1} {data}"), Out: tmpl("hex:03 {length:1} {data}"), Counts: codec.CountsPacket}}, "127.0.0.1", time.Hour},
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
		p      profile.Profile
		id     string
		hello  string
		beats  time.Duration
		online bool
	}{
		{profile.Profile{}, "", "", 0, true},
		{profile.Profile{Kind: profile.Address, Heartbeats: beatFE}, "10.0.0.1", "", time.Minute, true},
		{profile.Profile{Kind: profile.IMEI}, testIMEI, testIMEI + "\r\n", 0, true},
		{profile.Profile{Kind: profile.IMEI, Answer: tmpl("hi")}, testIMEI, testIMEI + "\r\n", 0, false},
		{profile.Profile{Kind: profile.Teleofis}, testIMEI, "", 0, false},
		{profile.Profile{Kind: profile.Mercury228}, "", "", 0, true},
		{profile.Profile{Kind: profile.FourFaith}, "78563412", "\x78\x56\x34\x1213066668888\x00\xC0\xA8\x01\x42\x00", time.Minute, true},
	} {
		side := sideOfProfile(t, c.p, c.id)
		if got := side.Connect(noon); string(got) != c.hello || side.Online() != c.online || ProfileBeats(c.p) != c.beats {
			t.Errorf("kind %q says %q, on line %v, beats each %v", c.p.Kind, got, side.Online(), ProfileBeats(c.p))
		}
	}
	kinds, _ := profile.Kinds()
	for _, kind := range kinds {
		if _, err := ProfileSide(profile.Profile{Kind: kind}, ""); err != nil && strings.Contains(err.Error(), "nothing is known") {
			t.Error(err)
		}
	}
	for name, c := range map[string]struct {
		p  profile.Profile
		id string
	}{
		"an unsound profile": {declared(profile.Profile{}), ""},
		"another kind":       {profile.Profile{Kind: "telepathy"}, ""},
		"an id too long":     {declared(profile.Profile{Registration: tmpl("{id:4}")}), "12345"},
		"no hexadecimal":     {declared(profile.Profile{Registration: tmpl("{id:2}"), IDFormat: wire.IDHex}), "xyz"},
		"another pattern":    {declared(profile.Profile{Registration: tmpl("{id:2}"), IDPattern: "[0-9]+"}), "ab"},
		"no IMEI":            {profile.Profile{Kind: profile.IMEI}, "12345"},
		"no id of the kind":  {profile.Profile{Kind: profile.IRZ}, "12345"},
	} {
		if _, err := ProfileSide(c.p, c.id); err == nil || !strings.HasPrefix(err.Error(), "simulated modem") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
