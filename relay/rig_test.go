package relay

import (
	"flag"
	"math/rand/v2"
	"net"
	"testing"
	"time"

	"go.uber.org/goleak"

	"meterline/relay/codec"
	"meterline/relay/profile"
	"meterline/relay/wire"
)

// testsAtATime are more than there are processors: those that run in parallel wait for far ends and programs most of their time.
const testsAtATime = "8"

func TestMain(m *testing.M) {
	if err := flag.Set("test.parallel", testsAtATime); err != nil { // go test -parallel goes before
		panic(err)
	}
	goleak.VerifyTestMain(m)
}

// What modems say in these tests. Package profile has the tests of each family.
const (
	irzLine = "AT$IMEI=861234567890123,PSW=5492,TYP=ATM,DEV=ATM31,VER=01,REV=03,BLD=016.353,HDW=2.0,SIM=0,CSQ=17,COLPROT=1.3,ATP=1.1,INT=485+232,CHN=1,\n"
	irzBeat = "\xC8\xCA\xCB\xCC\xCD\x02\x00\x05\xB5\xBC\xBD\xBE\xBF\r\n"
	irzData = "\xC8\xCA\xCB\xCC\xCD\x01\x00\x04data\r\n"

	teleofisHello = "\xC0\x01\x07\x02\x00\x3F\x00861234567890123WRX 2.1.7\x00\x00\x00\x00\x00\x00\x00\x00R2 rev.C  secret\xC4\xC1\xC1\xC4\xC3\xC3\xC4\xC4key" +
		"\x00\x00\x00\x00\x00\x01\xDAg\xC2"
	fourFaithHello = "\x78\x56\x34\x1213066668888\x00\xC0\xA8\x01\x42\x00"

	ddpPhone = "13900000000"
	ddpHello = "{\x01\x00\x16" + ddpPhone + "\xac\x18\x6a\x02\x13\x89{"
)

// How long package profile waits: for digits that would make a longer identity, and for the rest of a heartbeat.
const (
	restOfLine = 500 * time.Millisecond
	holdBeat   = 200 * time.Millisecond
)

// tmpl is a template that is sound.
func tmpl(s string) wire.Template {
	t, err := wire.ParseTemplate(s)
	if err != nil {
		panic(err) // a fault of the test
	}
	return t
}

// codecBehind is the codec for a modem of that kind, behind its registration.
func codecBehind(t testing.TB, kind profile.Kind, registration string) codec.Codec {
	t.Helper()
	p := &profile.Profile{Kind: kind}
	var v profile.Verdict
	if registration != "" {
		reg, err := p.NewRegistration(nil)
		if err != nil {
			t.Fatal(err)
		}
		if v = reg.Feed([]byte(registration)); !v.Done {
			t.Fatalf("%s: %q does not register", kind, registration)
		}
	}
	return p.NewCodec(&v, nil)
}

// stripping is the codec that takes those heartbeats out.
func stripping(beats ...codec.Heartbeat) codec.Codec {
	p := &profile.Profile{Kind: profile.IMEI, Heartbeats: beats}
	return p.NewCodec(&profile.Verdict{}, nil)
}

// pairs are the kinds of connection that a session is held to its contract over.
var pairs = map[string]func(t testing.TB) (session, modem net.Conn){
	"tcp": tcpPair,
	"pipe": func(testing.TB) (net.Conn, net.Conn) {
		return net.Pipe()
	},
	"opaque": func(t testing.TB) (net.Conn, net.Conn) { // a TCP connection that the short way cannot be had of
		a, b := tcpPair(t)
		return opaque{a}, b
	},
}

type opaque struct{ net.Conn }

func tcpPair(t testing.TB) (net.Conn, net.Conn) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	modem, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	conn, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	return conn, modem
}

// noise is n bytes without a pattern.
func noise(n int) []byte {
	p := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{byte(n)}).Read(p) // never fails
	return p
}

// past is a deadline that interrupts at once.
var past = time.Unix(1, 0)

// collect receives until n bytes have come.
func collect(t testing.TB, s *Session, n int) []byte {
	t.Helper()
	var got []byte
	if n == 0 {
		return nil
	}
	err := s.Receive(func(p []byte) bool {
		got = append(got, p...)
		return len(got) < n
	})
	if err != nil {
		t.Errorf("receive after %d of %d bytes: %v", len(got), n, err)
	}
	return got
}
