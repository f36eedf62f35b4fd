package hostport

import (
	"strings"
	"testing"
)

// What Split refuses is shown as it has to be written, and that is then read.
func TestSplit(t *testing.T) {
	for in, want := range map[string]struct{ host, port, hint string }{
		":7001":                         {port: "7001"},
		"10.0.0.5:04001":                {host: "10.0.0.5", port: "4001"},
		"[fe80::1]:1":                   {host: "fe80::1", port: "1"},
		"7001":                          {hint: `write a colon before the port: ":7001"`},
		"10.0.0.5":                      {hint: `write "10.0.0.5:4001"`},
		"tcp://10.0.0.5:1":              {hint: `write "10.0.0.5:1"`},
		"telnet://10.0.0.5:1":           {hint: `write "rfc2217://10.0.0.5:1"`},
		"rfc2217:10.0.0.5:4012":         {hint: `write "rfc2217://10.0.0.5:4012"`},
		"RFC2217:/10.0.0.5:4012":        {hint: `write "rfc2217://10.0.0.5:4012"`},
		"tls://10.0.0.5:1":              {hint: "take it out"},
		"10.0.0.5:65536":                {hint: "write a number from 1 to 65535"},
		"10.0.0.300:1":                  {hint: "write four numbers from 0 to 255"},
		"a b:1":                         {hint: "write a name"},
		strings.Repeat("a", 254) + ":1": {hint: "write a name"},
	} {
		host, port, f := Split(in, "4001")
		if f == nil && (want.hint != "" || host != want.host || port != want.port) || f != nil && (want.hint == "" || !strings.HasPrefix(f.Hint, want.hint)) {
			t.Errorf("%q: %q, %q, %v, want %+v", in, host, port, f, want)
		}
	}
}

func TestSameListener(t *testing.T) {
	for pair, want := range map[[2]string]bool{
		{"", "10.0.0.5"}: true, {"0.0.0.0", "10.0.0.5"}: true, {"::", ""}: true, {"10.0.0.5", "10.0.0.5"}: true,
		{"Gate", "gate"}: true, {"::ffff:10.0.0.5", "10.0.0.5"}: true, {"10.0.0.5", "10.0.0.6"}: false, {"gate", "10.0.0.6"}: false,
	} {
		if got := SameListener(pair[0], pair[1]); got != want {
			t.Errorf("%q: %v, want %v", pair, got, want)
		}
	}
}

func TestLoopback(t *testing.T) {
	for host, want := range map[string]string{"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1", "127.0.0.7": "127.0.0.7", "localhost": "localhost", "10.0.0.5": "", "gate": ""} {
		if got := Loopback(host); got != want {
			t.Errorf("%q: %q, want %q", host, got, want)
		}
	}
}
