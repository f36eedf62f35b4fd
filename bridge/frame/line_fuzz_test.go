package frame

import (
	"bytes"
	"testing"
	"time"
)

// alphabet makes messages of toy likely.
const alphabet = "<>{}r1s2#!*+=a~\x00"

// tape plays a fuzzer's bytes as writes, reads and times, and keeps an account of all that goes in and out.
type tape struct {
	t   *testing.T
	l   *Line
	now time.Time

	wrote, came        []byte
	toModem, toProgram []byte
	lost               map[bool]int // bytes dropped, by Drop.ToModem
	lastOut            Out          // of the modem's side
	lastCopy           []byte       // what was in it
}

func flatten(o Out) []byte {
	var all []byte
	for _, d := range o.Drops {
		all = append(all, d.Bytes...)
	}
	for _, b := range o.ToModem {
		all = append(all, b...)
	}
	for _, b := range o.ToProgram {
		all = append(all, b...)
	}
	return all
}

func (f *tape) note(o Out, fromModem bool) {
	for _, d := range o.Drops {
		f.lost[d.ToModem] += len(d.Bytes)
		if len(d.Bytes) == 0 || d.Reason == "" {
			f.t.Fatalf("an empty drop: %+v", d)
		}
	}
	for _, b := range o.ToModem {
		f.toModem = append(f.toModem, b...)
	}
	for _, b := range o.ToProgram {
		f.toProgram = append(f.toProgram, b...)
	}
	if fromModem {
		f.lastOut, f.lastCopy = o, flatten(o)
		return
	}
	if len(o.ToProgram) > 0 {
		f.t.Fatal("the program's goroutine was given bytes for the program")
	}
	if !bytes.Equal(flatten(f.lastOut), f.lastCopy) {
		f.t.Fatal("the program's side altered what the modem's side had returned")
	}
}

func (f *tape) until(at time.Time) {
	for n := 0; ; n++ {
		due := f.l.Due()
		if due.IsZero() || due.After(at) {
			f.now = at
			break
		}
		if due.After(f.now) {
			f.now = due
		}
		f.note(f.l.Tick(f.now), true)
		if due = f.l.Due(); !due.IsZero() && !due.After(f.now) {
			f.t.Fatalf("what is due stays due: held %v, part %v, kept %v, waiting %+v, now %v", f.l.heldUntil(), f.l.partDue(), f.l.keptDue(), f.l.waiting, f.now)
		}
		if n > 10_000 {
			f.t.Fatal("ticks without end")
		}
	}
	if m := &f.l.in; m.fate == held && len(m.rest()) > 0 && f.now.Sub(m.first) >= f.l.cfg.Hold && !f.maybeLonger() {
		f.t.Fatalf("held for %v", f.now.Sub(m.first))
	}
}

// maybeLonger reports whether the message is one that may be held for longer than Hold: the program may be about to repeat
// its request, or to finish the one whose echo this is, or the meter has not said its name.
func (f *tape) maybeLonger() bool {
	return f.l.guarded() && (f.l.unsure() || f.l.partReturns()) || f.l.withheld()
}

func (f *tape) balance() {
	held := len(f.l.in.rest())
	for _, b := range f.l.kept.pieces {
		held += len(b)
	}
	if n := len(f.toProgram) + f.lost[false] + held; n != len(f.came) {
		f.t.Fatalf("%d bytes came, of %d it is known what became", len(f.came), n)
	}
	if n := len(f.toModem) + f.lost[true] + f.l.Waiting(); n != len(f.wrote) {
		f.t.Fatalf("%d bytes were written, of %d it is known what became", len(f.wrote), n)
	}
	if held > holdMost && !f.maybeLonger() && len(f.l.kept.pieces) == 0 {
		f.t.Fatalf("%d bytes are held", held)
	}
}

