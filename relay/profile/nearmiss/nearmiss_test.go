package nearmiss

import (
	"strings"
	"testing"
	"time"

	"meterline/relay/profile"
	"meterline/relay/wire"
)

func declared(t testing.TB, registration string, more ...func(*profile.Profile)) *profile.Profile {
	t.Helper()
	template, err := wire.ParseTemplate(registration)
	if err != nil {
		t.Fatal(err)
	}
	p := &profile.Profile{Name: "declared", Kind: profile.Declared, Registration: template}
	for _, set := range more {
		set(p)
	}
	if err := p.Validate(); err != nil {
		t.Fatal(err)
	}
	return p
}

func format(f wire.IDFormat) func(*profile.Profile) {
	return func(p *profile.Profile) { p.IDFormat = f }
}

func pattern(s string) func(*profile.Profile) { return func(p *profile.Profile) { p.IDPattern = s } }

// exchanges are one of each kind that matters here.
func exchanges(t testing.TB) Directory {
	return Directory{
		NewExchange("gprs", &profile.Profile{Kind: profile.IMEI}, map[string]string{"861234567890123": "tp-1", "49015420323751": "tp-14"}),
		NewExchange("irz", &profile.Profile{Kind: profile.IRZ}, map[string]string{"356938035643809": "tp-299"}),
		NewExchange("login", declared(t, "LOGIN:{id}\r\n"), map[string]string{"1001": "tp-7", "Pump-A2": "tp-8", "00004711": "tp-9", "off-1": "tp-10 (disabled)"}),
		NewExchange("mac", declared(t, "hex:AA 55 {id:6} 0D", format(wire.IDHexReversed)), map[string]string{"D8:B0:4C:00:11:22": "tp-20"}),
		NewExchange("upper", declared(t, "{id:12}", pattern("[0-9A-F]{12}")), map[string]string{"D8B04C001133": "tp-30"}),
		NewExchange("by-address", &profile.Profile{Kind: profile.Address}, map[string]string{"10.7.3.21": "tp-40"}),
		NewExchange("any", declared(t, "{id:3}"), nil),
	}
}

