package relay

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"meterline/relay/profile"
	"meterline/relay/wire"
)

// The credentials of the tests. Nothing that is written may have them in it.
const (
	testLogin  = "DerHerrImHaus"
	testSecret = "SesamOeffneDich"
)

func testCredentials() wire.Credentials {
	return wire.Credentials{Login: wire.NewSecret(testLogin), Secret: wire.NewSecret(testSecret)}
}

// subscribeWith lets modems in that have to prove who they are.
func (o *opened) subscribeWith(c wire.Credentials, ids ...string) {
	subs := map[string]Subscriber{}
	for _, id := range ids {
		subs[id] = Subscriber{Credentials: c, Answer: func(s *Session) error { o.sessions <- s; return nil }}
	}
	o.Subscribe(subs)
}

func irzCall(id, login, secret string) string {
	return fmt.Sprintf("AT$IMEI=%s,PSW=%s,LOG=%s,TYP=ATM,\n", id, secret, login)
}

var provenProfile = profile.Profile{Kind: profile.Declared, Registration: tmpl("{login}:{secret}@{id}\r\n"), Answer: tmpl("HI")}

func provenCall(id, login, secret string) string { return login + ":" + secret + "@" + id + "\r\n" }

// Whatever is wrong, a caller meets what an unknown id meets, and learns nothing.
func TestWrongSecrets(t *testing.T) {
	for name, kind := range map[string]struct {
		profile profile.Profile
		says    func(id, login, secret string) string
	}{
		"irz": {profile.Profile{Kind: profile.IRZ}, irzCall}, "declared": {provenProfile, provenCall},
	} {
		for what, c := range map[string]struct{ id, login, secret, reason string }{
			"no secret":          {testID, testLogin, "", profile.RefusedSecret},
			"no login":           {testID, "", testSecret, profile.RefusedSecret},
			"nothing":            {testID, "", "", profile.RefusedSecret},
			"wrong secret":       {testID, testLogin, "x", profile.RefusedSecret},
			"wrong login":        {testID, "x", testSecret, profile.RefusedSecret},
			"beginning":          {testID, testLogin, testSecret[:len(testSecret)-1], profile.RefusedSecret},
			"one more":           {testID, testLogin, testSecret + "x", profile.RefusedSecret},
			"other case":         {testID, testLogin, strings.ToUpper(testSecret), profile.RefusedSecret},
			"exchanged":          {testID, testSecret, testLogin, profile.RefusedSecret},
			"right of nobody":    {testID + "7", testLogin, testSecret, profile.RefusedUnknown},
			"another unknown id": {"111111111111111", "x", "x", profile.RefusedUnknown},
		} {
			t.Run(name+" "+what, func(t *testing.T) {
				t.Parallel()
				o := open(t, &Exchange{Profile: kind.profile})
				o.subscribeWith(testCredentials(), testID)
				if told, err := o.refuse(t, kind.says(c.id, c.login, c.secret)); told != "" || !wasReset(err) {
					t.Errorf("the caller was told %q, and then %v", told, err)
				}
				eventually(t, "it is on record", func() bool { return len(o.Unknown.All(false)) == 1 })
				o.stop()
				if n := o.Counts(); n[c.reason] != 1 || n["registered"] != 0 || len(o.sessions) > 0 {
					t.Errorf("counts are %v", n)
				}
				got := o.Unknown.All(false)[0]
				if got.Reason != c.reason || got.ID != c.id || !strings.Contains(o.log.String(), c.reason) {
					t.Errorf("on record: %+v, log: %s", got, o.log)
				}
				if text := fmt.Sprintf("%+v %s", got, o.log); strings.Contains(text, testSecret) || strings.Contains(text, testLogin) {
					t.Errorf("a secret is shown: %s", text)
				}
			})
		}
		t.Run(name+" right", func(t *testing.T) {
			o := open(t, &Exchange{Profile: kind.profile})
			o.subscribeWith(testCredentials(), testID)
			o.call(t, kind.says(testID, testLogin, testSecret))
			(<-o.sessions).End(nil)
			o.subscribeWith(wire.Credentials{}, testID)
			o.call(t, kind.says(testID, "x", "y"))
			(<-o.sessions).End(nil) // one that is not asked may say anything
		})
	}
}

