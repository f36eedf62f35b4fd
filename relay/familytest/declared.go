package familytest

import (
	"meterline/relay/codec"
	"meterline/relay/profile"
	"meterline/relay/wire"
)

// Template returns the template that a configuration writes as s.
func Template(s string) wire.Template {
	t, err := wire.ParseTemplate(s)
	if err != nil {
		panic(err) // a fault of the test
	}
	return t
}

// declare makes the profiles declared ones.
func declare(cases map[string]Case) map[string]Case {
	for name, c := range cases {
		c.Profile.Name, c.Profile.Kind = name, profile.Declared
		if c.BeatsBetween == 0 {
			c.BeatsBetween = c.Beats
		}
		cases[name] = c
	}
	return cases
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
	ddpLike    = codec.Framing{In: Template("hex:7B 09 {length:2} {id} 7B {data}"), Out: Template("hex:7B 89 {length:2} {id} 7B {data}"), Counts: codec.CountsPacket}
	beatFE     = []codec.Heartbeat{{Bytes: Template("hex:FE")}}
)

// terminalAnswer is what a Q/GDW 376.1 terminal's login and heartbeat are answered with.
var terminalAnswer = Template("hex:68 32 00 32 00 68 {from} 0B {id} 00 6{seq} 00 00 01 00 {sum8} 16")