func TestFind(t *testing.T) {
	all := exchanges(t)
	for _, c := range []struct {
		at, came, id, peer string
		want               string
	}{
		// What resembles nothing.
		{at: "nowhere", came: "LOGIN:1001\r\n"},
		{at: "gprs"},
		{at: "gprs", came: "\xff\xfe\x01\x02"},
		{at: "login", came: "hello"},
		{at: "login", id: "another"},
		{at: "by-address", peer: "10.9.9.9", id: "10.9.9.9"},
		{at: "gprs", id: "111111111111111"},

		// Configured, but not here.
		{at: "gprs", came: "AT$IMEI=356938035643809,TYP=ATM,\n", want: "tp-299, configured at exchange irz"},
		{at: "login", came: "AT$IMEI=356938035643809,TYP=ATM,\n", want: "tp-299, configured at exchange irz"},
		{at: "gprs", came: "LOGIN:1001\r\n", want: "tp-7, configured at exchange login"},
		{at: "irz", came: "IMEI:861234567890123\r\n", want: "tp-1, configured at exchange gprs"},
		{at: "gprs", came: "\xaa\x55\x22\x11\x00\x4c\xb0\xd8\x0d", want: "tp-20, configured at exchange mac"},
		{at: "gprs", came: "x", peer: "10.7.3.21", want: "tp-40, configured at exchange by-address"},
		{at: "gprs", came: "356938035643809\r\n", id: "356938035643809", want: "tp-299, configured at exchange irz"},
		{at: "login", came: "LOGIN:off-1\r\n", id: "off-1", want: "tp-10 (disabled)"},

		// The id is nearly that of a modem.
		{at: "gprs", id: "86123456789012", want: "one digit short of 861234567890123 (tp-1)"},
		{at: "gprs", id: "86123456780123", want: "one digit short of 861234567890123 (tp-1)"},
		{at: "gprs", id: "8612345678901230", want: "one digit more than 861234567890123 (tp-1)"},
		{at: "gprs", id: "8612345678901298", want: "other last digits than 861234567890123 (tp-1)"},
		{at: "gprs", id: "861234567890132", want: "two digits swapped, against 861234567890123 (tp-1)"},
		{at: "gprs", id: "861234567890423", want: "one digit differs from 861234567890123 (tp-1)"},
		{at: "gprs", id: "490154203237518", want: "one digit more than 49015420323751 (tp-14)"},
		{at: "login", id: "pump-a2", want: "other case than Pump-A2 (tp-8)"},
		{at: "login", id: " 1001 ", want: "padding around 1001 (tp-7)"},
		{at: "login", id: "0000", want: ""},
		{at: "login", id: "4711", want: "other leading zeros than 00004711 (tp-9)"},
		{at: "login", id: "Pump-A", want: "one character short of Pump-A2 (tp-8)"},
		{at: "login", id: "1002"},
		{at: "login", id: "no-1001-x", want: "1001 stands in it, the id of tp-7"},
		{at: "irz", id: "86123456789012", want: "one digit short of 861234567890123 (tp-1 at exchange gprs)"},

		// The registration is nearly one.
		{at: "login", came: "login:1001\r\n", want: "other case: in the profile's it would be tp-7"},
		{at: "login", came: "Login:pump-a2\r\n", want: "other case: in the profile's it would be tp-8"},
		{at: "login", came: "Login:1009\r\n", want: `other case: in the profile's it would be "1009", an id that no modem has`},
		{at: "upper", came: "d8b04c001133", want: "other case: in the profile's it would be tp-30"},
		{at: "irz", came: "at$imei=356938035643809,typ=atm\n", want: "other case: in the profile's it would be tp-299"},
		{at: "login", came: "\x00\x00\x00LOGIN:1001\r\n", want: "padding: without the 3 bytes in front it would be tp-7"},
		{at: "upper", came: "\xaaD8B04C001133", want: "`{*:1}` in front would read it, as tp-30"},
		{at: "upper", came: "\xffD8B04C001133", want: "padding: without the 1 byte in front it would be tp-30"},
		{at: "login", came: "LOGIN:1001\n", want: `other line end: with "\r\n" in place of "\n" it would be tp-7`},
		{at: "login", came: "LOGIN:1001", want: `no end: with "\r\n" behind it, it would be tp-7`},
		{at: "gprs", came: "111111111111111", want: `no end: with "\r\n" behind it, it would be "111111111111111", an id that no modem has`},
		{at: "login", came: "+++LOGIN:1001\r\n", want: "`{*}` in front would read it, as tp-7"},
		{at: "upper", came: "##D8B04C001133", want: "`{*:2}` in front would read it, as tp-30"},
		{at: "gprs", came: "\x01\x02IMEI:861234567890123\r\n", want: "2 bytes in front: without, it would be tp-1"},

		// What came has a modem's id in it, or nearly.
		{at: "login", came: "HELLO FROM 1001;", want: "1001 stands in it, the id of tp-7"},
		{at: "login", came: "\x02imei861234567890123\x03", want: "861234567890123 stands in it, the id of tp-1 at exchange gprs"},
		{at: "mac", came: "\xaa\x56\x22\x11\x00\x4c\xb0\xd8\x0d", want: "d8b04c001122 stands in it, the id of tp-20"},
		{at: "gprs", came: "IMEI:8612345678901\r\n", want: "only a part of 861234567890123 (tp-1)"},
		{at: "gprs", came: "34567890123\r\n", want: "only a part of 861234567890123 (tp-1)"},
		{at: "gprs", came: "IMEI:9912345678901\r\n", want: "9912345678901 has 13 digits, and an IMEI has 14 to 16"},
		{at: "login", came: "!9912345678901 ", want: ""},
		{at: "gprs", came: "IMEI:86123456789012;x", id: "86123456789012", want: "one digit short of 861234567890123 (tp-1)"},
		{at: "login", came: "IMEI=86123456789012 x", want: "one digit short of 861234567890123 (tp-1 at exchange gprs)"},

		// Somebody else would read it.
		{at: "login", came: "{\x01\x00\x1613912345678\x0a\x00\x00\x01\x1f\x90{", want: `profile ddp would read it, as "13912345678"`},
		{at: "gprs", came: "LOGIN:77\r\n", want: `exchange login would read it, as "77", an id that no modem has`},

		// It begins well.
		{at: "mac", came: "\xaa\x55\x00\x00\x00\x00\x00\x01\x0e", want: `the first 8 bytes fit; then "\r" is to follow, and "\x0e" does`},
	} {
		got := all.Find(Call{Exchange: c.at, Peer: c.peer, ID: c.id, Came: []byte(c.came)})
		if got != c.want {
			t.Errorf("at %s %q, id %q:\n got %s\nwant %s", c.at, c.came, c.id, got, c.want)
		}
	}
}

