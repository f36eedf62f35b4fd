package profile

import (
	"strings"
	"testing"
	"time"
)

// accountsForAll checks that every byte that was sent has come to one thing.
func accountsForAll(t testing.TB, p Profile, steps []Step) {
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
		p    Profile
		in   []string
		want []string // kinds of steps behind the registration that account for bytes, and how many
	}{
		"irz, cut short":           {Profile{Kind: IRZ}, []string{framedLine, irzHeader + "\x01\x00\x02a"}, []string{"data 1", "packet header 8"}},
		"irz, the header only":     {Profile{Kind: IRZ}, []string{framedLine, irzHeader + "\x01"}, []string{"held back 6"}},
		"irz, a broken trailer":    {Profile{Kind: IRZ}, []string{framedLine, irzOf(1, "a")[:10] + "x"}, []string{"data 1", "dropped 2", "packet header 8"}},
		"irz, an unknown type":     {Profile{Kind: IRZ}, []string{framedLine, irzOf(9, "ab")}, []string{"dropped 2", "packet header 10"}},
		"irz, empty":               {Profile{Kind: IRZ}, []string{framedLine, irzOf(2, "")}, []string{"heartbeat 0", "packet header 10"}},
		"irz":                      {Profile{Kind: IRZ}, []string{framedLine, irzOf(1, "ab") + irzOf(2, irzKeepalive)}, []string{"data 2", "heartbeat 5", "packet header 20"}},
		"irz, a keepalive in two":  {Profile{Kind: IRZ}, []string{framedLine, irzOf(2, irzKeepalive)[:11], irzOf(2, irzKeepalive)[11:]}, []string{"packet header 8", "heartbeat 5", "packet header 2"}},
		"irz plain":                {Profile{Kind: IRZ}, []string{plainLine, "ab", irzKeepalive, irzKeepalive[:2]}, []string{"data 2", "heartbeat 5", "data 2"}},
		"four-faith":               {Profile{Kind: FourFaith}, []string{fourFaithHello, "a\xFD\xED\xFEb\xFD"}, []string{"data 3", "heartbeat 1", "packet header 1", "held back 1"}},
		"ddp":                      {Profile{Kind: DDP}, []string{register, in123, register, "{\x02\x00\x10" + phone + "{", "x{\x09"}, []string{"data 3", "packet header 16", "heartbeat 22", "reports 16", "dropped 1", "held back 2"}},
		"dlms-push":                {Profile{Kind: DLMSPush}, []string{alarm, "ab", alarm, "E00"}, []string{"data 2", "reports 22", "data 3"}},
		"dlms-push, to a program":  {Profile{Kind: DLMSPush, Push: PushToProgram}, []string{alarm, "ab"}, []string{"data 22", "data 2"}},
		"mercury228":               {Profile{Kind: Mercury228}, []string{"x" + string(appendMercury228(nil, 1, mercurySerial, []byte("ab"))), "\x01"}, []string{"data 2", "dropped 1", "packet header 9", "held back 1"}},
		"teleofis, never answered": {Profile{Kind: Teleofis}, []string{"\xC0\x00"}, []string{"more is needed 2"}},
		"imei, a late line end":    {Profile{Kind: IMEI}, []string{"86123456789012345", "\n"}, nil},
		"refused":                  {Profile{Kind: IRZ}, []string{"ATZ"}, []string{"refused 3"}},
		"a prefix":                 {zlanByAddress, []string{"\xfa\x01\x01a", "\xfa\x01"}, []string{"data 1", "packet header 3", "data 2"}},
	} {
		t.Run(name, func(t *testing.T) {
			var arrivals []Arrival
			for _, in := range c.in {
				arrivals = append(arrivals, Arrival{[]byte(in), time.Second})
			}
			steps, err := c.p.Trace(arrivals, nil, time.Now())
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
