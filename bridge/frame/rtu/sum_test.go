package rtu

import "testing"

// A check sum whose last byte is zero comes out one byte early: the message has that byte all the same.
func TestCheckSumThatEndsWithAZero(t *testing.T) {
	const zero, next = "01 05 00 23 50 00", "00 00 01 B0"
	for _, c := range []struct {
		name, p string
		want    int
	}{
		{"alone", zero, 6},
		{"without its last byte, which may not be there", zero[:14], 5},
		{"and a message that begins with a zero", zero + next, 6},
		{"a message that ends otherwise, and one that begins with a zero", next + next, 4},
		{"and something else", zero[:14] + "01", 5},
		{"too short", "FF FF", 0},
		{"another sum", "01 05 00 23 51", 0},
	} {
		if n := End(octets(t, c.p), Least); n != c.want {
			t.Errorf("%s: %s ends at %d, want %d", c.name, c.p, n, c.want)
		}
	}
	if !Good(octets(t, next)) || Good(octets(t, zero[:11])) {
		t.Error("the check sum is right or wrong where it is not")
	}
}
