package parity

import (
	"bytes"
	"testing"
)

func TestCheck(t *testing.T) {
	for _, f := range []Format{"7E1", "8e1", "7n1", "8n2", "9n1", "x"} {
		if f.Check() == nil {
			t.Errorf("%q is allowed", f)
		}
	}
	for _, f := range []Format{"", "8n1", "7e1", "7o1", "7s1", "7m1", "7n2"} {
		if err := f.Check(); err != nil {
			t.Errorf("%q: %v", f, err)
		}
	}
}

// What is written comes back as it was meant, and a changed bit is counted.
func TestThereAndBack(t *testing.T) {
	text := []byte("/?!\r\n")
	for _, f := range []Format{"7e1", "7o1", "7s1", "7m1", "7n2"} {
		c := New(f)
		wire := c.Wire(nil, text)
		if got, wrong := c.Receive(nil, wire); wrong != 0 || !bytes.Equal(got, text) {
			t.Errorf("%s: %q with %d errors", f, got, wrong)
		}
		if got := f.Text(wire); !bytes.Equal(got, text) {
			t.Errorf("%s: %q without parity", f, got)
		}
		wire[1] ^= 0x80
		if _, wrong := c.Receive(nil, wire); wrong != 1 {
			t.Errorf("%s: %d errors, want 1", f, wrong)
		}
	}
	if b := []byte{0xFF}; &Format("8n1").Text(b)[0] != &b[0] {
		t.Error("bytes that pass as they are have been copied")
	}
}

// Binary mode has eight bits, until the next sign-on.
func TestSuspend(t *testing.T) {
	c := New("7e1")
	c.Suspend([]byte("\x06252\r\n"))
	if got := c.Wire(nil, []byte{0x7E, 0xA0}); !bytes.Equal(got, []byte{0x7E, 0xA0}) {
		t.Errorf("% x", got)
	}
	c.Resume([]byte("\x7E\xA0"))
	if c.Active() {
		t.Error("active behind a frame")
	}
	c.Resume([]byte("\x00/?!\r\n"))
	if !c.Active() {
		t.Error("not active behind a sign-on")
	}
}
