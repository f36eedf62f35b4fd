package profile

import (
	"slices"
	"strings"
	"testing"
	"time"

	"meterline/relay/codec"
	"meterline/relay/crc16"
	"meterline/relay/wire"
)

// played is what a whole connection with a modem has come to.
type played struct {
	id    string
	sent  string // by us, except packets
	data  string
	facts string
	why   string // refused
	lost  int    // bytes without a place
}

// play feeds each arrival, behind a pause, in two pieces of which the first has at most cut bytes.
func play(t *testing.T, p Profile, cut int, arrivals ...string) (o played) {
	t.Helper()
	if err := p.Validate(); err != nil {
		t.Fatal(err)
	}
	o.sent = string(p.Hello(wire.Credentials{}))
	var c codec.Codec
	reg, err := p.NewRegistration(nil)
	if err != nil {
		reg, c = nil, p.NewCodec(&Verdict{}, nil)
	}
	decoded := func(d codec.Decoded) {
		o.data, o.sent, o.lost = o.data+string(d.Data), o.sent+string(d.Answer), o.lost+d.Dropped
		for _, f := range d.Facts {
			o.facts += f.Name + "=" + f.Value + ";"
		}
	}
	receive := func(in []byte, idle time.Duration) {
		if reg == nil {
			decoded(c.Decode(in, idle))
			return
		}
		v := reg.Feed(in)
		if o.why = v.Refused; v.Done {
			o.id, o.sent = v.ID, o.sent+string(p.Welcome(&v, time.Now()))
			decoded(codec.Decoded{Facts: v.Facts})
			reg, c = nil, p.NewCodec(&v, nil)
			decoded(c.Decode(v.Rest, 0))
		}
	}
	for _, a := range arrivals {
		in := []byte(a)
		n := min(cut, len(in))
		receive(slices.Clone(in[:n]), time.Second)
		if n < len(in) && o.why == "" {
			receive(slices.Clone(in[n:]), 0)
		}
		for c != nil && holds(c) > 0 {
			decoded(c.(codec.Holder).Release())
		}
	}
	return o
}

// plays checks what a connection comes to, cut at every byte.
func plays(t *testing.T, p Profile, want played, arrivals ...string) {
	t.Helper()
	longest := 0
	for _, a := range arrivals {
		longest = max(longest, len(a))
	}
	for cut := 1; cut <= longest; cut++ {
		if got := play(t, p, cut, arrivals...); got != want {
			t.Fatalf("cut at %d: got %+v, want %+v", cut, got, want)
		}
	}
}

// IP-T, DIN 43863-4: the watchdog is answered with its own sequence number; in data 1B is sent twice.
func TestIPT(t *testing.T) {
	ipt := declares(Profile{
		Escape:     codec.Escape{Bytes: []codec.Escaped{{Byte: 0x1B, As: []byte{0x1B, 0x1B}}}},
		Heartbeats: []codec.Heartbeat{{Bytes: tmpl("hex:1B 08 C0 {seq:1} 00"), Answer: tmpl("hex:1B 08 40 {seq} 00")}},
	})
	plays(t, ipt, played{data: "a", sent: "\x1B\x08\x40\x05\x00"}, "a\x1B\x08\xC0\x05\x00")
	plays(t, ipt, played{data: "a\x1Bb", sent: "\x1B\x08\x40\x1B\x00\x1B\x08\x40\xFF\x00"}, "\x1B\x08\xC0\x1B\x00a\x1B\x1Bb\x1B\x08\xC0\xFF\x00")
	whole := ipt // with the header's length, as servers of the field send it
	whole.Heartbeats = []codec.Heartbeat{{Bytes: tmpl("hex:1B 08 C0 {seq:1} 00 08 00 00 00"), Answer: tmpl("hex:1B 08 40 {seq} 00 08 00 00 00")}}
	plays(t, whole, played{data: "ab", sent: "\x1B\x08\x40\x07\x00\x08\x00\x00\x00"}, "a\x1B\x08\xC0\x07\x00\x08\x00\x00\x00b")
	plays(t, whole, played{data: "\x08\xC0\x07\x01", lost: 1}, "\x1B\x08\xC0\x07\x01") // no watchdog
}