// Ids of one delivery are alike. Which is meant is not to be guessed.
func TestFindAmongMany(t *testing.T) {
	many := Directory{NewExchange("gprs", &profile.Profile{Kind: profile.IMEI}, map[string]string{
		"861234567890120": "a", "861234567890121": "b", "861234567890122": "c",
	})}
	if got, want := many.Find(Call{Exchange: "gprs", ID: "86123456789012"}), "one digit short of 861234567890120 (a), and of 2 others"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	whole := Directory{NewExchange("gprs", &profile.Profile{Kind: profile.IMEI}, map[string]string{"490154203237518": "a"})}
	if got := whole.Find(Call{Exchange: "gprs", ID: "490154203237591"}); got != "" {
		t.Errorf("another whole IMEI of the same delivery: %s", got)
	}
}

// Strangers choose what is looked at: neither its text nor its time grows without bound.
func TestFindIsBounded(t *testing.T) {
	ids := make(map[string]string)
	for i := range 5000 {
		ids[strings.Repeat("7", 11)+string([]byte{'0' + byte(i/1000), '0' + byte(i/100%10), '0' + byte(i/10%10), '0' + byte(i%10)})] = "modem"
	}
	all := exchanges(t)
	for _, name := range []string{"a", "b", "c"} {
		all = append(all, NewExchange(name, &profile.Profile{Kind: profile.IMEI}, ids))
	}
	for name, came := range map[string]string{
		"words":   strings.Repeat("77777777777 ", 43),
		"letters": strings.Repeat("LOGIN:", 85),
		"digits":  strings.Repeat("7", 512),
		"noise":   strings.Repeat("\xff\x00\x1a", 170),
		"an id":   "LOGIN:" + strings.Repeat("x\xc3", 200) + "\n",
	} {
		for _, e := range all {
			begin := time.Now()
			text := all.Find(Call{Exchange: e.name, Came: []byte(came)})
			if took := time.Since(begin); took > 500*time.Millisecond {
				t.Errorf("%s at %s: took %v", name, e.name, took)
			}
			if len(text) > longest+len("…") {
				t.Errorf("%s at %s: %d bytes of text", name, e.name, len(text))
			}
		}
	}
}

func FuzzFind(f *testing.F) {
	all := exchanges(f)
	f.Add("LOGIN:1001\r\n", "")
	f.Add("\x00\xff", "861234567890123")
	for _, open := range []string{"REG:{id}", "{id}", "A{signal};{id}", "{*}ID:{id}", "X{secret:8}{id}"} {
		all = append(all, NewExchange(open, declared(f, open), map[string]string{"1001": "open"}))
		f.Add("REG:77", "")
		f.Add("REG:", "1001")
		f.Add("A1", "")
	}
	f.Fuzz(func(t *testing.T, came, id string) {
		for _, e := range all {
			if text := all.Find(Call{Exchange: e.name, ID: id, Came: []byte(came)}); len(text) > longest+len("…") {
				t.Errorf("%d bytes of text", len(text))
			}
		}
	})
}

func BenchmarkFind(b *testing.B) {
	ids := make(map[string]string)
	for i := range 5000 {
		ids[strings.Repeat("7", 11)+string([]byte{'0' + byte(i/1000), '0' + byte(i/100%10), '0' + byte(i/10%10), '0' + byte(i%10)})] = "modem"
	}
	all := append(exchanges(b), NewExchange("many", &profile.Profile{Kind: profile.IMEI}, ids))
	for b.Loop() {
		all.Find(Call{Exchange: "login", Came: []byte(strings.Repeat("HELLO 7777777 ", 10))})
	}
}