func (f *tape) play(ops []byte) {
	for len(ops) > 1 {
		op, arg := ops[0]%16, int(ops[1])
		ops = ops[2:]
		n := min(arg%24, len(ops))
		text := make([]byte, n)
		for i, c := range ops[:n] {
			text[i] = alphabet[int(c)%len(alphabet)]
		}
		switch op {
		case 0, 1, 2, 3, 4:
			f.wrote = append(f.wrote, text...)
			f.note(f.l.FromProgram(text, f.now), false)
			ops = ops[n:]
		case 5, 6, 7, 8, 9:
			f.came = append(f.came, text...)
			f.note(f.l.FromModem(text, f.now), true)
			ops = ops[n:]
		case 10, 11:
			f.until(f.now.Add(time.Duration(arg) * 40 * time.Millisecond))
		case 12:
			f.until(f.now.Add(time.Duration(arg) * time.Millisecond))
		case 13:
			f.l.Abandon()
		case 14:
			f.note(f.l.Withdraw("withdrawn"), false)
		case 15:
			f.note(f.l.End(f.now), true)
		}
		if f.l.rule != nil { // else the caller's own bytes are passed on
			clear(text)
		}
		f.balance()
	}
	f.until(f.now.Add(time.Hour))
	f.balance()
	if held := len(f.l.in.rest()) + len(f.l.kept.pieces); held > 0 {
		f.t.Fatalf("%d bytes are held for ever", held)
	}
	if n := f.l.Waiting(); n > 0 {
		f.t.Fatalf("%d bytes wait for ever", n)
	}
}

func newTape(t *testing.T, c Config) *tape {
	var r rule
	if c.Protocol.bounded() {
		r = toy{}
	}
	return &tape{t: t, l: newLine(c, r), now: epoch, lost: make(map[bool]int)}
}

func addTapes(f *testing.F) {
	for _, s := range []string{
		"\x00\x04\x00\x04\x05\x01\x05\x05\x00\x04\x08\x05\x01", "\x05\x03\x02\x04\x05\x0a\xff\x05\x01\x03",
		"\x00\x04\x00\x04\x05\x01\x00\x04\x00\x04\x07\x01\x0a\x20\x05\x03\x00\x04\x08\x05\x02\x05\x01",
		"\x00\x06\x00\x04\x05\x08\x05\x01\x00\x06\x00\x04\x05\x08\x07\x01\x05\x07\x00\x04\x0c\x05\x08\x05\x01",
		"\x00\x02\x00\x04\x0b\x30\x00\x03\x05\x01\x00\x0d\x00\x05\x02\x00\x04\x0f\x00",
	} {
		for kind := range uint8(8) {
			f.Add(kind, []byte(s))
		}
	}
}

func FuzzLine(f *testing.F) {
	addTapes(f)
	f.Fuzz(func(t *testing.T, kind uint8, ops []byte) {
		c := Config{Protocol: "toy"}
		switch kind % 8 {
		case 1:
			c.Guard = Strict
		case 2:
			c.Guard = Off
		case 3:
			c.Hold = 3 * time.Second
			c.AnswerMax = 2 * time.Second
		case 4:
			c.Protocol = Gap
		case 5:
			c.Protocol = None
		case 6:
			c.Parity = "7m1"
		case 7:
			c.Hold = time.Millisecond
		}
		newTape(t, c).play(ops)
	})
}

// FuzzOff: without a guard nothing is altered and nothing lost but what is held when a program asks anew.
func FuzzOff(f *testing.F) {
	addTapes(f)
	f.Fuzz(func(t *testing.T, kind uint8, ops []byte) {
		c := Config{Protocol: "toy", Guard: Off}
		if kind%2 == 1 {
			c = Config{Protocol: Gap}
		}
		tape := newTape(t, c)
		only := make([]byte, 0, len(ops))
		for i := 0; i+1 < len(ops); i++ { // a modem alone
			if op := ops[i] % 16; op > 4 && op < 13 {
				only = append(only, ops[i])
			}
		}
		tape.play(only)
		if !bytes.Equal(tape.toProgram, tape.came) {
			t.Errorf("%q came, %q was handed over", tape.came, tape.toProgram)
		}
		tape = newTape(t, c)
		for i, op := range ops { // nothing is withdrawn, no session ends
			if op%16 >= 14 {
				ops[i] = 10
			}
		}
		tape.play(ops)
		if lost := tape.lost[true]; lost > 0 || !bytes.Equal(tape.toModem, tape.wrote) {
			t.Errorf("%q was written, %q went to the modem", tape.wrote, tape.toModem)
		}
	})
}
