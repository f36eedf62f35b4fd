package wire

import "testing"

func TestDeparts(t *testing.T) {
	for _, c := range []struct {
		template, came string
		n              int
		wanted         string
	}{
		{"LOGIN:{id}\r\n", "", 0, "LOGIN:"},
		{"LOGIN:{id}\r\n", "LOG", 0, "LOGIN:"},
		{"LOGIN:{id}\r\n", "LOGIN:10", 8, "\r\n"},
		{"LOGIN:{id}\r\n", "LOGIN:1001\r\n", 12, ""},
		{"I={id:4};C={csq}\n", "I=1001,C=17\n", 6, ";C="},
		{"I={id:4};C={csq}\n", "I=100", 2, ""},
		{"hex:AA {id:2} {sum8} 0D", "\xaa\x01\x02\x00\x0e", 4, "\r"},
		{"hex:AA {from} {id:2} 7{seq} 0D", "\xaa\x01\x02\x61", 3, ""},
	} {
		template, err := ParseTemplate(c.template)
		if err != nil {
			t.Fatal(err)
		}
		if n, wanted := template.Departs([]byte(c.came)); n != c.n || string(wanted) != c.wanted {
			t.Errorf("%s %q: %d, %q; want %d, %q", c.template, c.came, n, wanted, c.n, c.wanted)
		}
	}
}
