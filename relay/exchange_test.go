package relay

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"meterline/relay/codec"
	"meterline/relay/profile"
	"meterline/relay/wire"
)

// opened is an exchange that runs for a test, with the sessions that it has handed over.
type opened struct {
	*Exchange
	sessions chan *Session
	log      *bytes.Buffer // to be looked at when the exchange has ended
	stop     func()
}

// open runs an exchange on loopback with the modems of ids.
func open(t testing.TB, e *Exchange, ids ...string) *opened {
	t.Helper()
	log := &bytes.Buffer{}
	o := openWith(t, log, e, ids...)
	o.log = log
	return o
}

// openWith is open with another log.
func openWith(t testing.TB, log io.Writer, e *Exchange, ids ...string) *opened {
	t.Helper()
	o := &opened{Exchange: e, sessions: make(chan *Session, 2000)}
	e.Name, e.Listen, e.Unknown = "gprs", "127.0.0.1:0", &UnknownList{}
	e.Log = slog.New(slog.NewTextHandler(log, nil))
	o.subscribe(ids...)
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := e.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	o.stop = sync.OnceFunc(func() {
		cancel()
		wg.Wait()
		for len(o.sessions) > 0 {
			(<-o.sessions).End(nil)
		}
	})
	t.Cleanup(o.stop)
	eventually(t, "it listens", func() bool { return e.Addr() != nil })
	return o
}

func (o *opened) subscribe(ids ...string) {
	subs := map[string]Subscriber{}
	for _, id := range ids {
		subs[id] = Subscriber{Answer: func(s *Session) error { o.sessions <- s; return nil }}
	}
	o.Subscribe(subs)
}

// eventually waits for what another goroutine is about to do.
func eventually(t testing.TB, what string, true func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !true(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("in 10 s it has not come to this: %s", what)
		}
	}
}

// failedWith reports whether err is this one, or what Windows' sockets have in its place.
func failedWith(err error, errno syscall.Errno) bool {
	winsock := map[syscall.Errno]syscall.Errno{syscall.EADDRINUSE: 10048, syscall.ECONNRESET: 10054, syscall.ECONNREFUSED: 10061}
	return errors.Is(err, errno) || errors.Is(err, winsock[errno])
}

// call connects, says something, and answers the connection.
func (o *opened) call(t testing.TB, says ...string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", o.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	for _, s := range says {
		if _, err := io.WriteString(conn, s); err != nil && !failedWith(err, syscall.ECONNRESET) && !errors.Is(err, syscall.EPIPE) {
			t.Error(err)
		}
	}
	return conn
}

const testID = "356938035643809"

func TestExchangeRegisters(t *testing.T) {
	declared := profile.Profile{Kind: profile.Declared, Registration: tmpl("LOGIN:{id};"), Answer: tmpl("HI {id}!")}
	zlan := profile.Profile{
		Kind:         profile.Declared,
		Registration: tmpl("hex:FA 07 13 02 FA 02 {id:6} FA FF"), IDFormat: wire.IDHexReversed, Packet: tmpl("hex:FA 01 01"),
		Heartbeats: []codec.Heartbeat{{Bytes: tmpl("hex:00"), Answer: tmpl("!")}},
	}
	protEscape := codec.Escape{Bytes: []codec.Escaped{{Byte: 0xFD, As: []byte{0xFD, 0xED}}, {Byte: 0xFE, As: []byte{0xFD, 0xEE}}}}
	slip := codec.Escape{
		Bytes: []codec.Escaped{{Byte: 0xC0, As: []byte{0xC4, 0xC1}}, {Byte: 0xC2, As: []byte{0xC4, 0xC3}}, {Byte: 0xC4, As: []byte{0xC4, 0xC4}}},
		Start: []byte{0xC0}, End: []byte{0xC2},
	}
	asked := profile.Profile{Kind: profile.Declared, Greeting: tmpl("WHO?"), Registration: tmpl("{id};"), Answer: tmpl("HI")}
	for name, c := range map[string]struct {
		profile profile.Profile
		id      string
		says    []string
		data    string
		answer  string
	}{
		"imei in one segment":     {profile.Profile{Kind: profile.IMEI}, testID, []string{"IMEI:" + testID + "\r\ndata"}, "data", ""},
		"imei in pieces":          {profile.Profile{Kind: profile.IMEI}, testID, []string{"IM", "EI:35693803", "5643809", "\r\ndata"}, "data", ""},
		"imei answered":           {profile.Profile{Kind: profile.IMEI, Answer: tmpl("ok")}, testID, []string{testID + "\ndata"}, "data", "ok"},
		"declared":                {declared, "1001", []string{"LOGIN:", "1001;", "data"}, "data", "HI 1001!"},
		"asked first":             {asked, "1001", []string{"1001;data"}, "data", "WHO?HI"},
		"a prefix on each packet": {zlan, "AC:DE:48:00:11:22", []string{"\xfa\x07\x13\x02\xfa\x02\x22\x11\x00\x48\xde\xac\xfa\xff\xfa\x01\x01data"}, "data", ""},
		"escaped, by address":     {profile.Profile{Kind: profile.Declared, Escape: protEscape, Heartbeats: []codec.Heartbeat{{Bytes: tmpl("hex:FE"), Answer: tmpl("!")}}}, "127.0.0.1", []string{"da\xfd\xed\xfe\xfd", "\xee"}, "da\xfd\xfe", "!"},
		"framed, direct":          {profile.Profile{Kind: profile.Declared, Escape: slip}, "", []string{"\xc0data\xc2"}, "data", ""},
		"declared in hex":         {profile.Profile{Kind: profile.Declared, Registration: tmpl("{id:2}"), IDFormat: wire.IDHex}, "1603", []string{"\x16", "\x03data"}, "data", ""},
		"hex in capitals":         {profile.Profile{Kind: profile.Declared, Registration: tmpl("{id:2}"), IDFormat: wire.IDHex}, "AB01", []string{"\xab\x01data"}, "data", ""},
		"address":                 {profile.Profile{Kind: profile.Address}, "127.0.0.1", []string{"data"}, "data", ""},
		"direct":                  {profile.Profile{Kind: profile.Direct}, "", []string{"data"}, "data", ""},
		"direct, like a scanner":  {profile.Profile{Kind: profile.Direct}, "", []string{"\x16\x03\x01"}, "\x16\x03\x01", ""},
		"address, like a scanner": {profile.Profile{Kind: profile.Address}, "127.0.0.1", []string{"GET / HTTP/1.1"}, "GET / HTTP/1.1", ""},
	} {
		t.Run(name, func(t *testing.T) {
			o := open(t, &Exchange{Profile: c.profile}, c.id)
			conn := o.call(t, c.says...)
			s := <-o.sessions
			defer s.End(nil)
			if got := collect(t, s, len(c.data)); string(got) != c.data {
				t.Errorf("the session yields %q, want %q", got, c.data)
			}
			answer := make([]byte, len(c.answer))
			if _, err := io.ReadFull(conn, answer); err != nil || string(answer) != c.answer {
				t.Errorf("answered %q, %v, want %q", answer, err, c.answer)
			}
			o.stop() // the session outlives its exchange
			if n, err := s.Write([]byte("x")); n != 1 || err != nil {
				t.Errorf("after the exchange's end: %v", err)
			}
			if o.Counts()["registered"] != 1 || o.Addr() != nil || s.Peer() != conn.LocalAddr().String() {
				t.Errorf("counts %v, address %v, peer %s", o.Counts(), o.Addr(), s.Peer())
			}
		})
	}
}

