package relay

import (
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"meterline/relay/profile"
)

// knock runs one connection through an exchange in fake time: the caller says its pieces, each after a pause. It answers
// the session, if it came to one, and how long the decision took.
func knock(t *testing.T, e *Exchange, pause time.Duration, says ...string) (*Session, time.Duration) {
	t.Helper()
	var session *Session
	e.Unknown = &UnknownList{}
	subs := map[string]Subscriber{}
	for _, id := range []string{testID, testID + "7"} {
		subs[id] = Subscriber{Answer: func(s *Session) error { session = s; return nil }}
	}
	e.Subscribe(subs)
	conn, caller := net.Pipe()
	var wg sync.WaitGroup
	wg.Go(func() {
		for _, s := range says {
			time.Sleep(pause)
			if _, err := io.WriteString(caller, s); err != nil {
				return
			}
		}
	})
	start := time.Now()
	r, ok := e.admit(t.Context(), conn)
	if !ok {
		t.Fatal("the gate is shut")
	}
	r.serve(t.Context())
	took := time.Since(start)
	_ = caller.Close()
	wg.Wait()
	return session, took
}

func TestRegistrationDeadline(t *testing.T) {
	declared := profile.Profile{Kind: profile.Declared, Registration: tmpl("LOGIN:{id};")}
	patient := declared
	patient.RegistrationTimeout = 20 * time.Second
	imei := profile.Profile{Kind: profile.IMEI}
	drip := make([]string, 100)
	for i := range drip {
		drip[i] = "x"
	}
	for name, c := range map[string]struct {
		profile profile.Profile
		within  time.Duration
		pause   time.Duration
		says    []string
		took    time.Duration
		reason  string // empty: a session
		id      string
	}{
		"silent":                {imei, 0, 0, nil, 10 * time.Second, profile.RefusedSilent, ""},
		"silent, settled":       {declared, time.Minute, 0, nil, time.Minute, profile.RefusedSilent, ""},
		"a byte now and then":   {imei, 0, 900 * time.Millisecond, drip, 10 * time.Second, profile.RefusedUnfinished, ""},
		"digits without an end": {imei, 0, 0, []string{"111111111111111"}, 10 * time.Second, profile.RefusedUnfinished, "111111111111111"},
		"a part, binary":        {declared, 0, 0, []string{"LOGIN:\x01"}, 10 * time.Second, profile.RefusedUnfinished, ""},
		"perhaps more digits":   {imei, 0, time.Second, []string{testID}, time.Second + restOfLine, "", ""},
		"more digits":           {imei, 0, 400 * time.Millisecond, []string{testID, "7"}, 800*time.Millisecond + restOfLine, "", ""},
		"the rest of a line":    {imei, 0, 400 * time.Millisecond, []string{testID, ",CSQ=1", "7\r\n"}, 1200 * time.Millisecond, "", ""},
		"just in time":          {declared, 0, 4 * time.Second, []string{"LOGIN:", testID + ";"}, 8 * time.Second, "", ""},
		"its own time":          {patient, 0, 0, nil, 20 * time.Second, profile.RefusedSilent, ""},
		"the exchange's time":   {patient, time.Second, 0, nil, time.Second, profile.RefusedSilent, ""},
		"known digits, no time": {imei, 0, 9800 * time.Millisecond, []string{testID}, 10 * time.Second, profile.RefusedUnfinished, testID},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := &Exchange{Profile: c.profile, RegistrationTimeout: c.within}
				s, took := knock(t, e, c.pause, c.says...)
				if took != c.took || (s != nil) != (c.reason == "") {
					t.Errorf("after %v: session %v; want %v", took, s != nil, c.took)
				}
				if s != nil {
					s.End(nil)
					return
				}
				got := e.Unknown.All(false)
				if len(got) != 1 || got[0].Reason != c.reason || got[0].ID != c.id {
					t.Fatalf("on record: %+v, want %q %q", got, c.reason, c.id)
				}
				if proposed := got[0].Key == "id"; proposed != (c.id != "" && c.id != testID) {
					t.Errorf("%s is proposed for the configuration: %v", c.id, proposed)
				}
			})
		})
	}
}

// What stands in the same segment as a registration is data, or a heartbeat.
func TestDataBehindARegistration(t *testing.T) {
	for name, c := range map[string]struct {
		kind     profile.Kind
		id, says string
	}{
		"irz":        {profile.IRZ, "861234567890123", irzLine + irzBeat + irzData},
		"irz plain":  {profile.IRZ, "861234567890123", strings.Replace(irzLine, "COLPROT=1.3,", "", 1) + "data"},
		"teleofis":   {profile.Teleofis, "861234567890123", teleofisHello + "data"},
		"four-faith": {profile.FourFaith, "78563412", fourFaithHello + "\xFEdata"},
	} {
		t.Run(name, func(t *testing.T) {
			o := open(t, &Exchange{Profile: profile.Profile{Kind: c.kind}}, c.id)
			o.call(t, c.says)
			s := <-o.sessions
			defer s.End(nil)
			if got := collect(t, s, 4); string(got) != "data" {
				t.Errorf("the session yields %q", got)
			}
		})
	}
}

// A scanner is no modem of any family, and is called by its name.
func TestFamiliesKnowScanners(t *testing.T) {
	for _, kind := range []profile.Kind{profile.IRZ, profile.Teleofis, profile.FourFaith} {
		o := open(t, &Exchange{Profile: profile.Profile{Kind: kind}}, "861234567890123")
		o.call(t, "GET / HTTP/1.1\r\n\r\n")
		eventually(t, "the scanner is refused", func() bool { return o.Counts()[profile.RefusedScanner+"HTTP"] == 1 })
		o.stop()
	}
}
