package profile

import (
	"strings"
	"testing"

	"meterline/relay/wire"
)

func TestIdentities(t *testing.T) {
	for name, c := range map[string]struct {
		format wire.IDFormat
		wire   string
		id     string // empty: it is none
	}{
		"no bytes":              {wire.IDHex, "", ""},
		"binary as text":        {wire.IDASCII, "\x01", ""},
		"a nibble that is none": {wire.IDBCD, "\x86\x1a", ""},
		"F amidst":              {wire.IDBCD, "\x8f\x12", ""},
		"all F":                 {wire.IDBCD, "\xff\xff", ""},
		"text":                  {"", "LOG 1", "LOG 1"},
		"hex":                   {wire.IDHex, "\xab\x01", "ab01"},
		"reversed":              {wire.IDHexReversed, "\x22\x11\x00", "001122"},
		"digits":                {wire.IDBCD, "\x08\x61\x23", "086123"},
		"digits with padding":   {wire.IDBCD, "\x86\x12\x3f\xff", "86123"},
	} {
		t.Run(name, func(t *testing.T) {
			wire := []byte(c.wire)
			id, ok := c.format.Write(wire)
			if ok != (c.id != "") || ok && id != c.id || string(wire) != c.wire {
				t.Fatalf("got %q, %v, want %q", id, ok, c.id)
			}
			if !ok {
				return
			}
			if back, err := c.format.Read(id, len(c.wire)); err != nil || string(back) != c.wire {
				t.Errorf("%q is sent as %x, %v, want %x", id, back, err, c.wire)
			}
		})
	}
}

func TestCheckID(t *testing.T) {
	mac := declares(Profile{Name: "mac", Registration: tmpl("hex:{id:6}"), IDFormat: wire.IDHexReversed})
	line := declares(Profile{Name: "line", Registration: tmpl("LOGIN:{id}\r\n"), IDPattern: "[0-9]+"})
	digits := declares(Profile{Name: "digits", Registration: tmpl("{id:3}"), IDFormat: wire.IDBCD})
	for name, c := range map[string]struct {
		p    Profile
		id   string
		want string
	}{
		"no hex":        {mac, "xyz", "no hexadecimal"},
		"too short":     {mac, "AC:DE:48", "has 3 bytes"},
		"no match":      {line, "12a", "does not match"},
		"with its end":  {line, "1\r\n", "ends the id there"},
		"no digits":     {digits, "12a", "not all digits"},
		"too many":      {digits, "1234567", "has 4 bytes"},
		"a mac":         {mac, "AC-DE-48-00-11-22", ""},
		"a number":      {line, "12", ""},
		"padded digits": {digits, "123", ""},
		"native":        {Profile{Kind: IMEI}, "123", "14 to 16 digits"},
		"address":       {Profile{Kind: Address}, "anything", ""},
	} {
		t.Run(name, func(t *testing.T) {
			err := c.p.CheckID(c.id)
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
	if id := mac.CanonicalID("AC:DE:48:00:11:22"); id != "acde48001122" {
		t.Errorf("a MAC is looked up as %q", id)
	}
}

// Where a profile begins with bytes of its own, or with raw ones, no scanner is seen in them.
func TestScans(t *testing.T) {
	for registration, want := range map[string]bool{
		"{id}\n": true, "{id:4}": true, "{*}{{{id};": true, "{*}\n{id}\n": true, "LOGIN:{id};": false, "{*:4}{id}\n": false,
	} {
		tm, err := wire.ParseTemplate(registration)
		if err != nil {
			t.Fatal(err)
		}
		p := declares(Profile{Registration: tm})
		if p.Scans() != want {
			t.Errorf("%s: scans is %v", registration, p.Scans())
		}
	}
	raw := declares(Profile{Registration: tmpl("{id:4}"), IDFormat: wire.IDHex})
	if raw.Scans() || declaresNothing.Scans() {
		t.Error("raw bytes, or none, are scanned")
	}
}

var declaresNothing = declares(Profile{Packet: tmpl("x")})
