package relay

import (
	"math/rand/v2"
	"net"
	"testing"
	"time"
)

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

func TestSessionContract(t *testing.T) {
	contract := map[string]func(t *testing.T, s *Session, modem net.Conn){
		"the modem's close comes behind its last bytes":  contractEOF,
		"end wakes receive and write":                    contractEndWakes,
		"end inside receive's function":                  contractEndInside,
		"the first cause stays":                          contractFirstCause,
		"everything answers closed after the end":        contractAfterEnd,
		"the end reaches the modem":                      contractEndSeen,
		"a displaced session ends likewise":              contractDisplaced,
		"a deadline interrupts and nothing is lost":      contractDeadline,
		"a deadline interrupts a modem that never stops": contractDeadlineBusy,
		"a past deadline keeps the rest":                 contractRestKept,
		"a write deadline interrupts a write":            contractWriteDeadline,
		"trywrite never waits":                           contractTryWrite,
		"false stops and the next receive goes on":       contractStop,
		"bytes both ways in order and whole":             contractBulk,
	}
	for kind, pair := range pairs {
		for name, check := range contract {
			t.Run(kind+"/"+name, func(t *testing.T) {
				t.Parallel()
				conn, modem := pair(t)
				// Writes of megabytes into the small default buffer wait for delayed acknowledgements of loopback's large segments.
				s := NewSession(conn, Link{SendBuffer: 64 << 10}, []byte("rest"), nil)
				t.Cleanup(func() { s.End(nil); _ = modem.Close() })
				check(t, s, modem)
			})
		}
	}
}
