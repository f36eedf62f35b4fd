package trace

import (
	"slices"
	"strings"
	"testing"
	"time"

	"meterline/relay/codec"
	"meterline/relay/profile"
	"meterline/relay/wire"
)

// traced is a trace in short: what, and bytes or text.
func traced(steps []Step) []string {
	var all []string
	for _, s := range steps {
		if s.What != Sends {
			all = append(all, strings.TrimSpace(s.At.String()+" "+string(s.What)+" "+string(s.Bytes)+s.Text))
		}
	}
	return all
}

func TestTrace(t *testing.T) {
	asked := declares(profile.Profile{Greeting: tmpl("WHO?"), Registration: tmpl("{id};{signal};"), Answer: tmpl("HI {id} {date:hh:mm:ss}")})
	for name, c := range map[string]struct {
		p    profile.Profile
		ids  []string
		in   []string
		want []string
	}{
		"silence":              {asked, nil, nil, []string{"0s we send WHO?"}},
		"a part":               {asked, nil, []string{"10"}, []string{"0s we send WHO?", "1s more is needed", "1s more is needed it has not registered yet"}},
		"too late":             {asked, nil, slices.Repeat([]string{"1"}, 11), append(append([]string{"0s we send WHO?"}, waits(10)...), "10s refused unfinished registration")},
		"a stranger":           {asked, []string{"7"}, []string{"8;1;"}, []string{"0s we send WHO?", "1s registration 8;1;", "1s identity 8", "1s tells signal 1", "1s refused unknown id"}},
		"a scanner":            {profile.Profile{Kind: profile.IMEI}, nil, []string{"GET / HTTP"}, []string{"1s refused scanner: HTTP"}},
		"a garbled scanner":    {asked, nil, []string{";\x03\x00"}, []string{"0s we send WHO?", "1s more is needed", "1s more is needed it has not registered yet"}},
		"asked and answered":   {asked, []string{"7"}, []string{"7;1;ab"}, []string{"0s we send WHO?", "1s registration 7;1;", "1s identity 7", "1s tells signal 1", "1s we send HI 7 05:06:08", "1s data ab"}},
		"digits, then silence": {profile.Profile{Kind: profile.IMEI}, []string{"11111111111111", "111111111111112"}, []string{"11111111111111"}, []string{"1s more is needed or silence for 500ms", "1.5s registration 11111111111111", "1.5s identity 11111111111111"}},
		"digits, no silence":   {profile.Profile{Kind: profile.IMEI}, []string{"11111111111111", "111111111111112"}, []string{"11111111111111", "x"}, []string{"1s more is needed or silence for 500ms", "1.5s registration 11111111111111", "1.5s identity 11111111111111", "2s data x"}},
		"by address":           {profile.Profile{Kind: profile.Address}, nil, []string{"ab"}, []string{"1s data ab"}},
		"dropped and held":     {declares(profile.Profile{Escape: slip}, "PING"), nil, []string{"x\xc0a\xc4", "\xc1\xc2PING"}, []string{"1s data a", "1s dropped 1 byte that fit nowhere", "1s packet header 1 byte", "1s held back 1 byte, until more comes", "2s data \xc0", "2s heartbeat PING", "2s we send !", "2s packet header 2 bytes"}},
		"held and let go":      {zlanByAddress, nil, []string{"\xfa", "\xfa\x01"}, []string{"1s held back 1 byte, until more comes or 200ms have passed", "1.2s data \xfa", "2s held back 2 bytes, until more comes or 200ms have passed", "2.2s data \xfa\x01"}},
	} {
		t.Run(name, func(t *testing.T) {
			var arrivals []Arrival
			for _, in := range c.in {
				arrivals = append(arrivals, Arrival{[]byte(in), time.Second})
			}
			steps, err := Play(&c.p, arrivals, c.ids, time.Date(2027, 3, 4, 5, 6, 7, 0, time.Local))
			if err != nil {
				t.Fatal(err)
			}
			if got := traced(steps); !slices.Equal(got, c.want) {
				t.Errorf("got\n%q, want\n%q", got, c.want)
			}
		})
	}
	if _, err := Play(&profile.Profile{Kind: "telepathy"}, nil, nil, time.Now()); err == nil {
		t.Error("a profile that is none is traced")
	}
	if _, err := Play(&asked, []Arrival{{Bytes: make([]byte, maxTraceSize+1)}}, nil, time.Now()); err == nil {
		t.Error("too much is traced")
	}
}

// tmpl is a template of the test's own.
func tmpl(s string) wire.Template {
	t, err := wire.ParseTemplate(s)
	if err != nil {
		panic(err) // a fault of the test
	}
	return t
}

