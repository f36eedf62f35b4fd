package wire

import (
	"bytes"
	"testing"
)

// The check values are those that catalogues of such sums give for "123456789".
func TestChecksums(t *testing.T) {
	tested := map[string]bool{}
	for in, want := range map[string]string{
		"123456789{sum8}":                             "\xDD",
		"123456789{xor8}":                             "\x31",
		"123456789{crc16}":                            "\x4B\x37",
		"123456789{crc16:le}":                         "\x37\x4B",
		"123456789{crc16-x25}":                        "\x90\x6E",
		"123456789{crc16-ccitt}":                      "\x29\xB1",
		"123456789{crc16-ccitt:le}":                   "\xB1\x29",
		"123456789{crc16-xmodem}":                     "\x31\xC3",
		"abc{from}123456789{sum8}":                    "\xDD",
		"ab{from}c{sum8}{sum8}":                       "c\xC6", // the second counts from the same place
		"a{sum8}{from}123456789{crc16}{from}bc{xor8}": "a\x61123456789\x4B\x37bc\x01",
	} {
		tm := tmpl(in)
		for i := range tm {
			if tm[i].IsChecksum() {
				tested[tm[i].Name] = true
			}
		}
		got := tm.Append([]byte("before"), &Values{})
		if !bytes.HasSuffix(got, []byte(want)) {
			t.Errorf("%s ends with % X, want % X", in, got[max(0, len(got)-len(want)):], want)
			continue
		}
		got = got[len("before"):]
		if n, _, ok := tm.Front(got); n != len(got) || !ok {
			t.Errorf("%s is not read as it is sent", in)
		}
		damaged := bytes.Clone(got)
		damaged[len(damaged)-1] ^= 0x10
		if _, _, ok := tm.Front(damaged); ok || !tm.WrongChecksum(damaged) || tm.WrongChecksum(got) {
			t.Errorf("%s: a wrong checksum is accepted, or not called wrong", in)
		}
	}
	for _, name := range Checksums() {
		if !tested[name] {
			t.Errorf("%s is not tested", name)
		}
	}
}

func TestValues(t *testing.T) {
	v := Values{ID: []byte("ID"), Counter: 0x1FE, Data: []byte("data"), Length: 7, Came: []Field{{"seq", []byte{0x71}}, {"*", []byte("ab")}, {"seq", []byte{0x75}}}}
	for in, want := range map[string]string{
		"<{id}>{length:1}{data}":            "<ID>\x07data",
		"{length:2:le}{length:3}":           "\x07\x00\x00\x00\x07",
		"{counter:1}{counter:2}":            "\xFE\x01\xFE",
		"{counter:4:le}":                    "\xFE\x01\x00\x00",
		"hex:1B {seq} 00 {*} 6{seq} {port}": "\x1B\x75\x00ab\x65", // what came last; what never came is nothing
		"hex:6{port} 00":                    "\x00",
	} {
		if got := string(tmpl(in).Append(nil, &v)); got != want {
			t.Errorf("%s becomes % X, want % X", in, got, want)
		}
	}
}

func TestHalves(t *testing.T) {
	tm := tmpl("hex:02 7{seq} 8{*} 00")
	n, fields, ok := tm.Front([]byte{2, 0x7A, 0x8F, 0, 1})
	if n != 4 || !ok || len(fields) != 2 || !bytes.Equal(fields[0].Bytes, []byte{0x0A}) || !bytes.Equal(fields[1].Bytes, []byte{0x0F}) {
		t.Errorf("read as %d, %v, %v", n, fields, ok)
	}
	for _, p := range []string{"\x02\x6A\x8F\x00", "\x02\x7A\x9F\x00"} {
		if _, _, ok := tm.Front([]byte(p)); ok {
			t.Errorf("% X fits", p)
		}
	}
	if tm.Least() != 4 || tm.MayBegin(tmpl("hex:02 7A 8F 01")) || !tm.MayBegin(tmpl("hex:02 7A 8F 00")) {
		t.Error("its length or its bytes are not known")
	}
}

func TestMayBegin(t *testing.T) {
	for _, c := range []struct {
		a, b       string
		begins, is bool // b begins a, too
	}{
		{"LOG", "LOGIN", true, false},
		{"LOG", "LOG", true, true},
		{"LOG", "LUG", false, false},
		{"L{*:1}G", "LUGS", true, false},
		{"L{*:1}{sum8}", "LUG", true, true},
		{"L{*}\n", "LOG", true, true}, // nobody knows
		{"L{*}\n", "M", false, false},
		{"hex:01 {seq:1} {from} 03 {crc16}", "hex:01 02 03", false, true},
	} {
		a, b := tmpl(c.a), tmpl(c.b)
		if a.MayBegin(b) != c.begins || b.MayBegin(a) != c.is {
			t.Errorf("%s and %s: %v, %v", c.a, c.b, a.MayBegin(b), b.MayBegin(a))
		}
	}
	digit := func(b byte) bool { return b >= '0' && b <= '9' }
	if tmpl("LOG").Holds(digit) || !tmpl("L0G").Holds(digit) || !tmpl("L{*:1}G").Holds(digit) || tmpl("L{*:1}").Exact() || !tmpl("L").Exact() {
		t.Error("what a template may hold is not known")
	}
}
