package profile

import (
	"bytes"

	"meterline/relay/wire"
)

// signatures are the first bytes of programs that look for other services. They reach every public port within minutes.
var signatures = []struct {
	class string
	first [][]byte
}{
	{"TLS", byteses("\x16\x03")},
	{"HTTP", byteses("GET ", "POST ", "HEAD ", "PUT ", "DELETE ", "OPTIONS ", "CONNECT ", "TRACE ", "PATCH ", "PRI * HTTP")},
	{"SSH", byteses("SSH-")},
	{"RDP", byteses("\x03\x00")},
	{"SMTP", byteses("EHLO", "HELO")},
	{"Redis", byteses("*1\r\n$")},
	{"SOCKS", byteses("\x05\x01\x00")},
}

func byteses(s ...string) [][]byte {
	b := make([][]byte, len(s))
	for i := range s {
		b[i] = []byte(s[i])
	}
	return b
}

// Scanner returns the class of scanner that begins like p, empty if none does.
func Scanner(p []byte) string {
	for _, s := range signatures {
		for _, first := range s.first {
			if bytes.HasPrefix(p, first) {
				return s.class
			}
		}
	}
	switch {
	case len(p) >= 9 && bytes.Equal(p[:4], []byte{0, 0, 0, p[3]}) && (p[4] == 0xFF || p[4] == 0xFE) && string(p[5:8]) == "SMB":
		return "SMB"
	case len(p) >= 8 && p[0] == 0x10 && (bytes.Contains(p[2:min(len(p), 10)], []byte("MQTT")) || bytes.Contains(p[2:], []byte("MQIsdp"))):
		return "MQTT"
	}
	return ""
}

// Scans reports whether a scanner's signature decides before the registration does. It does not where a declared profile begins
// with bytes of its own, as these decide; nor where raw bytes come first, which may look like anything.
func (p *Profile) Scans() bool {
	if len(p.Registration) == 0 {
		return Describe(p.Kind).scans
	}
	first := p.Registration[0]
	return first.Name != "" && (first.Length == 0 || first.Name == wire.PlaceID && p.IDFormat.IsText())
}
