package relay

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"meterline/relay/profile"
	"meterline/relay/wire"
)

// refuse calls, says something, and answers what the caller was told, and how it saw the connection end. The reset may come
// before the caller has noticed that it was connected.
func (o *opened) refuse(t testing.TB, says string) (told string, end error) {
	t.Helper()
	conn, err := net.Dial("tcp", o.Addr().String())
	if err != nil {
		return "", err
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, says); err != nil {
		return "", err // it has met the reset, of which the next read would not tell any more
	}
	answer, err := io.ReadAll(conn)
	return string(answer), err
}

func TestExchangeRefuses(t *testing.T) {
	declared := profile.Profile{Kind: profile.Declared, Registration: tmpl("LOGIN:{id};"), Answer: tmpl("HI")}
	for name, c := range map[string]struct {
		profile profile.Profile
		says    string
		want    UnknownCaller // reason, id and key
	}{
		"unknown id":            {profile.Profile{Kind: profile.IMEI, Answer: tmpl("hi")}, "111111111111111\r\n", UnknownCaller{Reason: profile.RefusedUnknown, ID: "111111111111111", Key: "id"}},
		"garbage":               {profile.Profile{Kind: profile.IMEI}, "\xff\xfe", UnknownCaller{Reason: profile.RefusedGarbage}},
		"too long":              {profile.Profile{Kind: profile.IMEI}, strings.Repeat("x", 600), UnknownCaller{Reason: profile.RefusedTooLong}},
		"tls":                   {profile.Profile{Kind: profile.IMEI}, "\x16\x03\x01\x02\x00", UnknownCaller{Reason: profile.RefusedScanner + "TLS"}},
		"http":                  {profile.Profile{Kind: profile.IMEI}, "GET / HTTP/1.1\r\n\r\n", UnknownCaller{Reason: profile.RefusedScanner + "HTTP"}},
		"http under a prefix":   {declared, "GET / HTTP/1.1\r\n\r\n", UnknownCaller{Reason: profile.RefusedScanner + "HTTP"}},
		"ssh":                   {profile.Profile{Kind: profile.Declared, Registration: tmpl("{id}\n")}, "SSH-2.0-OpenSSH_9\r\n", UnknownCaller{Reason: profile.RefusedScanner + "SSH"}},
		"address unknown":       {profile.Profile{Kind: profile.Address}, "x", UnknownCaller{Reason: refusedCaller, ID: "127.0.0.1", Key: "address"}},
		"nobody to answer it":   {profile.Profile{Kind: profile.Direct}, "x", UnknownCaller{Reason: refusedCaller, ID: "127.0.0.1"}},
		"tls with raw byte ids": {profile.Profile{Kind: profile.Declared, Registration: tmpl("{id:4}"), IDFormat: wire.IDHex}, "\x16\x03\x01\x02\x00", UnknownCaller{Reason: profile.RefusedScanner + "TLS"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := open(t, &Exchange{Profile: c.profile}, "nobody")
			if told, err := o.refuse(t, c.says); told != "" || !wasReset(err) {
				t.Errorf("the caller was told %q, and then %v", told, err)
			}
			eventually(t, "it is on record", func() bool { return len(o.Unknown.All(false)) == 1 })
			o.stop()
			got := o.Unknown.All(false)[0]
			c.want.Exchange, c.want.Peer, c.want.First, c.want.Last, c.want.Count = "gprs", "127.0.0.1", got.First, got.Last, 1
			if c.profile.Registers() {
				c.want.Size, c.want.Bytes = len(c.says), Hex(c.says[:min(len(c.says), 64)])
			}
			c.want.Text = c.want.Bytes.Text()
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if n := o.Counts(); n[c.want.Reason] != 1 || n["connections"] != 1 || len(n) != 2 {
				t.Errorf("counts are %v", n)
			}
			if !strings.Contains(o.log.String(), c.want.Reason) || strings.Contains(o.log.String(), "HTTP/1.1") {
				t.Errorf("log: %s", o.log)
			}
		})
	}
}

func TestExchangeRefusesByRules(t *testing.T) {
	t.Run("address", func(t *testing.T) {
		o := open(t, &Exchange{Profile: profile.Profile{Kind: profile.IMEI}, Allow: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}, testID)
		_, err := o.refuse(t, "")
		if !wasReset(err) {
			t.Errorf("the caller saw %v", err)
		}
		eventually(t, "it is counted", func() bool { return o.Counts()[refusedAddress] == 1 })
	})
	t.Run("too many at once", func(t *testing.T) {
		o := open(t, &Exchange{Profile: profile.Profile{Kind: profile.IMEI}, MaxUnregistered: 4}, testID)
		for range 3 {
			o.call(t, "IMEI:")
		}
		_, err := o.refuse(t, "")
		if !wasReset(err) {
			t.Errorf("the caller saw %v", err)
		}
		eventually(t, "it is counted", func() bool { return o.Counts()[refusedConcurrency] == 1 })
	})
	t.Run("modem", func(t *testing.T) {
		o := open(t, &Exchange{Profile: profile.Profile{Kind: profile.IMEI}})
		stay := errors.New("the session that stands is kept")
		sessions := make(chan *Session, 1)
		o.Subscribe(map[string]Subscriber{testID: {Answer: func(s *Session) error { sessions <- s; return stay }}})
		_, err := o.refuse(t, testID+"\r\n")
		if !wasReset(err) {
			t.Errorf("the modem saw %v", err)
		}
		if s := <-sessions; !errors.Is(s.Cause(), stay) {
			t.Errorf("the cause is %v", s.Cause())
		}
		eventually(t, "it is counted", func() bool { return o.Counts()[refusedBySession] == 1 })
	})
}
