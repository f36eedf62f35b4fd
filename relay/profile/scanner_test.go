package profile

import (
	"testing"
)

func TestScanner(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "G": "", "GETx": "", "IMEI:35": "", "\x16": "", "\x10\x0c\x00\x04": "", "\x00\x00\x00\x00": "",
		"\x16\x03\x01": "TLS", "GET / HTTP/1.1": "HTTP", "SSH-2.0-Go": "SSH", "\x03\x00\x00\x13": "RDP", "EHLO x": "SMTP",
		"*1\r\n$4\r\nPING": "Redis", "\x05\x01\x00": "SOCKS", "\x10\x0c\x00\x04MQTT\x04": "MQTT", "\x10\x0c\x00\x06MQIsdp\x03": "MQTT",
		"\x00\x00\x00\x45\xffSMBr": "SMB",
	} {
		if got := Scanner([]byte(in)); got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
}

func FuzzScanner(f *testing.F) {
	f.Add([]byte("\x10\x0c\x00\x04MQTT\x04"))
	f.Fuzz(func(t *testing.T, in []byte) {
		// Once named, a scanner keeps its name however it goes on.
		class := ""
		for n := range len(in) + 1 {
			if got := Scanner(in[:n]); class != "" && got != class {
				t.Fatalf("%q was %q, is %q", in[:n], class, got)
			} else if got != "" {
				class = got
			}
		}
	})
}
