package frame

import (
	"slices"
	"testing"
	"time"
)

// Of a request whose front went nowhere the rest goes nowhere, too, and hides no other.
func TestLostFront(t *testing.T) {
	runScenes(t, []scene{
		{"the session ends in the midst of a request", Config{}, `
			0s write <r
			0.05s end
			0.06s write 1
			0.09s write ><r2>
			1s come <r=2>`, `
			0.05s drop to modem, session ended: <r
			0.06s drop to modem, session ended: 1
			0.09s drop to modem, session ended: >
			0.09s modem <r2>
			1s program <r=2>`},
		{"the front was written while there was no session", Config{}, `
			0s lose <r1><r
			0.1s lose 2
			0.2s write >
			0.3s write <r3>
			1s come <r=3>`, `
			0.2s drop to modem, session ended: >
			0.3s modem <r3>
			1s program <r=3>`},
		{"a second later it is forgotten", Config{}, `
			0s lose <r1
			1s write 2>`, `
			1s modem 2>`},
		{"the next program does not go on with it", Config{}, `
			0s lose <r1
			0.1s leave
			0.2s open
			0.3s write 2>`, `
			0.3s modem 2>`},
		{"the request before it has been given up", Config{}, `
			0s write <r1>
			1s lose <r
			1.1s write 2>
			2s come <r=1>`, `
			0s modem <r1>
			1.1s drop to modem, session ended: 2>
			2s drop to program, late answer: <r=1>`},
		{"nothing follows: the request before it has been given up all the same", Config{}, `
			0s write <r1>
			1s lose <r2
			3s come <r=1>`, `
			0s modem <r1>
			3s drop to program, late answer: <r=1>`},
		{"what comes meanwhile is no answer to it", Config{}, `
			0s lose <r1
			0.1s come junk`, `
			0.1s drop to program, late answer: junk`},
		{"the answer to the request that was being repeated is cut, and its rest comes in the next session", Config{}, `
			0s write <r1>
			0.2s come <r=
			0.3s write <r
			0.35s end
			0.4s write 1>
			0.45s come 1>`, `
			0s modem <r1>
			0.35s drop to program, late answer: <r=
			0.35s drop to modem, session ended: <r
			0.4s drop to modem, session ended: 1>
			0.45s drop to program, late answer: 1>`},
		{"a repeat", Config{}, `
			0s write <r1>
			1s lose <r
			1.1s write 1>
			2s come <r=1>`, `
			0s modem <r1>
			1.1s drop to modem, session ended: 1>
			2s program <r=1>`},
	})
}

func TestFinishLost(t *testing.T) {
	l := newLine(Config{Protocol: "toy"}, toy{})
	if n := l.FinishLost([]byte("<r1>"), epoch); n != 0 {
		t.Errorf("%d bytes finish what was not begun", n)
	}
	l.Lost([]byte("<r"), epoch)
	if n := l.FinishLost([]byte("1"), epoch); n != 1 {
		t.Errorf("%d of 1 byte", n)
	}
	if got := string(l.TakeLost(epoch)); got != "<r1" {
		t.Errorf("%q is lost", got)
	}
	if l.TakeLost(epoch) != nil {
		t.Error("it is lost twice")
	}
	l.Lost([]byte("<r1"), epoch)
	if n := l.FinishLost([]byte("><r2>"), epoch); n != 1 {
		t.Errorf("%d bytes finish what lacks one", n)
	}
	l.Lost([]byte("<r1"), epoch)
	if n := l.FinishLost([]byte(">"), epoch.Add(partMax)); n != 0 {
		t.Errorf("%d bytes finish what has been forgotten", n)
	}
	l.Lost(slices.Repeat([]byte("<"), partMost+1), epoch)
	if l.TakeLost(epoch) != nil {
		t.Error("more is remembered than a request may be long")
	}
	l.Lost([]byte("<r1"), epoch)
	l.Lost([]byte("<s"), epoch.Add(partMax))
	if got := string(l.TakeLost(epoch.Add(partMax))); got != "<s" {
		t.Errorf("%q is lost", got)
	}
	for text, want := range map[int]int{partMost: partMost, partMost + 1: 0} {
		if got := len(l.Unfinished(slices.Repeat([]byte("<"), text))); got != want {
			t.Errorf("of %d bytes without an end %d are kept, want %d", text, got, want)
		}
	}
	NewLine(Config{Protocol: Gap}).Lost([]byte("any"), epoch)
}

// Only its check sum ends a request of this protocol, so that nothing tells where the lost one would have.
func TestAnotherRequestBehindALostFront(t *testing.T) {
	const front, request = "\x61\x05\x00", "\x62\x05\x00\x00\x0f\x9d"
	l := NewLine(Config{Protocol: Mercury})
	l.Lost([]byte(front), epoch)
	if o := l.FromProgram([]byte(request), epoch.Add(100*ms)); len(o.ToModem) != 1 || string(o.ToModem[0]) != request {
		t.Errorf("%q is on its way, dropped %v", o.ToModem, o.Drops)
	}
}

// What stands in front of a request that is whole by itself does not hide it.
func TestRequestBehindAnotherFront(t *testing.T) {
	const tail, request = "\x00\x04\x25\xde", "\x01\x03\x01\x8e\x00\x04\x25\xde"
	const answer = "\x01\x03\x08\x00\x00\x00\x00\x00\x00\x01\x8e\x14\x23"
	for name, pieces := range map[string][]string{"behind it": {tail, request}, "in one piece with it": {tail + request}} {
		l := NewLine(Config{Protocol: Modbus})
		var got []byte
		for i, p := range pieces {
			for _, b := range l.FromProgram([]byte(p), epoch.Add(time.Duration(i)*100*ms)).ToModem {
				got = append(got, b...)
			}
		}
		if string(l.ask.text) != request {
			t.Errorf("%s: %q was asked, and %q is on its way", name, l.ask.text, got)
		}
		if o := l.FromModem([]byte(answer), epoch.Add(sec)); len(o.ToProgram) != 1 || string(o.ToProgram[0]) != answer {
			t.Errorf("%s: %q", name, o.ToProgram)
		}
	}
}

// The program begins a request and writes another instead, without a pause that would tell them apart.
func TestRequestBehindOneThatIsGivenUp(t *testing.T) {
	const front, request = "\x61\x05\x00", "\x62\x05\x00\x00\x0f\x9d"
	l := NewLine(Config{Protocol: Mercury})
	l.FromProgram([]byte(front), epoch)
	o := l.FromProgram([]byte(request), epoch.Add(50*ms))
	if len(o.ToModem) != 1 || string(o.ToModem[0]) != request {
		t.Errorf("%q is on its way", o.ToModem)
	}
	if len(o.Drops) != 1 || o.Drops[0].Reason != DropReplaced || string(o.Drops[0].Bytes) != front {
		t.Errorf("dropped %v", o.Drops)
	}
	// What the meter has of the front it may answer.
	l = NewLine(Config{Protocol: Mercury})
	l.FromProgram([]byte(front), epoch)
	if o := l.Tick(epoch.Add(200 * ms)); len(o.ToModem) != 1 || string(o.ToModem[0]) != front {
		t.Fatalf("%q is on its way", o.ToModem)
	}
	l.FromProgram([]byte(request), epoch.Add(250*ms))
	if !l.owed() {
		t.Error("nothing but the request may be answered")
	}
}