// The line end may come behind the verdict, and is not data then.
func TestExchangeSwallowsTheLineEnd(t *testing.T) {
	o := open(t, &Exchange{Profile: profile.Profile{Kind: profile.IMEI}}, testID)
	conn := o.call(t, testID)
	s := <-o.sessions // before the line end was sent
	defer s.End(nil)
	s.heard.Store(int64(time.Hour)) // however slow this machine is, the line end follows at once
	if _, err := io.WriteString(conn, "\r\ndata"); err != nil {
		t.Fatal(err)
	}
	if got := collect(t, s, 4); string(got) != "data" {
		t.Errorf("got %q", got)
	}
}

func TestExchangeEnds(t *testing.T) {
	o := open(t, &Exchange{Profile: profile.Profile{Kind: profile.IMEI}, RegistrationTimeout: time.Hour}, testID)
	conns := []net.Conn{o.call(t), o.call(t, "IMEI:")}
	eventually(t, "both wait", func() bool { return o.Counts()["connections"] == 2 })
	o.stop()
	for _, conn := range conns {
		if _, err := conn.Read(make([]byte, 1)); err == nil {
			t.Error("an unregistered connection outlives its exchange")
		}
	}
	if len(o.Unknown.All(false)) > 0 || o.log.Len() > 0 {
		t.Errorf("the end was held against callers: %v %s", o.Unknown.All(false), o.log)
	}
}

func TestExchangeCannotListen(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	e := &Exchange{Listen: ln.Addr().String(), Profile: profile.Profile{Kind: profile.IMEI}}
	if err := e.Run(t.Context()); !failedWith(err, syscall.EADDRINUSE) || !strings.Contains(err.Error(), e.Listen) {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := (&Exchange{Listen: "127.0.0.1:0", Profile: profile.Profile{Kind: profile.IMEI}}).Run(ctx); err != nil {
		t.Errorf("under an ended context: %v", err)
	}
	if err := (&Exchange{Listen: "127.0.0.1:0"}).Run(t.Context()); err == nil {
		t.Error("a faulty profile was accepted")
	}
}

// flaky is a listener whose first calls to Accept fail.
type flaky struct {
	net.Listener
	faults int
}

func (f *flaky) Accept() (net.Conn, error) {
	if f.faults--; f.faults >= 0 {
		return nil, &net.OpError{Op: "accept", Err: syscall.EMFILE}
	}
	return f.Listener.Accept()
}

func TestAcceptOutlivesFaults(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	e := &Exchange{Listen: "test", Profile: profile.Profile{Kind: profile.Direct}}
	sessions := make(chan *Session, 1)
	e.Subscribe(map[string]Subscriber{"": {Answer: func(s *Session) error { sessions <- s; return nil }}})
	var running, wg sync.WaitGroup
	wg.Go(func() {
		if err := e.accept(t.Context(), &flaky{ln, 3}, &running); !errors.Is(err, net.ErrClosed) {
			t.Errorf("accept ended with %v", err)
		}
	})
	conn, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	(<-sessions).End(nil)
	_ = ln.Close()
	wg.Wait()
	running.Wait()
	if n := e.Counts()["accept error"]; n != 3 {
		t.Errorf("%d faults counted", n)
	}
}

func TestSubscribeWhileRunning(t *testing.T) {
	o := open(t, &Exchange{Profile: profile.Profile{Kind: profile.IMEI}})
	conn := o.call(t, "IMEI:")
	eventually(t, "it waits", func() bool { return o.Counts()["connections"] == 1 })
	o.subscribe(testID)
	if _, err := fmt.Fprintf(conn, "%s\r\n", testID); err != nil {
		t.Fatal(err)
	}
	(<-o.sessions).End(nil)
}
