package frame

import (
	"testing"
)

// zeroSum is a request of meter 1 whose check sum ends with a zero.
func zeroSum(t *testing.T) []byte {
	t.Helper()
	for i := range 1 << 16 {
		p := withModbusSum([]byte{1, mercuryEnergy, byte(i >> 8), byte(i)})
		if p[5] == 0 {
			return p
		}
	}
	t.Fatal("there is none")
	return nil
}

// A check sum whose last byte is zero comes out one byte early: the message has that byte all the same.
func TestCheckSumThatEndsWithAZero(t *testing.T) {
	p := zeroSum(t)
	next := octets(t, mercuryPing0)
	for _, c := range []struct {
		name string
		p    []byte
		want int
	}{
		{"alone", p, 6},
		{"without its last byte, which may not be there", p[:5], 5},
		{"and a message that begins with a zero", append(append([]byte{}, p...), next...), 6},
		{"a message that ends otherwise, and one that begins with a zero", append(append([]byte{}, next...), next...), 4},
		{"and something else", append(append([]byte{}, p[:5]...), 1), 5},
	} {
		if n := modbusEnd(c.p, mercuryLeast); n != c.want {
			t.Errorf("%s: % x ends at %d, want %d", c.name, c.p, n, c.want)
		}
	}
}

// Whether in one piece or byte by byte, it leaves at once.
func TestRequestThatEndsWithAZero(t *testing.T) {
	p := zeroSum(t)
	for _, size := range []int{len(p), len(p) - 1, 1} {
		l := NewLine(Config{Protocol: Mercury})
		now := epoch
		var sent []byte
		for i := 0; i < len(p); i += size {
			for _, b := range l.FromProgram(p[i:min(len(p), i+size)], now).ToModem {
				sent = append(sent, b...)
			}
			now = now.Add(10 * ms)
		}
		if string(sent) != string(p) {
			t.Errorf("in pieces of %d: % x leaves, want % x", size, sent, p)
		}
		answer := withModbusSum([]byte{1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})
		if out := l.FromModem(answer, now); len(out.ToProgram) != 1 {
			t.Errorf("in pieces of %d: its answer: %+v", size, out)
		}
	}
}
