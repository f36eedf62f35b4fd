package relaytest

import (
	"fmt"
	"maps"
	"math/rand/v2"
)

// Probes are the first bytes of programs that look for other services, as they send them.
var Probes = map[string]string{
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

// Strangers are what programs that look for other services say first, and noise.
func Strangers() map[string]string {
	said := maps.Clone(Probes)
	random := rand.New(rand.NewPCG(7, 7))
	for i := range 200 {
		p := make([]byte, 1+random.IntN(600))
		for j := range p {
			p[j] = byte(random.Uint32())
		}
		said[fmt.Sprintf("noise %d", i)] = string(p)
	}
	return said
}
