package relay

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"sync"
	"testing"
	"time"

	"meterline/relay/profile"
	"meterline/relay/wire"
)

// probes are the first bytes of programs that look for other services, as they send them.
var probes = map[string]string{
	"HTTP GET":          "GET / HTTP/1.1\r\nHost: 192.0.2.1:7001\r\nUser-Agent: Mozilla/5.0 (compatible; CensysInspect/1.1)\r\nAccept: */*\r\n\r\n",
	"HTTP CONNECT":      "CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n",
	"HTTP/2":            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x12\x04\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x64\x00\x04\x40\x00\x00\x00\x00\x02\x00\x00\x00\x00",
	"TLS":               "\x16\x03\x01\x00\x75\x01\x00\x00\x71\x03\x03" + string(make([]byte, 32)) + "\x00\x00\x1a\xc0\x2f\xc0\x2b\xc0\x11\xc0\x07\xc0\x13\xc0\x09\xc0\x14\xc0\x0a\x00\x05\x00\x2f\x00\x35\xc0\x12\x00\x0a\x01\x00\x00\x2e\x00\x05\x00\x05\x01\x00\x00\x00\x00",
	"SSH":               "SSH-2.0-Go\r\n",
	"RDP":               "\x03\x00\x00\x2b\x26\xe0\x00\x00\x00\x00\x00Cookie: mstshash=hello\r\n\x01\x00\x08\x00\x03\x00\x00\x00",
	"MQTT":              "\x10\x16\x00\x04MQTT\x04\x02\x00\x3c\x00\x0amqtt-probe",
	"MQTT 3.1":          "\x10\x18\x00\x06MQIsdp\x03\x02\x00\x3c\x00\x0amqtt-probe",
	"Redis":             "*1\r\n$4\r\nINFO\r\n",
	"Redis, inline":     "INFO\r\n",
	"SMB 1":             "\x00\x00\x00\x54\xff\x53\x4d\x42\x72\x00\x00\x00\x00\x18\x01\x28" + string(make([]byte, 16)) + "\x00\x31\x00\x02NT LM 0.12\x00",
	"SMB 2":             "\x00\x00\x00\x6c\xfe\x53\x4d\x42\x40\x00" + string(make([]byte, 98)),
	"SOCKS 4":           "\x04\x01\x01\xbb\x5d\xb8\xd8\x22\x00",
	"SOCKS 5":           "\x05\x01\x00",
	"SOCKS 5, two ways": "\x05\x02\x00\x02",
	"SIP":               "OPTIONS sip:nm SIP/2.0\r\nVia: SIP/2.0/TCP nm;branch=foo\r\nFrom: <sip:nm@nm>;tag=root\r\nTo: <sip:nm2@nm2>\r\nCall-ID: 50000\r\nCSeq: 42 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n",
	"Telnet":            "\xff\xfb\x1f\xff\xfb\x20\xff\xfb\x18\xff\xfb\x27\xff\xfd\x01\xff\xfb\x03\xff\xfd\x03",
	"a login":           "root\r\nadmin\r\n",
	"Modbus TCP":        "\x00\x00\x00\x00\x00\x05\x00\x2b\x0e\x01\x00",
	"Modbus TCP, read":  "\x00\x01\x00\x00\x00\x06\x01\x03\x00\x00\x00\x0a",
	"DNP3":              "\x05\x64\x05\xc9\x00\x00\x00\x00\x36\x4c",
	"S7":                "\x03\x00\x00\x16\x11\xe0\x00\x00\x00\x14\x00\xc1\x02\x01\x00\xc2\x02\x01\x02\xc0\x01\x0a",
	"IEC 60870-5-104":   "\x68\x04\x43\x00\x00\x00",
	"DLMS":              "\x00\x01\x00\x10\x00\x01\x00\x1f\x60\x1d\xa1\x09\x06\x07\x60\x85\x74\x05\x08\x01\x01\xbe\x10\x04\x0e\x01\x00\x00\x00\x06\x5f\x1f\x04\x00\x00\x7e\x1f\x04\xb0",
	"empty lines":       "\r\n\r\n",
	"NULs":              string(make([]byte, 64)),
	"a help":            "HELP\r\n\r\nhelp\r\n",
	"LDAP":              "\x30\x0c\x02\x01\x01\x60\x07\x02\x01\x03\x04\x00\x80\x00",
	"PostgreSQL":        "\x00\x00\x00\x08\x04\xd2\x16\x2f",
	"RTSP":              "OPTIONS / RTSP/1.0\r\n\r\n",
	"Java RMI":          "JRMI\x00\x02\x4b",
	"ADB":               "CNXN\x00\x00\x00\x01\x00\x10\x00\x00\x07\x00\x00\x00\x32\x02\x00\x00\xbc\xb1\xa7\xb1host::\x00",
	"nothing":           "",
}

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
	said := maps.Clone(probes)
	random := rand.New(rand.NewPCG(7, 7))
	for i := range 200 {
		p := make([]byte, 1+random.IntN(600))
		for j := range p {
			p[j] = byte(random.Uint32())
		}
		said[fmt.Sprintf("noise %d", i)] = string(p)
	}
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
				if _, err := io.WriteString(conn, probes["Modbus TCP"]); err != nil {
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
