// Package profiletest has what tests hold every family of modems to, and profiles for everything that can be declared.
package familytest

import (
	"time"

	"meterline/relay/codec"
	"meterline/relay/profile"
	"meterline/relay/wire"
)

// Case is a profile to be tested with.
type Case struct {
	Profile profile.Profile
	ID      string        // of a modem
	Beat    time.Duration // a good time between heartbeats of a test: very short where they are recognised anywhere
}

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
	"greeted and answered": {profile.Profile{
		Greeting: Template("WHO {date:hh:mm}?"), Registration: Template("LOGIN:{id};CSQ={signal};{*}\r\n"),
		Answer: Template("OK {id} {date:YYYYMMDDhhmmss}"), Heartbeats: []codec.Heartbeat{{Bytes: Template("LOG"), Answer: Template("ok")}},
	}, "1001", time.Hour},
	"every packet":    {profile.Profile{Registration: Template("LOGIN:{id:4};{signal};"), Repeat: profile.EveryPacket}, "1001", time.Hour},
	"both":            {profile.Profile{Registration: Template("hex:{id:4} {*:3}"), IDFormat: wire.IDBCD, Repeat: profile.Both}, "8612345", time.Hour},
	"a prefix":        {profile.Profile{Registration: Template("hex:FA {id:6} FF"), IDFormat: wire.IDHexReversed, Packet: Template("hex:FA 01 {iccid:3}")}, "AC:DE:48:00:11:22", time.Hour},
	"escape":          {profile.Profile{Registration: Template("{id};"), Escape: protEscape, Heartbeats: beatFE}, "1001", time.Millisecond},
	"frames":          {profile.Profile{Escape: slipFrames, PacketMax: 100, Heartbeats: []codec.Heartbeat{{Bytes: Template("LOG"), Answer: Template("ok")}}}, "127.0.0.1", time.Millisecond},
	"one flag":        {profile.Profile{Escape: flagFrames}, "127.0.0.1", time.Hour},
	"an end only":     {profile.Profile{Escape: codec.Escape{Bytes: slipFrames.Bytes, End: slipFrames.End}}, "127.0.0.1", time.Hour},
	"a start only":    {profile.Profile{Escape: codec.Escape{Bytes: slipFrames.Bytes, Start: slipFrames.Start}}, "127.0.0.1", time.Hour},
	"length of all":   {profile.Profile{Registration: Template("{id:11};"), Framing: ddpLike, Heartbeats: []codec.Heartbeat{{Bytes: Template("hex:7B 03 {id}"), Answer: Template("hex:7B 83 {id}")}}}, "13912345678", time.Millisecond},
	"length of data":  {profile.Profile{Framing: codec.Framing{In: Template("hex:02 {length:1} {*:2} {data} 03"), Out: Template("hex:02 {length:2:le} {data} 03")}}, "127.0.0.1", time.Hour},
	"length of rest":  {profile.Profile{Framing: codec.Framing{In: Template("hex:02 {length:2:le} 00 {data} 03"), Counts: codec.CountsRest}, Heartbeats: beatFE}, "127.0.0.1", time.Millisecond},
	"no registration": {profile.Profile{Heartbeats: beatFE}, "127.0.0.1", time.Hour},
	"a watchdog": {profile.Profile{
		Escape:     codec.Escape{Bytes: []codec.Escaped{{Byte: 0x1B, As: []byte{0x1B, 0x1B}}}},
		Heartbeats: []codec.Heartbeat{{Bytes: Template("hex:1B 08 C0 {seq:1} 00"), Answer: Template("hex:1B 08 40 {seq} 00")}},
	}, "127.0.0.1", time.Millisecond},
	"a terminal": {profile.Profile{
		Registration: Template("hex:68 32 00 32 00 68 {from} C9 {id:5} 02 7{seq} 00 00 01 00 {sum8} 16"), IDFormat: wire.IDHex, Answer: terminalAnswer,
		Heartbeats: []codec.Heartbeat{{Bytes: Template("hex:68 32 00 32 00 68 {from} C9 {id} 02 7{seq} 00 00 04 00 {sum8} 16"), Answer: terminalAnswer}},
	}, "0002341200", time.Hour},
	"addressed packets": {profile.Profile{
		Registration: Template("hex:01 41 {id:4}"), IDFormat: wire.IDHexReversed, Repeat: profile.EveryPacket,
		Framing: codec.Framing{
			In:  Template("hex:01 41 {id} {length:2:le} {port:1} {seq:1} {speed:1} {data} {crc16:le}"),
			Out: Template("hex:01 41 {id} {length:2:le} {port} {counter:1} {speed} {data} {crc16:le}"),
		},
	}, "12345678", time.Hour},
	"checked throughout": {profile.Profile{
		Registration: Template("hex:02 {seq:1} {id:4} {signal:2} {crc16-ccitt:le}"), Answer: Template("hex:02 {seq} {signal} {from} {id} {date:hhmm} {crc16-xmodem}"),
		Heartbeats: []codec.Heartbeat{{Bytes: Template("hex:03 {seq:2} {from} {*:2} {sum8}"), Answer: Template("hex:03 {seq} {*} {signal} {counter:2:le} {from} 00 {xor8}")}},
		Framing: codec.Framing{
			In:     Template("hex:04 {length:2} {seq:1} {sum8} {from} {data} {crc16-x25} 05"),
			Out:    Template("hex:04 {length:2} {counter:2:le} 1{seq} {signal} {id} {xor8} {from} {data} {crc16} 05"),
			Counts: codec.CountsPacket,
		},
	}, "1001", time.Millisecond},
	"a byte for length": {profile.Profile{Framing: codec.Framing{In: Template("hex:02 {length:1} {data}"), Out: Template("hex:03 {length:1} {data}"), Counts: codec.CountsPacket}}, "127.0.0.1", time.Hour},
})