// Q/GDW 376.1, with the exchange that is published with the standard's implementations: login (F1) and heartbeat (F3).
func TestQGDW(t *testing.T) {
	answer := tmpl("hex:68 32 00 32 00 68 {from} 0B {id} 00 6{seq} 00 00 01 00 {sum8} 16")
	p := declares(Profile{
		Registration: tmpl("hex:68 32 00 32 00 68 {from} C9 {id:5} 02 7{seq} 00 00 01 00 {sum8} 16"), IDFormat: wire.IDHex, Answer: answer,
		Heartbeats: []codec.Heartbeat{{Bytes: tmpl("hex:68 32 00 32 00 68 {from} C9 {id} 02 7{seq} 00 00 04 00 {sum8} 16"), Answer: answer}},
	})
	const head = "\x68\x32\x00\x32\x00\x68"
	const login, accept = head + "\xC9\x00\x02\x34\x12\x00\x02\x71\x00\x00\x01\x00\x85\x16", head + "\x0B\x00\x02\x34\x12\x00\x00\x61\x00\x00\x01\x00\xB5\x16"
	const beat, next = head + "\xC9\x00\x02\x34\x12\x00\x02\x7F\x00\x00\x04\x00\x96\x16", head + "\x0B\x00\x02\x34\x12\x00\x00\x6F\x00\x00\x01\x00\xC3\x16"
	plays(t, p, played{id: "0002341200", sent: accept + next, data: "data"}, login, "data", beat)
	plays(t, p, played{why: RefusedChecksum}, strings.Replace(login, "\x85", "\x86", 1))
	plays(t, p, played{why: RefusedGarbage}, strings.Replace(login, "\x16", "\x17", 1))
	damaged := strings.Replace(beat, "\x96", "\x97", 1)
	plays(t, p, played{id: "0002341200", sent: accept, data: damaged}, login, damaged)
	plays(t, p, played{id: "0002341200", sent: accept, data: strings.Replace(beat, "\x34", "\x35", 1)}, login, strings.Replace(beat, "\x34", "\x35", 1))
}

// addressed is packets with an identity, a port, a sequence and a speed in each, and without any other registration.
var addressed = declares(Profile{
	Registration: tmpl("hex:01 41 {id:4}"), IDFormat: wire.IDHexReversed, Repeat: EveryPacket,
	Framing: codec.Framing{
		In:  tmpl("hex:01 41 {id} {length:2:le} {port:1} {seq:1} {speed:1} {data} {crc16:le}"),
		Out: tmpl("hex:01 41 {id} {length:2:le} {port} {counter:1} {speed} {data} {crc16:le}"),
	},
})

// packet01 is a packet of addressed.
func packet01(length int, rest string) string {
	return string(crc16.Modbus.Append([]byte("\x01\x41\x78\x56\x34\x12" + string([]byte{byte(length), byte(length >> 8)}) + rest)))
}

func TestAddressedPackets(t *testing.T) {
	one, two := packet01(2, "\x02\x09\x05ab"), packet01(3, "\x02\x0A\x05cde")
	facts := "port=02;speed=05;"
	plays(t, addressed, played{id: "12345678", data: "abcde", facts: facts}, one, two)
	plays(t, addressed, played{id: "12345678", data: "abcdecde", facts: facts}, one+two+two)
	plays(t, addressed, played{id: "12345678", data: "ab", facts: facts + "port=03;", lost: 0}, one, packet01(0, "\x03\x0A\x05"))
	damaged := strings.Replace(two, "d", "x", 1)
	plays(t, addressed, played{id: "12345678", data: "abcde", facts: facts, lost: len(damaged)}, one, damaged+two)
	plays(t, addressed, played{id: "12345678", data: "abcde", facts: facts, lost: 5}, one, "\x01\x41\x78noise"[:5]+two)
	another := strings.Replace(two, "\x78", "\x79", 1)
	plays(t, addressed, played{id: "12345678", data: "ab", facts: facts, lost: len(another)}, one, another)
	plays(t, addressed, played{why: RefusedGarbage}, "\x01\x42\x78\x56\x34\x12")
}

// A packet that announces more than comes is given up, and what follows is not lost with it.
func TestAddressedPacketsAreNotWaitedForForever(t *testing.T) {
	one, two := packet01(2, "\x02\x09\x05ab"), packet01(3, "\x02\x0A\x05cde")
	long := strings.Replace(one, "\x02\x00\x02", "\x02\x01\x02", 1)
	c := holding(t, addressed.NewCodec(&Verdict{wire: []byte("\x78\x56\x34\x12")}, nil))
	if d := c.Decode([]byte(long+two), 0); len(d.Data) > 0 || c.Holding() != 5*time.Second {
		t.Fatalf("%+v is held for %v", d, c.Holding())
	}
	if d := c.Release(); len(d.Data)+d.Dropped > 0 {
		t.Errorf("the first end of the time gives up %+v", d)
	}
	if d := c.Release(); string(d.Data) != "cde" || d.Dropped != len(long) || c.Holding() != 0 {
		t.Errorf("the second gives up %+v, and holds %v", d, c.Holding())
	}
}

// What is sent repeats what came last, counts, and has its checksum.
func TestAddressedPacketsAreSent(t *testing.T) {
	c := addressed.NewCodec(&Verdict{wire: []byte("\x78\x56\x34\x12")}, nil)
	sent := func() string {
		t.Helper()
		enc, _ := codec.As[codec.Encoder](c)
		return string(encodeAll(t, enc, []byte("read")))
	}
	if got, want := sent(), packet01(4, "\x00\x00\x00read"); got != want {
		t.Errorf("before anything came: % X, want % X", got, want)
	}
	c.Decode([]byte(packet01(0, "\x02\x09\x05")), 0)
	if got, want := sent(), packet01(4, "\x02\x01\x05read"); got != want {
		t.Errorf("% X, want % X", got, want)
	}
	for range 254 {
		sent()
	}
	c.Decode([]byte(packet01(0, "\x03\x09\x05")), 0)
	if got, want := sent(), packet01(4, "\x03\x00\x05read"); got != want {
		t.Errorf("when the counter begins again: % X, want % X", got, want)
	}
	registered := addressed
	registered.Registration, registered.Repeat = tmpl("hex:01 41 {id:4} {port:1} {speed:1}"), ""
	registered.IDFormat = wire.IDHex
	c = registered.NewCodec(&Verdict{wire: []byte("\x78\x56\x34\x12"), came: []wire.Field{{Name: "port", Bytes: []byte{7}}, {Name: "speed", Bytes: []byte{3}}}}, nil)
	if got, want := sent(), packet01(4, "\x07\x00\x03read"); got != want {
		t.Errorf("what came with the registration is not repeated: % X, want % X", got, want)
	}
}