// A secret that is sent in the place of an id is not shown as one.
func TestIDsTellNoSecret(t *testing.T) {
	o := open(t, &Exchange{Profile: profile.Profile{Kind: profile.Declared, Registration: tmpl("{id}\n")}})
	o.Unknown.SetSecrets([]wire.Credentials{testCredentials()})
	o.subscribeWith(wire.Credentials{}, testID)
	o.refuse(t, testSecret+"\n")
	eventually(t, "it is on record", func() bool { return len(o.Unknown.All(false)) == 1 })
	o.stop()
	if text := fmt.Sprintf("%+v %s", o.Unknown.All(false), o.log); strings.Contains(text, testSecret) {
		t.Errorf("the secret is shown: %s", text)
	}
	if key := o.Unknown.All(false)[0].Key; key != "" {
		t.Errorf("it is proposed as %s", key)
	}
}

// A password that has no place in the profile stands in a neighbouring one, and is not told as a fact.
func TestFactsTellNoSecret(t *testing.T) {
	o := open(t, &Exchange{Profile: profile.Profile{Kind: profile.Declared, Registration: tmpl("REG,{id:4},{signal}#")}})
	o.Unknown.SetSecrets([]wire.Credentials{testCredentials()})
	told := make(chan []wire.Fact, 1)
	o.Subscribe(map[string]Subscriber{"1001": {
		Observer: func(facts []wire.Fact, _ []wire.Event) { told <- facts },
		Answer:   func(s *Session) error { o.sessions <- s; return nil },
	}})
	o.call(t, "REG,1001,21,"+testSecret+"#")
	(<-o.sessions).End(nil)
	want := []wire.Fact{{Name: "signal", Value: "21," + strings.Repeat("*", len(testSecret))}}
	if got := <-told; !slices.Equal(got, want) {
		t.Errorf("told %q, want %q", got, want)
	}
}

// Too many wrong secrets for a modem from one address keep the right one away from there for a minute, and from nowhere else. Other
// modems there are let in. A change of the secret ends that.
func TestGuessesAreFew(t *testing.T) {
	const other = "356938035643817"
	synctest.Test(t, func(t *testing.T) {
		e := &Exchange{Profile: provenProfile, Unknown: &UnknownList{}}
		subscribe := func(secret string) {
			c := wire.Credentials{Secret: wire.NewSecret(secret)}
			answer := func(s *Session) error { s.End(nil); return nil }
			e.Subscribe(map[string]Subscriber{testID: {Credentials: c, Answer: answer}, other: {Credentials: c, Answer: answer}})
		}
		subscribe(testSecret)
		from, elsewhere := netip.MustParseAddr("10.1.1.1"), netip.MustParseAddr("10.1.1.2")
		calls := func(addr netip.Addr, id, secret string) string {
			before := e.Counts()
			conn, caller := net.Pipe()
			go func() {
				_, _ = io.WriteString(caller, provenCall(id, "", secret))
				_, _ = io.Copy(io.Discard, caller)
			}()
			p, _, refused := e.gate.admit(addr, e.rules(), time.Now())
			if refused != "" {
				t.Fatal(refused)
			}
			(&registrar{exchange: e, conn: conn, addr: addr, pass: p}).serve(t.Context())
			_ = caller.Close()
			for reason, n := range e.Counts() {
				if n > before[reason] {
					return reason
				}
			}
			return ""
		}
		for i := range guessesInARow {
			if got := calls(from, testID, strconv.Itoa(i)); got != profile.RefusedSecret {
				t.Fatalf("guess %d: %s", i, got)
			}
		}
		for _, c := range []struct {
			from       netip.Addr
			id, secret string
			want       string
		}{
			{from, testID, testSecret, refusedGuesses}, {from, testID, "x", refusedGuesses}, {from, "1", testSecret, profile.RefusedUnknown},
			{from, other, testSecret, "registered"}, {elsewhere, testID, testSecret, "registered"}, {elsewhere, testID, "x", profile.RefusedSecret},
		} {
			if got := calls(c.from, c.id, c.secret); got != c.want {
				t.Errorf("%s from %s: %s, want %s", c.id, c.from, got, c.want)
			}
		}
		time.Sleep(guessEvery - time.Second)
		if got := calls(from, testID, testSecret); got != refusedGuesses {
			t.Errorf("before a minute has passed: %s", got)
		}
		time.Sleep(2 * time.Second)
		if got := calls(from, testID, testSecret); got != "registered" {
			t.Errorf("after a minute: %s", got)
		}
		if got := calls(from, testID, "x"); got != profile.RefusedSecret {
			t.Errorf("then a wrong one: %s", got)
		}
		subscribe(testSecret)
		if got := calls(from, testID, testSecret); got != refusedGuesses {
			t.Errorf("after a reload that changes nothing: %s", got)
		}
		subscribe("another")
		if got := calls(from, testID, "another"); got != "registered" {
			t.Errorf("the new secret: %s", got)
		}
		if got := calls(from, testID, testSecret); got != profile.RefusedSecret {
			t.Errorf("the old secret: %s", got)
		}
	})
}

