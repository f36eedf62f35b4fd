package relay

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"testing"
	"time"

	"meterline/relay/profile"
	"meterline/relay/relaytest"
	"meterline/relay/wire"
)

// knownToAll are ids that modems of one family or another may have.
var knownToAll = []string{testID, "861234567890123", ddpPhone, "EXXXX123456789012", "KA6P005039021110", "78563412", "1001", "001122334455"}

// scannedProfiles are one of every kind, and of declared ones such as people write.
func scannedProfiles() map[string]profile.Profile {
	profiles := map[string]profile.Profile{
		"declared, a line":   {Kind: profile.Declared, Registration: tmpl("{id}\r\n")},
		"declared, a prefix": {Kind: profile.Declared, Registration: tmpl("LOGIN:{id};")},
	}
	kinds, _ := profile.Kinds()
	for _, kind := range append(kinds, profile.Direct) {
		profiles[string(kind)] = profile.Profile{Kind: kind}
	}
	return profiles
}

// probe calls, says p, and answers what it was told until the other end hung up. Half of all strangers hang up first.
func probe(t *testing.T, address, p string, hangsUp bool) string {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		if !wasReset(err) { // on a busy machine its time may be over before the call returns
			t.Error(err)
		}
		return ""
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(time.Minute)) // the machine may be busy
	_, _ = io.WriteString(conn, p)                    // may meet the reset
	if tcp, ok := conn.(*net.TCPConn); ok && hangsUp {
		_ = tcp.CloseWrite()
	}
	told, err := io.ReadAll(conn)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%q keeps its connection", p)
	}
	return string(told)
}

// TestScannersAndEveryFamily: strangers never register, nothing they say reaches a session, and they are told nothing but the
// greeting that the family has for everybody.
func TestScannersAndEveryFamily(t *testing.T) {
	said := relaytest.Strangers()
	for name, profile := range scannedProfiles() {
		if !profile.Registers() {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := open(t, &Exchange{
				Profile:             profile,
				RegistrationTimeout: 200 * time.Millisecond,
				MaxUnregistered:     1000,
				Allow:               []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, // nobody is counted against
			}, knownToAll...)
			address, places := o.Addr().String(), make(chan bool, 32)
			var wg sync.WaitGroup
			i := 0
			for what, p := range said {
				i++
				hangsUp := i%2 == 0
				places <- true
				wg.Go(func() {
					if told := probe(t, address, p, hangsUp); !bytes.HasPrefix(profile.Hello(wire.Credentials{}), []byte(told)) {
						t.Errorf("%s was told %q", what, told)
					}
					<-places
				})
			}
			wg.Wait()
			if n := o.Counts(); n["registered"] > 0 || n[refusedBySession] > 0 || len(o.sessions) > 0 || n["connections"] != int64(len(said)) {
				t.Errorf("counts %v, %d sessions", n, len(o.sessions))
			}
		})
	}
}

// TestOutsidersAndEveryFamily: where a modem does not say who it is, nobody outside the allowed addresses gets a session.
func TestOutsidersAndEveryFamily(t *testing.T) {
	for name, profile := range scannedProfiles() {
		if profile.Registers() {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := open(t, &Exchange{
				Profile: profile,
				Allow:   []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")},
			}, "", "127.0.0.1", "127.0.0.2")
			dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}}
			for range 5 {
				conn, err := dialer.Dial("tcp", o.Addr().String())
				if err != nil {
					continue // reset already; or, not under Linux, there is no such address, and the counts tell
				}
				if _, err := io.WriteString(conn, relaytest.Probes["Modbus TCP"]); err != nil {
					_ = conn.Close()
					continue // it has met the reset, of which the next read would not tell any more
				}
				if told, err := io.ReadAll(conn); len(told) > 0 || !wasReset(err) {
					t.Errorf("an outsider was told %q, %v", told, err)
				}
				_ = conn.Close()
			}
			eventually(t, "all are refused", func() bool {
				n := o.Counts()
				return n[refusedAddress] == n["connections"]
			})
			o.call(t, "x")
			s := <-o.sessions
			defer s.End(nil)
			if n := len(o.sessions); n > 0 || s.Peer()[:10] != "127.0.0.1:" {
				t.Errorf("%d more sessions; the first with %s", n, s.Peer())
			}
		})
	}
}