// A login in a DLMS wrapper, IEC 62056-47, that is answered and repeated as a heartbeat.
func TestWrapperLogin(t *testing.T) {
	const login, accept = "\x00\x01\x00\x01\x00\x01\x00\x12\xDD\x10\x00\x00\x00\x00", "\x00\x01\x00\x01\x00\x01\x00\x01\xDA"
	p := declares(Profile{
		Registration: tmpl("hex:00 01 00 01 00 01 00 12 DD 10 00 00 00 00 {id:12}"), Answer: tmpl("hex:00 01 00 01 00 01 00 01 DA"),
		Heartbeats: []codec.Heartbeat{{Bytes: tmpl("hex:00 01 00 01 00 01 00 12 DD 10 00 00 00 00 {id}"), Answer: tmpl("hex:00 01 00 01 00 01 00 01 DA")}},
	})
	plays(t, p, played{id: "123456789012", sent: accept + accept, data: "\x00\x01x"}, login+"123456789012", "\x00\x01x", login+"123456789012")
	const short = "1234\x00\x00\x00\x00\x00\x00\x00\x00"
	plays(t, p, played{id: "1234", sent: accept + accept, data: "\x00\x01x"}, login+short, "\x00\x01x", login+short)
	if err := p.CheckID("1234"); err != nil {
		t.Errorf("a shorter number may not be configured: %v", err)
	}
}

// FuzzWatchdog: heartbeats with places are found in whatever pieces they come, and all else is data.
func FuzzWatchdog(f *testing.F) {
	p := declares(Profile{
		Escape: codec.Escape{Bytes: []codec.Escaped{{Byte: 0x1B, As: []byte{0x1B, 0x1B}}}},
		Heartbeats: []codec.Heartbeat{
			{Bytes: tmpl("hex:1B 08 C0 {seq:1} 00"), Answer: tmpl("hex:1B 08 40 {seq} {counter:1}")},
			{Bytes: tmpl("hex:1B 09 {from} {*:2} {xor8}"), Answer: tmpl("hex:1B 0A {*} {crc16}")},
		},
	})
	f.Add([]byte("a\x1B\x08\xC0\x05\x00\x1B\x1B\x1B\x09ab\x03\x1B\x08\xC0\x1B\x00"), uint8(3))
	f.Fuzz(func(t *testing.T, in []byte, size uint8) {
		whole := sameTakenApart(t, func() codec.Codec { return codecOf(t, p, "", nil) }, in, int(size), 0)
		if !within([]byte(whole.data), in) || len(whole.answer) > len(in)/5*6+6 {
			t.Errorf("%q: %+v", in, whole)
		}
		if got := crossing(t, codecOf(t, p, "", nil), in, int(size)); got.data != string(in) || got.answer != "" {
			t.Errorf("%q came back as %+v", in, got)
		}
	})
}

// FuzzAddressedPackets: in whatever pieces, the same comes of it; what is packed comes back; nothing comes of damage.
func FuzzAddressedPackets(f *testing.F) {
	f.Add([]byte(packet01(2, "\x02\x09\x05ab")+packet01(0, "\x02\x0A\x05")), uint8(3), uint8(9))
	f.Add([]byte("\x01\x41\x78\x56\x34\x12\xFF\xFF\x01"), uint8(1), uint8(0))
	f.Fuzz(func(t *testing.T, in []byte, size, damage uint8) {
		fresh := func() codec.Codec { return addressed.NewCodec(&Verdict{wire: []byte("\x78\x56\x34\x12")}, nil) }
		whole := sameTakenApart(t, fresh, in, int(size), 0)
		if n := len(whole.data) + whole.dropped; n > len(in) || !within([]byte(whole.data), in) {
			t.Errorf("%q: %+v", in, whole)
		}
		if got := crossing(t, fresh(), in, int(size)); got.data != string(in) || got.dropped > 0 {
			t.Errorf("%q came back as %+v", in, got)
		}
		if len(in) == 0 {
			return
		}
		enc, _ := codec.As[codec.Encoder](fresh())
		p, n := enc.Encode(nil, in)
		p[int(damage)%len(p)] ^= 1 << (damage % 8)
		if got := takeApart(t, fresh(), p, len(p), 0); got.data == string(in[:n]) {
			t.Errorf("% X is taken for whole", p)
		}
	})
}