// countedLog counts lines, and looks for secrets in them.
type countedLog struct {
	lines atomic.Int64
	shown atomic.Bool
}

func (l *countedLog) Write(p []byte) (int, error) {
	l.lines.Add(int64(bytes.Count(p, []byte("\n"))))
	if bytes.Contains(p, []byte(testSecret)) || bytes.Contains(p, []byte("guess-")) {
		l.shown.Store(true)
	}
	return len(p), nil
}

// manyGuesses is how many wrong secrets a listener meets in TestManyWrongSecrets. METERLINE_LONG makes it 100,000.
func manyGuesses() int {
	if os.Getenv("METERLINE_LONG") != "" {
		return 100_000
	}
	return 3200
}

// As many wrong secrets as somebody can send, with the ids of modems and without: nothing is told, few lines are logged, memory is
// bounded, and modems register meanwhile. The gate stops a stranger before its first byte; an address of modems is not stopped there.
func TestManyWrongSecrets(t *testing.T) {
	for name, known := range map[string]bool{"from a stranger": false, "from an address of modems": true} {
		t.Run(name, func(t *testing.T) {
			var log countedLog
			origins := new(Origins)
			if known {
				origins.Restore(netip.MustParsePrefix("127.0.0.1/32"), time.Now())
			}
			o := openWith(t, &log, &Exchange{Profile: provenProfile, Origins: origins})
			o.subscribeWith(testCredentials(), testID, "356938035643817")
			ids := []string{testID, "111111111111111", "356938035643817"}
			var told atomic.Int64
			var wg sync.WaitGroup
			const at = 16
			start := time.Now()
			for w := range at {
				wg.Go(func() {
					for i := range manyGuesses() / at {
						got, _ := o.refuse(t, provenCall(ids[i%len(ids)], testLogin, fmt.Sprintf("guess-%d-%d", w, i)))
						told.Add(int64(len(got)))
					}
				})
			}
			wg.Wait()
			took := time.Since(start)
			eventually(t, "all are counted", func() bool { return o.Counts()["connections"] >= int64(manyGuesses()/at*at) })
			n := o.Counts()
			t.Logf("%v for %d calls, %d lines, %v", took.Round(time.Millisecond), manyGuesses(), log.lines.Load(), n)
			seconds, minutes := int64(took/time.Second)+1, int64(took/time.Minute)+1
			places := int64(share(o.rules()))
			if told.Load() != 0 || log.shown.Load() || n["registered"] != 0 {
				t.Errorf("told %d bytes, secrets in the log: %v, counts %v", told.Load(), log.shown.Load(), n)
			}
			if lines := log.lines.Load(); lines > 300 {
				t.Errorf("%d lines were logged", lines)
			}
			if compared := n[profile.RefusedSecret]; compared > 2*(guessesInARow+minutes)+2*at || compared == 0 {
				t.Errorf("%d secrets were refused before guesses were", compared)
			}
			// Who is waiting already when the last failure is forgotten gets through with it.
			if !known && n[profile.RefusedSecret]+n[profile.RefusedUnknown]+n[refusedGuesses] > places+(1+at)*seconds {
				t.Errorf("a stranger got through the gate too often: %v", n)
			}
			if known && n[refusedRate]+n[refusedConcurrency] > 0 {
				t.Errorf("an address of modems was stopped: %v", n)
			}
			if u := o.Unknown.All(false); len(u) > 10 || strings.Contains(fmt.Sprintf("%+v", u), "guess-") {
				t.Errorf("unknown: %+v", u)
			}
		})
	}
}