// Declared are a profile for each thing that one can declare.
var Declared = declare(map[string]Case{
	"greeted and answered": {Profile: profile.Profile{
		Greeting: Template("WHO {date:hh:mm}?"), Registration: Template("LOGIN:{id};CSQ={signal};{*}\r\n"),
		Answer: Template("OK {id} {date:YYYYMMDDhhmmss}"), Heartbeats: []codec.Heartbeat{{Bytes: Template("LOG"), Answer: Template("ok")}},
	}, ID: "1001", Beats: InBursts, BeatsBetween: Everywhere},
	"a padded id":  {Profile: profile.Profile{Registration: Template("hex:AA 55 {id:16} 0D"), Answer: Template("OK {id}")}, ID: "1234"},
	"every packet": {Profile: profile.Profile{Registration: Template("LOGIN:{id:4};{signal};"), Repeat: profile.EveryPacket}, ID: "1001"},
	"both":         {Profile: profile.Profile{Registration: Template("hex:{id:4} {*:3}"), IDFormat: wire.IDBCD, Repeat: profile.Both}, ID: "8612345"},
	"a prefix":     {Profile: profile.Profile{Registration: Template("hex:FA {id:6} FF"), IDFormat: wire.IDHexReversed, Packet: Template("hex:FA 01 {iccid:3}")}, ID: "AC:DE:48:00:11:22"},
	"escape":       {Profile: profile.Profile{Registration: Template("{id};"), Escape: protEscape, Heartbeats: beatFE}, ID: "1001", Beats: Everywhere},
	"frames":       {Profile: profile.Profile{Escape: slipFrames, PacketMax: 100, Heartbeats: []codec.Heartbeat{{Bytes: Template("LOG"), Answer: Template("ok")}}}, ID: "127.0.0.1", Beats: Everywhere},
	"a password": {
		Profile:     profile.Profile{Registration: Template("hex:01 {login:8} {secret} 3A {id:4}"), Answer: Template("HI {id}"), Packet: Template("hex:02 {id}")},
		Credentials: wire.Credentials{Login: wire.NewSecret("DerHerr"), Secret: wire.NewSecret("Sesam\xff!")}, ID: "1001",
	},
	"one flag":          {Profile: profile.Profile{Escape: flagFrames}, ID: "127.0.0.1"},
	"an end only":       {Profile: profile.Profile{Escape: codec.Escape{Bytes: slipFrames.Bytes, End: slipFrames.End}}, ID: "127.0.0.1"},
	"a start only":      {Profile: profile.Profile{Escape: codec.Escape{Bytes: slipFrames.Bytes, Start: slipFrames.Start}}, ID: "127.0.0.1"},
	"length of all":     {Profile: profile.Profile{Registration: Template("{id:11};"), Framing: ddpLike, Heartbeats: []codec.Heartbeat{{Bytes: Template("hex:7B 03 {id}"), Answer: Template("hex:7B 83 {id}")}}}, ID: "13912345678", Beats: Everywhere},
	"length of data":    {Profile: profile.Profile{Framing: codec.Framing{In: Template("hex:02 {length:1} {*:2} {data} 03"), Out: Template("hex:02 {length:2:le} {data} 03")}}, ID: "127.0.0.1"},
	"length of rest":    {Profile: profile.Profile{Framing: codec.Framing{In: Template("hex:02 {length:2:le} 00 {data} 03"), Counts: codec.CountsRest}, Heartbeats: beatFE}, ID: "127.0.0.1", Beats: Everywhere},
	"no registration":   {Profile: profile.Profile{Heartbeats: beatFE}, ID: "127.0.0.1", Beats: InBursts, BeatsBetween: Everywhere},
	"a byte for length": {Profile: profile.Profile{Framing: codec.Framing{In: Template("hex:02 {length:1} {data}"), Out: Template("hex:03 {length:1} {data}"), Counts: codec.CountsPacket}}, ID: "127.0.0.1"},
	"a prefix, beating": {Profile: profile.Profile{Registration: Template("{id};"), Packet: Template("hex:FA 01 01"), Heartbeats: []codec.Heartbeat{{Bytes: Template("LOG"), Answer: Template("ok")}}}, ID: "1001", Beats: InBursts, BeatsBetween: Everywhere},
	"a watchdog": {Profile: profile.Profile{
		Escape:     codec.Escape{Bytes: []codec.Escaped{{Byte: 0x1B, As: []byte{0x1B, 0x1B}}}},
		Heartbeats: []codec.Heartbeat{{Bytes: Template("hex:1B 08 C0 {seq:1} 00"), Answer: Template("hex:1B 08 40 {seq} 00")}},
	}, ID: "127.0.0.1", Beats: Everywhere},
	"a terminal": {Profile: profile.Profile{
		Registration: Template("hex:68 32 00 32 00 68 {from} C9 {id:5} 02 7{seq} 00 00 01 00 {sum8} 16"), IDFormat: wire.IDHex, Answer: terminalAnswer,
		Heartbeats: []codec.Heartbeat{{Bytes: Template("hex:68 32 00 32 00 68 {from} C9 {id} 02 7{seq} 00 00 04 00 {sum8} 16"), Answer: terminalAnswer}},
	}, ID: "0002341200", Beats: InBursts, BeatsBetween: Everywhere},
	"addressed packets": {Profile: profile.Profile{
		Registration: Template("hex:01 41 {id:4}"), IDFormat: wire.IDHexReversed, Repeat: profile.EveryPacket,
		Framing: codec.Framing{
			In:  Template("hex:01 41 {id} {length:2:le} {port:1} {seq:1} {speed:1} {data} {crc16:le}"),
			Out: Template("hex:01 41 {id} {length:2:le} {port} {counter:1} {speed} {data} {crc16:le}"),
		},
	}, ID: "12345678"},
	"checked throughout": {Profile: profile.Profile{
		Registration: Template("hex:02 {seq:1} {id:4} {signal:2} {crc16-ccitt:le}"), Answer: Template("hex:02 {seq} {signal} {from} {id} {date:hhmm} {crc16-xmodem}"),
		Heartbeats: []codec.Heartbeat{{Bytes: Template("hex:03 {seq:2} {from} {*:2} {sum8}"), Answer: Template("hex:03 {seq} {*} {signal} {counter:2:le} {from} 00 {xor8}")}},
		Framing: codec.Framing{
			In:     Template("hex:04 {length:2} {seq:1} {sum8} {from} {data} {crc16-x25} 05"),
			Out:    Template("hex:04 {length:2} {counter:2:le} 1{seq} {signal} {id} {xor8} {from} {data} {crc16} 05"),
			Counts: codec.CountsPacket,
		},
	}, ID: "1001", Beats: Everywhere},
})

// Declares returns a declared profile, of which nothing else is known, with one of its modems. Where it has frames, its heartbeats are told
// by their bytes; otherwise only silence, or the meter's protocol, tells them.
func Declares(p profile.Profile, id string) Case {
	c := Case{Profile: p, ID: id}
	switch {
	case len(p.Heartbeats) == 0:
	case p.Escape.Used(), p.Framing.Used():
		c.Beats, c.BeatsBetween = Everywhere, Everywhere
	default:
		c.Beats, c.BeatsBetween = InBursts, Everywhere
	}
	return c
}
