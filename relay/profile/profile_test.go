package profile

import (
	"strings"
	"testing"
	"time"

	"meterline/relay/codec"
	"meterline/relay/wire"
)

// declares makes a declared profile.
func declares(p Profile) Profile {
	p.Kind = Declared
	return p
}

// Rules as makers publish them.
var (
	protEscape = codec.Escape{Bytes: []codec.Escaped{{Byte: 0xFD, As: []byte{0xFD, 0xED}}, {Byte: 0xFE, As: []byte{0xFD, 0xEE}}}}
	slip       = codec.Escape{Bytes: []codec.Escaped{{Byte: 0xC0, As: []byte{0xC4, 0xC1}}, {Byte: 0xC2, As: []byte{0xC4, 0xC3}}, {Byte: 0xC4, As: []byte{0xC4, 0xC4}}}, Start: []byte{0xC0}, End: []byte{0xC2}}
	ddpPackets = codec.Framing{In: tmpl("hex:7B 09 {length:2} {id} 7B {data}"), Out: tmpl("hex:7B 89 {length:2} {id} 7B {data}")}
)

func TestValidate(t *testing.T) {
	for name, c := range map[string]struct {
		p    Profile
		want string // part of the error, empty: none
	}{
		"unknown kind":       {Profile{Kind: "telepathy"}, `unknown kind "telepathy"`},
		"says nothing":       {declares(Profile{}), "it says nothing"},
		"no id":              {declares(Profile{Registration: tmpl("x")}), "registration: there is no {id}"},
		"two ids":            {declares(Profile{Registration: tmpl("{id};{id};")}), "{id} stands in it 2 times"},
		"no end":             {declares(Profile{Registration: tmpl("x{id};{signal}")}), "nothing says where {signal} ends"},
		"no end between":     {declares(Profile{Registration: tmpl("{id}{*}\n")}), "nothing says where {id} ends and {*} begins"},
		"a date to read":     {declares(Profile{Registration: tmpl("{id};{date:YY};")}), "{date} cannot be read"},
		"too long":           {declares(Profile{Registration: tmpl("{id:600}")}), "more than the 512"},
		"a bad pattern":      {declares(Profile{Registration: tmpl("{id:6}"), IDPattern: "["}), "id_pattern"},
		"an open pattern":    {declares(Profile{Registration: tmpl("{id:6}"), IDPattern: "a)(b"}), "id_pattern"},
		"unknown format":     {declares(Profile{Registration: tmpl("{id:6}"), IDFormat: "octal"}), `id_format: "octal" is unknown`},
		"raw without end":    {declares(Profile{Registration: tmpl("{id}\n"), IDFormat: wire.IDBCD}), "no end that can be seen"},
		"no date asked":      {declares(Profile{Registration: tmpl("{id}\n"), Greeting: tmpl("{id}?")}), "greeting: {id} is not known there"},
		"answer of anything": {declares(Profile{Registration: tmpl("{id}\n"), Answer: tmpl("{*}\n")}), "answer: {*} repeats what never comes"},
		"pattern of nothing": {declares(Profile{Packet: tmpl("x"), IDPattern: "x"}), "id_pattern: it belongs to a registration"},
		"answer to silence":  {declares(Profile{Packet: tmpl("x"), Answer: tmpl("x")}), "answer: it belongs to a registration"},
		"asks for nothing":   {declares(Profile{Greeting: tmpl("{id}")}), "greeting: {id} is not known there"},
		"repeats nothing":    {declares(Profile{Packet: tmpl("x"), Repeat: Both}), "repeat: it belongs to a registration"},
		"two prefixes":       {declares(Profile{Registration: tmpl("{id}\n"), Packet: tmpl("x"), Repeat: Both}), "both say what stands before every packet"},
		"unknown repeat":     {declares(Profile{Registration: tmpl("{id}\n"), Repeat: "never"}), `repeat: "never" is unknown`},
		"a vague prefix":     {declares(Profile{Packet: tmpl("{*:3}")}), "write bytes there that tell it from data"},
		"an unknown id":      {declares(Profile{Packet: tmpl("x{id}")}), "no registration that tells it"},
		"endless prefix":     {declares(Profile{Packet: tmpl("x{*}")}), "nothing says where {*} ends"},
		"prefix of frames":   {declares(Profile{Packet: tmpl("x"), Escape: protEscape}), "frames say where packets begin"},
		"two codecs":         {declares(Profile{Escape: protEscape, Framing: ddpPackets}), "keep one of escape and packet_in"},
		"packet_max alone":   {declares(Profile{Packet: tmpl("x"), PacketMax: 5}), "packet_max: it belongs to packets with frames"},
		"packet_max":         {declares(Profile{Escape: protEscape, PacketMax: 70000}), "from 1 to 65535"},
		"hasty":              {declares(Profile{Registration: tmpl("{id}\n"), RegistrationTimeout: time.Millisecond}), "from 1s to 60s"},
		"patient":            {declares(Profile{Registration: tmpl("{id}\n"), RegistrationTimeout: time.Hour}), "from 1s to 60s"},
		"greedy":             {declares(Profile{Registration: tmpl("{id}\n"), RegistrationMax: 1 << 20}), "from 1 to 4096"},
		"beats of an id":     {declares(Profile{Heartbeats: []codec.Heartbeat{{Bytes: tmpl("{id}")}}}), "heartbeat 1 has {id}, but there is no registration"},
		"beats of anything":  {declares(Profile{Heartbeats: []codec.Heartbeat{{Bytes: tmpl("{*:1}x")}}}), "heartbeat 1 begins with {*}, and so does all data"},
		"endless beats":      {declares(Profile{Heartbeats: []codec.Heartbeat{{Bytes: tmpl("x{*}")}}}), "nothing says where {*} ends"},
		"beats of a date":    {declares(Profile{Heartbeats: []codec.Heartbeat{{Bytes: tmpl("x{date:YY}")}}}), "{date} cannot be read there"},
		"beats of a count":   {declares(Profile{Heartbeats: []codec.Heartbeat{{Bytes: tmpl("x{counter:1}")}}}), "{counter} cannot be read there"},
		"a sum of nothing":   {declares(Profile{Registration: tmpl("x{from}{sum8}{id}\n")}), "registration: {sum8} has no range"},
		"a sum of the front": {declares(Profile{Registration: tmpl("{sum8}{id}\n")}), "{sum8} has no range"},
		"a mark in front":    {declares(Profile{Registration: tmpl("{from}x{id:4}{sum8}")}), "{from} stands in front of everything"},
		"a mark for nothing": {declares(Profile{Registration: tmpl("x{from}{id:4}\n")}), "no checksum follows {from}"},
		"two marks":          {declares(Profile{Registration: tmpl("x{from}y{from}{id:4}{sum8}")}), "{from} stands twice"},
		"a mark in the id":   {declares(Profile{Registration: tmpl("x{id}{from}\n{sum8}")}), "nothing says where {id} ends and {from} begins"},
		"two sequences":      {declares(Profile{Registration: tmpl("{seq:1}{id:4}{seq:1}")}), "{seq} stands in it 2 times"},
		"repeats what never": {declares(Profile{Registration: tmpl("{id:4}"), Answer: tmpl("x{seq}")}), "answer: {seq} repeats what never comes"},
		"repeats which":      {declares(Profile{Registration: tmpl("{*:1}{id:4}{*:2}"), Answer: tmpl("x{*}")}), "{*} comes 2 times"},
		"repeats otherwise":  {declares(Profile{Registration: tmpl("{seq:1}{id:4}"), Answer: tmpl("x{seq:2}")}), "{seq:2} repeats what comes with another length"},
		"counts the answers": {declares(Profile{Registration: tmpl("{id:4}"), Answer: tmpl("x{counter:1}")}), "answer: {counter} is not known there"},
		"two counters":       {declares(Profile{Heartbeats: []codec.Heartbeat{{Bytes: tmpl("x"), Answer: tmpl("{counter:1}{counter:1}")}}}), "{counter} stands in it 2 times"},
		"begins otherwise":   {declares(Profile{Registration: tmpl("y{id:4}"), Repeat: EveryPacket, Framing: addressed.Framing}), "it is the beginning of each packet"},
		"an open first id":   {declares(Profile{Registration: tmpl("hex:01 41 {id}"), Repeat: EveryPacket, Framing: addressed.Framing}), "only the packet follows {id}"},
		"nothing first":      {declares(Profile{Repeat: EveryPacket, Framing: ddpPackets}), "repeat: it belongs to a registration"},
		"both, and packets":  {declares(Profile{Registration: tmpl("hex:01 41 {id:4}"), Repeat: Both, Framing: addressed.Framing}), "repeat: frames say where packets begin"},
		"beats repeat":       {declares(Profile{Heartbeats: []codec.Heartbeat{{Bytes: tmpl("x"), Answer: tmpl("{seq}")}}}), "heartbeats: {seq} repeats what never comes"},
		"the same beat":      {declares(Profile{Heartbeats: []codec.Heartbeat{{Bytes: tmpl("x")}, {Bytes: tmpl("x")}}}), "stands twice"},
		"rules under imei":   {Profile{Kind: IMEI, Registration: tmpl("x{id}\n")}, "belong to a declared profile"},
		"frames under imei":  {Profile{Kind: IMEI, Escape: protEscape}, "belong to a declared profile"},
		"answer to nothing":  {Profile{Kind: Address, Answer: tmpl("x")}, "knows by itself what to answer"},
		"empty heartbeat":    {Profile{Kind: IMEI, Heartbeats: []codec.Heartbeat{{}}}, "heartbeat 1 has 0 bytes"},
		"imei":               {Profile{Kind: IMEI, Answer: tmpl("{id}")}, ""},
		"address":            {Profile{Kind: Address}, ""},
		"direct":             {Profile{Kind: Direct, Heartbeats: []codec.Heartbeat{{Bytes: tmpl("hex:FE")}}}, ""},
		"declared by suffix": {declares(Profile{Registration: tmpl("{id}\n")}), ""},
		"declared by length": {declares(Profile{Registration: tmpl("{id:8}"), IDFormat: wire.IDHex}), ""},
		"heartbeats only":    {declares(Profile{Heartbeats: []codec.Heartbeat{{Bytes: tmpl("x"), Answer: tmpl("y")}}}), ""},
		"beats with an id":   {declares(Profile{Registration: tmpl("{id}\n"), Heartbeats: []codec.Heartbeat{{Bytes: tmpl("<{id}>"), Answer: tmpl("{id}")}}}), ""},
		"repeated": {declares(Profile{
			Registration: tmpl("{seq:1}{id:4}{signal:2}{crc16-ccitt:le}"), Answer: tmpl("{seq:1}{id}{crc16-ccitt:le}"),
			Heartbeats: []codec.Heartbeat{{Bytes: tmpl("x{seq:1}y{from}{*:2}{sum8}"), Answer: tmpl("{*}{seq}{signal}{counter:2:le}{xor8}")}},
		}), ""},
		"all at once": {declares(Profile{
			Greeting: tmpl("{date:YY}?"), Registration: tmpl("IMEI={id};CSQ={signal};{*}\r\n"), IDPattern: `\d+`, IDFormat: wire.IDASCII,
			Answer: tmpl("OK {id} {date:hhmm}"), Repeat: Both, RegistrationTimeout: time.Minute, RegistrationMax: 4096,
		}), ""},
	} {
		t.Run(name, func(t *testing.T) {
			err := c.p.Validate()
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// Every kind that can be named is described.
func TestDescriptions(t *testing.T) {
	kinds, _ := Kinds()
	for _, kind := range kinds {
		d, p := Describe(kind), Profile{Kind: kind}
		if d.Data == "" || (d.Registration != "") != p.Registers() {
			t.Errorf("%s: %+v", kind, d)
		}
	}
}

// What packs in any of its variants takes no bytes as they are.
func TestPacks(t *testing.T) {
	for name, c := range map[string]struct {
		p    Profile
		want bool
	}{
		"imei": {Profile{Kind: IMEI}, false}, "address": {Profile{Kind: Address}, false}, "teleofis": {Profile{Kind: Teleofis}, false},
		"dlms-push": {Profile{Kind: DLMSPush}, false}, "a prefix": {zlan, false},
		"length from the modem only": {packed(codec.Framing{In: tmpl("hex:02 {length:2} {data}")}), false},
		"irz":                        {Profile{Kind: IRZ}, true}, "four-faith": {Profile{Kind: FourFaith}, true}, "ddp": {Profile{Kind: DDP}, true},
		"mercury228": {Profile{Kind: Mercury228}, true}, "escapes": {escaped(protEscape), true}, "length": {packed(ddpPackets), true},
	} {
		if got := c.p.Packs(); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
