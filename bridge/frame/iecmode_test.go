package frame

import (
	"strings"
	"testing"
	"time"
)

const (
	ms  = time.Millisecond
	sec = time.Second
)

// A late identification in modes A and B is followed by a block that has no name: it is late as well, to its end.
func TestModeALateBlock(t *testing.T) {
	for name, block := range map[string]string{
		"with STX":    "\x021.8.0(1)\r\n!\r\n\x03\x11",
		"without STX": "1.8.0(1)\r\n!\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			front, rest := block[:5], block[5:]
			iecPlay(t, Config{},
				step{0, "write", "/?1!\r\n", []string{`> /?1!\r\n`}},
				step{2 * sec, "write", "/?2!\r\n", nil},
				step{2500 * ms, "come", "/ABC_1\r\n", []string{`late answer: /ABC_1\r\n`}},
				step{3500 * ms, "come", front, nil},
				step{4500*ms - 1, "come", rest, []string{`late answer: ` + quoted([]byte(block)), `> /?2!\r\n`}},
				step{7 * sec, "come", "/ABC_2\r\n", []string{`< /ABC_2\r\n`}},
				step{7500 * ms, "come", block, []string{`< ` + quoted([]byte(block))}},
				step{8 * sec, "write", "/?3!\r\n", []string{`> /?3!\r\n`}},
			)
		})
	}
}

// The block may be longer than what is held, and is dropped all the same.
func TestModeALongLateBlock(t *testing.T) {
	l := NewLine(Config{Protocol: IEC})
	l.FromProgram([]byte("/?1!\r\n"), epoch)
	l.FromProgram([]byte("/?2!\r\n"), epoch.Add(2*sec))
	now := epoch.Add(2500 * ms)
	out := l.FromModem([]byte("/ABC_1\r\n"), now)
	block := "\x02" + strings.Repeat("1.8.0(123456*kWh)\r\n", 300) + "!\r\n\x03\x11"
	dropped := 0
	for len(block) > 0 {
		n := min(len(block), 97)
		now = now.Add(300 * ms)
		for _, out = range []Out{l.Tick(now), l.FromModem([]byte(block[:n]), now)} {
			if len(out.ToProgram) > 0 || len(out.ToModem) > 0 && n == 97 {
				t.Fatalf("%q to the program, %q to the modem, at %v", out.ToProgram, out.ToModem, now.Sub(epoch))
			}
			for _, d := range out.Drops {
				dropped += len(d.Bytes)
			}
		}
		block = block[n:]
	}
	if string(out.ToModem[0]) != "/?2!\r\n" || dropped < 5000 {
		t.Errorf("%q leaves behind the block, of which %d bytes were dropped", out.ToModem, dropped)
	}
}

// In mode C nothing follows the identification unless the program says so: what it says leaves at once.
func TestModeCGoesOn(t *testing.T) {
	const data = "\x021.8.0(1)\r\n!\r\n\x03\x11"
	iecPlay(t, Config{},
		step{0, "write", "/?1!\r\n", []string{`> /?1!\r\n`}},
		step{500 * ms, "come", "/ABC5x\r\n", []string{`< /ABC5x\r\n`}},
		step{510 * ms, "write", "\x06050\r\n", []string{`> \x06050\r\n`}},
		step{900 * ms, "come", data, []string{`< ` + quoted([]byte(data))}},
		step{910 * ms, "write", "/?2!\r\n", []string{`> /?2!\r\n`}},
		step{1500 * ms, "come", "/ABC5y\r\n", []string{`< /ABC5y\r\n`}},
		// Another sign-on: a block may follow the identification for as long as the standard allows.
		step{1600 * ms, "write", "/?3!\r\n", []string{`> /?3!\r\n`}},
	)
	iecPlay(t, Config{},
		step{0, "write", "/?1!\r\n", []string{`> /?1!\r\n`}},
		step{500 * ms, "come", "/ABC_x\r\n", []string{`< /ABC_x\r\n`}},
		step{600 * ms, "write", "/?3!\r\n", nil},
		step{1999 * ms, "", "", nil},
		step{2000 * ms, "", "", []string{`> /?3!\r\n`}},
	)
}

