package profile

import (
	"strings"
	"testing"
	"time"

	"meterline/relay/profile/side"
)

// takes feeds a side in pieces of n bytes, in a copy that is spoilt behind it.
func takes(modem side.Side, in string, n int) (data, reply string, err error) {
	for rest := []byte(in); len(rest) > 0 && err == nil; {
		piece := rest[:min(n, len(rest))]
		rest = rest[len(piece):]
		var d, r []byte
		d, r, err = modem.Take(piece, time.Time{})
		data, reply = data+string(d), reply+string(r)
		clear(piece)
	}
	return data, reply, err
}

func TestDDPSide(t *testing.T) {
	const id = "DTU-0000017"
	if got := (&ddpSide{id: id}).Connect(time.Time{}); string(got) != "\x7b\x01\x00\x16"+id+"\x0a\x00\x00\x11\x13\x89\x7b" {
		t.Errorf("it registers with %q", got)
	}
	put := map[ddpSideForm]string{
		ddpSideTCP:    "\x7b\x09\x00\x13" + id + "123\x7b",
		ddpSideUDP:    "\x7b\x09\x00\x10" + id + "\x7b123",
		ddpSideBehind: "\x7b\x09\x00\x13" + id + "\x7b123",
	}
	for form, wire := range put {
		modem := &ddpSide{id: id, form: form}
		if got := modem.Put([]byte("123")); string(got) != wire {
			t.Errorf("form %d: it sends %q", form, got)
		}
		if got := modem.Put(make([]byte, 2500)); len(got) != 2500+3*16 {
			t.Errorf("form %d: it sends %d bytes", form, len(got))
		}
		in := strings.Replace(wire, "\x09", "\x89", 1)
		for _, n := range []int{1, 7, 100} {
			modem := &ddpSide{id: id, form: form}
			data, _, err := takes(modem, "\x7b\x81\x00\x10"+id+"\x7b"+in+in, n)
			if data != "123123" || err != nil || !modem.Online() {
				t.Errorf("form %d: it took %q, %v", form, data, err)
			}
		}
	}
	for name, in := range map[string]string{
		"no packet":           "0123456789012345",
		"another id":          "\x7b\x81\x00\x10DTU-0000018\x7b",
		"an unknown type":     "\x7b\x85\x00\x11" + id + "x\x7b",
		"too short":           "\x7b\x89\x00\x0f" + id + "\x7b",
		"too long":            "\x7b\x89\x04\x11" + id + "\x7b",
		"not closed":          "\x7b\x89\x00\x13" + id + "123\x7a",
		"not closed, no data": "\x7b\x81\x00\x10" + id + "\x7a",
	} {
		if _, _, err := takes(&ddpSide{id: id}, in, 3); err == nil {
			t.Errorf("%s: it takes %q", name, in)
		}
	}
}

func TestMercury228Side(t *testing.T) {
	const example = "\x56\xF7\x74\x01\x00\x0B\x00\x01\x00\x01\x01\x01\x01\x01\x01\x01\x01\x77\x81\xFF"
	for _, n := range []int{1, 7, 100} {
		modem := &mercury228Side{}
		data, reply, err := takes(modem, example, n)
		if data != example[8:19] || reply != "" || err != nil {
			t.Errorf("it took %q, %q, %v", data, reply, err)
		}
		if got := modem.Put([]byte(data)); string(got) != example {
			t.Errorf("it echoes % X", got)
		}
	}
	asked := (&mercury228Side{number: 5}).frame(0, []byte{0x80})
	if _, reply, err := takes(&mercury228Side{}, string(asked), 3); len(reply) != 13 || reply[8:12] != "\x80\x01\x14\x00" || err != nil {
		t.Errorf("asked for its settings it answers % X, %v", reply, err)
	}
	for name, in := range map[string]string{
		"a wrong CRC":     "\x57" + example[1:],
		"a wrong sum":     example[:19] + "\xFE",
		"the same number": example + example,
		"too long":        string((&mercury228Side{}).frame(1, make([]byte, 266))),
	} {
		if _, _, err := takes(&mercury228Side{}, in, 4); err == nil {
			t.Errorf("%s: it takes % X", name, in)
		}
	}
}

func TestDLMSPushSide(t *testing.T) {
	const id, other = "EXXXX123456789012", "KA6P005039021110"
	for _, c := range []struct{ got, want string }{
		{string((&dlmsPushSide{id}).Connect(time.Time{})), id + ",\x00\x00\x00\x02"},
		{string((&dlmsPushSide{id}).Beat()), "\x00\x01\x00\x67\x00\x66\x00\x23\x0f\x00\x00\x00\x01\x00\x02\x02\x09\x11" + id + "\x09\x06\x00\x00\x19\x09\x00\xff"},
		{string((&dlmsPushSide{other}).Connect(time.Time{})), "\x00\x01\x00\x67\x00\x66\x00\x27\x0f\x00\x00\x00\x01\x00\x02\x03\x09\x10" + other + "\x09\x06\x00\x01\x19\x09\x00\xff\x06\x00\x00\x00\x02"},
	} {
		if c.got != c.want {
			t.Errorf("it pushes\n%q, want\n%q", c.got, c.want)
		}
	}
	modem := (&dlmsPushSide{id})
	data, reply, err := takes(modem, "\x00\x01", 1)
	if data != "\x00\x01" || reply != "" || err != nil || string(modem.Put([]byte("x"))) != "x" || !modem.Online() {
		t.Errorf("it is not transparent: %q, %q, %v", data, reply, err)
	}
}
