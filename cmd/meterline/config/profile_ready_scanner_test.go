package config

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"meterline/relay/profile/trace"
)

// strangers are the first bytes of programs that look for other services.
var strangers = []string{
	"GET / HTTP/1.1\r\nHost: 198.51.100.7\r\n\r\n", "CONNECT example.com:443 HTTP/1.1\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
	"\x16\x03\x01\x00\xee\x01\x00\x00\xea\x03\x03", "SSH-2.0-Go\r\n", "\x03\x00\x00\x13\x0e\xe0\x00\x00\x00\x00\x00\x01\x00\x08\x00\x03\x00\x00\x00",
	"\x10\x17\x00\x04MQTT\x04\x02\x00\x3c\x00\x0bmqtt-scanner", "*1\r\n$4\r\nINFO\r\n", "\x05\x01\x00", "EHLO scanner\r\n",
	"\x00\x00\x00\x54\xffSMB\x72\x00\x00\x00\x00", "OPTIONS sip:nm SIP/2.0\r\n\r\n", "\xff\xfd\x03\xff\xfb\x18",
}

// No ready profile takes a stranger for a modem that it knows, and no byte of one becomes data.
func TestStrangersAndReadyProfiles(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 5))
	said := slices.Clone(strangers)
	for range 200 {
		p := make([]byte, 1+random.IntN(600))
		for i := range p {
			p[i] = byte(random.Uint32())
		}
		said = append(said, string(p))
	}
	for _, name := range ReadyNames() {
		p := readyProfile(t, name)
		if !p.Registers() {
			continue // its modems are known by the addresses that an exchange allows
		}
		for _, text := range said {
			steps, err := trace.Play(&p, []trace.Arrival{{Bytes: []byte(text), After: time.Second}}, []string{readyID(t, name)}, time.Now())
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range steps {
				if s.What == trace.Data || s.What == trace.WeSend {
					t.Errorf("%s: %q came to %s %q", name, text, s.What, s.Bytes)
				}
			}
		}
	}
}