// A block comes before its meter has said its name: it is not handed over little by little, and not at all while an earlier
// sign-on may be what it answers.
func TestBlockWithoutAName(t *testing.T) {
	const half, rest = "\x021.8.0(1)\r\n", "!\r\n\x03\x11"
	iecPlay(t, Config{AnswerMax: 2 * sec},
		step{0, "write", "/?1!\r\n", []string{`> /?1!\r\n`}},
		step{500 * ms, "come", "/ABC_1\r\n", []string{`< /ABC_1\r\n`}},
		step{600 * ms, "write", "/?2!\r\n", []string{`> /?2!\r\n`}}, // 1.5 s behind the identification
		step{2500 * ms, "come", half, nil},
		step{3900 * ms, "come", rest, []string{`late answer: ` + quoted([]byte(half+rest))}},
		step{4000 * ms, "come", "/ABC_2\r\n", []string{`< /ABC_2\r\n`}},
	)
	iecPlay(t, Config{},
		step{0, "write", "/?1!\r\n", []string{`> /?1!\r\n`}},
		step{500 * ms, "come", half, nil},
		step{1900 * ms, "come", rest, []string{`< ` + quoted([]byte(half+rest))}},
	)
}

// The second program has not asked anything yet: the block of the first one's meter is not for it.
func TestBlockForTheProgramBefore(t *testing.T) {
	const block = "\x021.8.0(1)\r\n!\r\n\x03\x11"
	iecPlay(t, Config{},
		step{0, "write", "/?1!\r\n", []string{`> /?1!\r\n`}},
		step{500 * ms, "come", "/ABC_1\r\n", []string{`< /ABC_1\r\n`}},
		step{600 * ms, "leave", "", nil},
		step{700 * ms, "open", "", nil},
		step{800 * ms, "come", block, []string{`late answer: ` + quoted([]byte(block))}},
		step{900 * ms, "write", "/?2!\r\n", []string{`> /?2!\r\n`}},
	)
	iecPlay(t, Config{},
		step{0, "write", "/?1!\r\n", []string{`> /?1!\r\n`}},
		step{2000 * ms, "abandon", "", nil},
		step{2500 * ms, "come", "/ABC_1\r\n", []string{`late answer: /ABC_1\r\n`}},
		step{2600 * ms, "come", block, []string{`late answer: ` + quoted([]byte(block))}},
		step{2700 * ms, "come", block, []string{`answer to no request: ` + quoted([]byte(block))}},
	)
}

// A shell that opens the port for each step goes on with the meter that it has signed on to.
func TestStepsOfAShell(t *testing.T) {
	const data = "\x021.8.0(1)\r\n!\r\n\x03\x11"
	iecPlay(t, Config{},
		step{0, "write", "/?!\r\n", []string{`> /?!\r\n`}},
		step{10 * ms, "leave", "", nil},
		step{20 * ms, "open", "", nil},
		step{500 * ms, "come", "/ABC5x\r\n", []string{`< /ABC5x\r\n`}},
		step{510 * ms, "leave", "", nil},
		step{520 * ms, "open", "", nil},
		step{530 * ms, "write", "\x06050\r\n", []string{`> \x06050\r\n`}},
		step{540 * ms, "leave", "", nil},
		step{550 * ms, "open", "", nil},
		step{900 * ms, "come", data, []string{`< ` + quoted([]byte(data))}},
	)
}

// A lone ACK is a request: the next part of a block answers it.
func TestLoneACK(t *testing.T) {
	const part = "\x021.8.0(1)\x04\x11"
	iecPlay(t, Config{},
		step{0, "write", "\x01R3\x021()\x03\x11", []string{`> \x01R3\x021()\x03\x11`}},
		step{500 * ms, "come", part, []string{`< ` + quoted([]byte(part))}},
		step{600 * ms, "write", "\x06", []string{`> \x06`}},
		step{1100 * ms, "come", part, []string{`< ` + quoted([]byte(part))}},
		step{1200 * ms, "write", "\x06", []string{`> \x06`}},
		step{1300 * ms, "write", "/?!\r\n", []string{`> /?!\r\n`}}, // the ACK was the last
		step{1900 * ms, "come", part, []string{`late answer: ` + quoted([]byte(part))}},
		step{2000 * ms, "come", "/ABC5x\r\n", []string{`< /ABC5x\r\n`}},
	)
}