// declares makes a declared profile, with heartbeats that are answered by an exclamation mark.
func declares(p profile.Profile, beats ...string) profile.Profile {
	p.Kind = profile.Declared
	for _, b := range beats {
		p.Heartbeats = append(p.Heartbeats, codec.Heartbeat{Bytes: tmpl(b), Answer: tmpl("!")})
	}
	return p
}

// Rules as makers publish them.
var (
	slip = codec.Escape{
		Bytes: []codec.Escaped{{Byte: 0xC0, As: []byte{0xC4, 0xC1}}, {Byte: 0xC2, As: []byte{0xC4, 0xC3}}, {Byte: 0xC4, As: []byte{0xC4, 0xC4}}},
		Start: []byte{0xC0}, End: []byte{0xC2},
	}
	ddpPackets    = codec.Framing{In: tmpl("hex:7B 09 {length:2} {id} 7B {data}"), Out: tmpl("hex:7B 89 {length:2} {id} 7B {data}")}
	zlanByAddress = declares(profile.Profile{Packet: tmpl("hex:FA 01 01")})
	zlan          = declares(profile.Profile{
		Registration: tmpl("hex:FA 07 13 02 FA 02 {id:6} FA FF"), IDFormat: wire.IDHexReversed, Packet: tmpl("hex:FA 01 01"),
	}, "hex:00")
)

// What modems of families with code of their own send.
const (
	fourFaithHello = "\x78\x56\x34\x1213066668888\x00\xC0\xA8\x01\x42\x00"
	phone          = "13900000000"
	ddpCalls       = "{\x01\x00\x16" + phone + "\xac\x18\x6a\x02\x13\x89{"
	in123          = "{\x09\x00\x13" + phone + "123{"
	irzHeader      = "\xC8\xCA\xCB\xCC\xCD"
	irzKeepalive   = "\xB5\xBC\xBD\xBE\xBF"
	mercuryFrame   = "\xd8V|\x01\x00\x02\x00\x01ab\xc2"
)

// irzOf is an encapsulated frame.
func irzOf(kind byte, payload string) string {
	return irzHeader + string([]byte{kind, byte(len(payload) >> 8), byte(len(payload))}) + payload + "\r\n"
}

// waits are the seconds of a registration that does not get further.
func waits(n int) []string {
	var all []string
	for i := range n {
		all = append(all, (time.Duration(i+1)*time.Second).String()+" more is needed")
	}
	return all
}

// FuzzTrace: all that comes has come to something, for every kind that there is.
func FuzzTrace(f *testing.F) {
	f.Add([]byte("356938035643809\r\nab"), uint8(3), uint16(500))
	f.Add([]byte("AT$IMEI=861234567890123,PSW=5492,\n"), uint8(200), uint16(0))
	f.Add([]byte("AT$IMEI=861234567890123,COLPROT=1.3,\n"+irzOf(2, irzKeepalive)+irzOf(1, "a")), uint8(40), uint16(1000))
	f.Add([]byte(fourFaithHello+"a\xfd\xed\xfe"), uint8(200), uint16(0))
	f.Add([]byte(ddpCalls+in123+ddpCalls), uint8(10), uint16(10))
	f.Add([]byte("E0012345678901234,\x00\x00\x00\x02"), uint8(21), uint16(400))
	f.Add([]byte(mercuryFrame), uint8(3), uint16(6000))
	f.Fuzz(func(t *testing.T, in []byte, size uint8, pause uint16) {
		kinds, _ := profile.Kinds()
		profiles := []profile.Profile{zlan, zlanByAddress, declares(profile.Profile{Escape: slip}, "LOG"), declares(profile.Profile{Registration: tmpl("{id};"), Framing: ddpPackets})}
		for _, k := range kinds {
			profiles = append(profiles, profile.Profile{Kind: k})
		}
		for _, p := range profiles {
			var arrivals []Arrival
			for piece := range slices.Chunk(in, int(size)+1) {
				arrivals = append(arrivals, Arrival{piece, time.Duration(pause) * time.Millisecond})
			}
			steps, err := Play(&p, arrivals, nil, time.Now())
			if err != nil {
				t.Fatal(err)
			}
			accountsForAll(t, p, steps)
		}
	})
}

// accountsForAll checks that every byte that was sent has come to one thing.
func accountsForAll(t testing.TB, p profile.Profile, steps []Step) {
	t.Helper()
	sent, come := 0, 0
	for _, s := range steps {
		if s.What == Sends {
			sent += len(s.Bytes)
		}
		come += s.count
		if s.count < 0 || len(s.Bytes) > 0 && s.What != Reports && s.count != len(s.Bytes) && s.What != Sends && s.What != WeSend {
			t.Errorf("%s: %q of %q accounts for %d bytes", p.Kind, s.What, s.Bytes, s.count)
		}
	}
	if sent != come {
		t.Errorf("%s: of %d bytes %d have come to something: %q", p.Kind, sent, come, traced(steps))
	}
}

