package simulated

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"meterline/relay/relaytest"
	"meterline/relay/simulated/netem"
)

// noon is when the sides are tested.
var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// accepting is what a server says, by the published descriptions, to put a modem on line; for each name of Sides.
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

func newSide(t testing.TB, name string) Side {
	t.Helper()
	fresh, err := NewSide(name, sideIDs[name])
	if err != nil {
		t.Fatal(err)
	}
	return fresh()
}

func TestSidesRefuse(t *testing.T) {
	for name, id := range map[string]string{
		"ircz": testIMEI, "irz": "12345", "irz-plain": "86123456789012x", "teleofis": "8612345678901234", "four-faith": "1306666888",
	} {
		if _, err := NewSide(name, id); err == nil || !strings.HasPrefix(err.Error(), "simulated modem") {
			t.Errorf("%s with the id %q: %v", name, id, err)
		}
	}
	if BeatsEvery("ircz") != 0 || BeatsEvery("irz") != 50*time.Second {
		t.Error("heartbeats are not those of the makers")
	}
	m := &Modem{Call: "127.0.0.1:1", Register: []byte("x"), Side: func() Side { return nil }}
	if m.Validate() == nil {
		t.Error("both a side and bytes to register with are accepted")
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
	for _, name := range Sides() {
		if wire[name] == "" {
			continue // tested elsewhere
		}
		says := accepting[name] + wire[name]
		var whole string
		for size := range len(says) {
			side := newSide(t, name)
			if len(accepting[name]) > 0 == side.Online() {
				t.Errorf("%s: on line at once: %v", name, side.Online())
			}
			var data, reply []byte
			for part := range slices.Chunk([]byte(says), len(says)-size) {
				d, r, err := side.Take(bytes.Clone(part), noon)
				if err != nil {
					t.Fatalf("%s in pieces of %d: %v", name, len(says)-size, err)
				}
				data, reply = append(data, d...), append(reply, r...)
			}
			if size == 0 {
				whole = string(reply)
			}
			if string(data) != meant || string(reply) != whole || !side.Online() {
				t.Errorf("%s in pieces of %d: data %q, reply %q, on line %v", name, len(says)-size, data, reply, side.Online())
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
		side := newSide(t, name)
		got := [3]string{string(side.Connect(noon)), string(side.Beat()), string(side.Put([]byte("\x00\x00\x01\xB0")))}
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

// However bytes are shuffled, they stay whole and in order.
func TestModemShuffles(t *testing.T) {
	text := strings.Repeat("0123456789abcdef", 100)
	for _, faults := range []netem.Faults{{}, {Delay: 1, DelayMax: 2e6, Fragment: 100, Gap: 1e5}} {
		l := relaytest.Listen(t)
		relaytest.Start(t, (&Modem{Call: l.Addr().String(), Register: []byte("hello "), Shuffle: true, Faults: faults, Seed: 7}).Run)
		conn := relaytest.Accept(t, l)
		for rest := text; rest != ""; rest = rest[160:] {
			if _, err := io.WriteString(conn, rest[:160]); err != nil {
				t.Fatal(err)
			}
		}
		relaytest.Expect(t, conn, "hello "+text)
	}
}

// A side's heartbeats come among what the meter says, and nothing is lost.
func TestSideBeatsWhileItShuffles(t *testing.T) {
	l := relaytest.Listen(t)
	side, err := NewSide("four-faith", "13066668888")
	if err != nil {
		t.Fatal(err)
	}
	m := &Modem{Call: l.Addr().String(), Side: side, HeartbeatEvery: time.Millisecond, Shuffle: true, Seed: 3}
	relaytest.Start(t, m.Run)
	conn := relaytest.Accept(t, l)
	relaytest.Expect(t, conn, "\x78\x56\x34\x1213066668888\x00\xC0\xA8\x01\x42\x00")
	beats := 0
	one := make([]byte, 1)
	for i := range 200 {
		if _, err := conn.Write([]byte{byte(i)}); err != nil {
			t.Fatal(err)
		}
		for got := false; !got; {
			if _, err := io.ReadFull(conn, one); err != nil {
				t.Fatal(err)
			}
			if got = one[0] != 0xFE; !got {
				beats++
			} else if one[0] != byte(i) {
				t.Fatalf("%02x instead of %02x", one[0], i)
			}
		}
	}
	if beats == 0 || !m.Stats().Up {
		t.Errorf("%d heartbeats, %+v", beats, m.Stats())
	}
}

func FuzzSides(f *testing.F) {
	for i, name := range Sides() {
		f.Add(uint8(i), []byte(accepting[name]+"\xC8\xCA\xCB\xCC\xCD\x01\x00\x01x\r\n"), uint8(3))
	}
	f.Fuzz(func(t *testing.T, which uint8, says []byte, size uint8) {
		name := Sides()[int(which)%len(Sides())]
		if sideIDs[name] == "" {
			t.Skip("tested elsewhere")
		}
		whole, _, wholeErr := newSide(t, name).Take(bytes.Clone(says), noon)
		side := newSide(t, name)
		var data []byte
		for part := range slices.Chunk(says, int(size)%8+1) {
			d, _, err := side.Take(bytes.Clone(part), noon)
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
