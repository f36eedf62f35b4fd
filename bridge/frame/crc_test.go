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