// What modems of families with code of their own send is shown as what it is, and nothing of it is lost.
func TestTraceAccountsForAll(t *testing.T) {
	const plainLine = "AT$IMEI=861234567890123,CSQ=17,\n"
	const framedLine = "AT$IMEI=861234567890123,COLPROT=1.3,\n"
	const register = "{\x01\x00\x16" + phone + "\x0a\x00\x00\x11\x13\x89{"
	alarm := "E0012345678901234,\x00\x00\x00\x02"
	for name, c := range map[string]struct {
		p    profile.Profile
		in   []string
		want []string // kinds of steps behind the registration that account for bytes, and how many
	}{
		"irz, cut short":           {profile.Profile{Kind: profile.IRZ}, []string{framedLine, irzHeader + "\x01\x00\x02a"}, []string{"data 1", "packet header 8"}},
		"irz, the header only":     {profile.Profile{Kind: profile.IRZ}, []string{framedLine, irzHeader + "\x01"}, []string{"held back 6"}},
		"irz, a broken trailer":    {profile.Profile{Kind: profile.IRZ}, []string{framedLine, irzOf(1, "a")[:10] + "x"}, []string{"data 1", "dropped 2", "packet header 8"}},
		"irz, an unknown type":     {profile.Profile{Kind: profile.IRZ}, []string{framedLine, irzOf(9, "ab")}, []string{"dropped 2", "packet header 10"}},
		"irz, empty":               {profile.Profile{Kind: profile.IRZ}, []string{framedLine, irzOf(2, "")}, []string{"heartbeat 0", "packet header 10"}},
		"irz":                      {profile.Profile{Kind: profile.IRZ}, []string{framedLine, irzOf(1, "ab") + irzOf(2, irzKeepalive)}, []string{"data 2", "heartbeat 5", "packet header 20"}},
		"irz, a keepalive in two":  {profile.Profile{Kind: profile.IRZ}, []string{framedLine, irzOf(2, irzKeepalive)[:11], irzOf(2, irzKeepalive)[11:]}, []string{"packet header 8", "heartbeat 5", "packet header 2"}},
		"irz plain":                {profile.Profile{Kind: profile.IRZ}, []string{plainLine, "ab", irzKeepalive, irzKeepalive[:2]}, []string{"data 2", "heartbeat 5", "data 2"}},
		"four-faith":               {profile.Profile{Kind: profile.FourFaith}, []string{fourFaithHello, "a\xFD\xED\xFEb\xFD"}, []string{"data 3", "heartbeat 1", "packet header 1", "held back 1"}},
		"ddp":                      {profile.Profile{Kind: profile.DDP}, []string{register, in123, register, "{\x02\x00\x10" + phone + "{", "x{\x09"}, []string{"data 3", "packet header 16", "heartbeat 22", "reports 16", "dropped 1", "held back 2"}},
		"dlms-push":                {profile.Profile{Kind: profile.DLMSPush}, []string{alarm, "ab", alarm, "E00"}, []string{"data 2", "reports 22", "data 3"}},
		"dlms-push, to a program":  {profile.Profile{Kind: profile.DLMSPush, Push: profile.PushToProgram}, []string{alarm, "ab"}, []string{"data 22", "data 2"}},
		"mercury228":               {profile.Profile{Kind: profile.Mercury228}, []string{"x" + mercuryFrame, "\x01"}, []string{"data 2", "dropped 1", "packet header 9", "held back 1"}},
		"teleofis, never answered": {profile.Profile{Kind: profile.Teleofis}, []string{"\xC0\x00"}, []string{"more is needed 2"}},
		"imei, a late line end":    {profile.Profile{Kind: profile.IMEI}, []string{"86123456789012345", "\n"}, nil},
		"refused":                  {profile.Profile{Kind: profile.IRZ}, []string{"ATZ"}, []string{"refused 3"}},
		"a prefix":                 {zlanByAddress, []string{"\xfa\x01\x01a", "\xfa\x01"}, []string{"data 1", "packet header 3", "data 2"}},
	} {
		t.Run(name, func(t *testing.T) {
			var arrivals []Arrival
			for _, in := range c.in {
				arrivals = append(arrivals, Arrival{[]byte(in), time.Second})
			}
			steps, err := Play(&c.p, arrivals, nil, time.Now())
			if err != nil {
				t.Fatal(err)
			}
			accountsForAll(t, c.p, steps)
			var got []string
			for _, s := range steps {
				if s.count > 0 && s.What != Registers || s.What == Beats {
					got = append(got, string(s.What)+" "+strings.TrimSuffix(strings.TrimSuffix(bytesText(s.count), "s"), " byte"))
				}
			}
			if c.want != nil && strings.Join(got, ", ") != strings.Join(c.want, ", ") {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
