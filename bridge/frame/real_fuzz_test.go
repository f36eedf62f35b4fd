package frame

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// words of the real protocols, so that messages, their fronts and their likes are met often.
var realWords = map[Protocol][]string{
	IEC: {
		"/?!\r\n", "/", "\x06050\r\n", "\x06", "\x15", "\x01P0\x02()\x03`", "\x02", "\x03", "1.8.0(1)\r\n", "!\r\n", "/MTL5X\r\n",
		"\x7e\xa0\x08\x02\x23\x21\x93\xbd\x64\x7e", "\x7e", "\xa0", "A", "\x00", "(",
	},
	HDLC: {
		"\x7e\xa0\x08\x02\x23\x21\x93\xbd\x64\x7e", "\x7e", "\xa0", "\xa0\x07", "\x03\x03", "\x08\x02\x23\x21\x93", "\xa8\xff", "\x00", "\xbd\x64\x7e",
	},
	Modbus: {
		"\x01\x03\x00\x00\x00\x04\x44\x09", "\x01\x03", "\x00", "\x01\x03\x02\x00\x01\x79\x84", "\x01\x83\x02\xc0\xf1", "\x01\x10", "\xf6", "\x41\x00",
		"\x01\x03\x00\x07\x00\x01\x35\xcb", "\x2b\x0e", "\x08\x00\x00",
	},
	Mercury: {
		"\x00\x00\x01\xb0", "\x00\x01\x01\x01\x01\x01\x01\x01\x01\x77\x81", "\x00", "\x01\xb0", "\x05\x05\x00\x00", "\xff", "\x80",
	},
	MBus: {
		"\x10\x5b\x01\x5c\x16", "\xe5", "\x68\x03\x03\x68\x08\x01\x72\x7b\x16", "\x68\x05\x05\x68", "\x10", "\x16", "\x55", "\x00",
	},
}

// playWords is play with the words of a real protocol, repeated now and then until there is much of one.
func (f *tape) playWords(words []string, ops []byte) {
	ops = ops[:min(len(ops), 3000)]
	for ; len(ops) > 2; ops = ops[3:] {
		op, arg := ops[0]%12, int(ops[2])
		text := []byte(words[int(ops[1])%len(words)])
		if arg >= 0xf0 {
			text = slices.Repeat(text, arg-0xef)
		} else {
			text = text[:1+arg%len(text)]
		}
		switch op {
		case 0, 1, 2, 3:
			f.wrote = append(f.wrote, text...)
			f.note(f.l.FromProgram(text, f.now), false)
		case 4, 5, 6, 7:
			f.came = append(f.came, text...)
			f.note(f.l.FromModem(text, f.now), true)
		case 8:
			f.until(f.now.Add(time.Duration(arg) * 40 * time.Millisecond))
		case 9:
			f.l.Abandon()
		case 10:
			f.note(f.l.Withdraw("withdrawn"), false)
		case 11:
			f.note(f.l.End(f.now), true)
		}
		f.balance()
	}
	f.until(f.now.Add(time.Hour))
	f.balance()
	if len(f.l.in.rest())+f.l.Waiting() > 0 {
		f.t.Fatal("bytes are held for ever")
	}
}

// FuzzLineReal: the account is right whatever comes of the real protocols, too, which find a message in what had been taken
// for another's front.
func FuzzLineReal(f *testing.F) {
	for kind := range uint8(20) {
		f.Add(kind, []byte("\x00\x00\x00\x04\x03\xff\x08\x00\x10"))
		f.Add(kind, []byte("\x00\x05\xff\x00\x02\xff\x00\x06\xf3\x00\x07\xff\x04\x03\x05\x08\x00\x0a\x04\x03\xff"))
	}
	f.Fuzz(func(t *testing.T, kind uint8, ops []byte) {
		p := []Protocol{IEC, HDLC, Modbus, Mercury, MBus}[kind%5]
		c := Config{Protocol: p}
		switch kind / 5 % 4 {
		case 1:
			c.Guard = Off
		case 2:
			c.Guard = Strict
			c.Hold = 50 * time.Millisecond
		case 3:
			c.Parity = "7e1"
			if p == IEC {
				c.FixedSpeed = 300
			}
		}
		newRealTape(t, c).playWords(realWords[p], ops)
	})
}

func newRealTape(t *testing.T, c Config) *tape {
	return &tape{t: t, l: NewLine(c), now: epoch, lost: make(map[bool]int)}
}

// A request that is found inside of what had gone as the unfinished front of a longer one has gone as well.
func TestRequestInsideOfWhatHasGone(t *testing.T) {
	f := newRealTape(t, Config{Protocol: Modbus})
	for piece := range slices.Chunk([]byte(strings.Repeat("\x01\x03\xf9", 200)), 7) {
		f.wrote = append(f.wrote, piece...)
		f.note(f.l.FromProgram(piece, f.now), false)
		f.balance()
	}
	if string(f.toModem) != string(f.wrote[:len(f.toModem)]) {
		t.Error("the modem got other bytes than were written")
	}
}
