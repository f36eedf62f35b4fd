package frame

import (
	"strings"
	"testing"
	"time"
)

// What is left of a block that the end of a session has cut reaches no later request, in whatever pieces the next session brings it.
func TestRestOfACutBlock(t *testing.T) {
	for _, c := range []struct {
		name   string
		pieces []string // what the next session brings; "end" ends that one, too
	}{
		{"in one piece", []string{".8.0(84)\r\n!\r\n\x03B"}},
		{"the block check comes by itself", []string{".8.0(84)\r\n!\r\n\x03", "B"}},
		{"the end comes by itself", []string{".8.0(84)\r\n!\r\n", "\x03B"}},
		{"byte by byte", strings.Split(".8.0(84)\r\n!\r\n\x03B", "")},
		{"the next session ends, too", []string{".8.0(84)\r\n!\r\n\x03", "B", "end"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := NewLine(Config{Protocol: IEC})
			now := epoch
			var given, asked []byte
			take := func(o Out) {
				for _, b := range o.ToProgram {
					given = append(given, b...)
				}
				for _, b := range o.ToModem {
					asked = append(asked, b...)
				}
			}
			step := func(d time.Duration) { now = now.Add(d); take(l.Tick(now)) }
			for _, s := range []struct{ asked, comes string }{{"/?84!\r\n", "/ABC584\r\n"}, {"\x06050\r\n", "\x021"}} {
				take(l.FromProgram([]byte(s.asked), now))
				step(50 * ms)
				take(l.FromModem([]byte(s.comes), now))
				step(50 * ms)
			}
			take(l.End(now))
			take(l.FromProgram([]byte("/?85!\r\n"), now))
			given = nil
			for _, p := range c.pieces {
				step(100 * ms)
				if p == "end" {
					take(l.End(now))
					continue
				}
				take(l.FromModem([]byte(p), now))
			}
			if c.pieces[len(c.pieces)-1] != "end" {
				for end := now.Add(10 * sec); !strings.HasSuffix(string(asked), "/?85!\r\n") && now.Before(end); {
					step(100 * ms)
				}
				take(l.FromModem([]byte("/ABC585\r\n"), now))
				if got := string(given); got != "/ABC585\r\n" {
					t.Errorf("the program gets %q", got)
				}
			} else if len(given) > 0 {
				t.Errorf("the program gets %q", given)
			}
		})
	}
}

// The rest of a message is known behind whatever stood in front of its front.
func TestRestBehindNoise(t *testing.T) {
	for _, c := range []struct {
		name, asked, noise, answer string
		protocol                   Protocol
	}{
		{"Modbus", askRegister, "FF", registerHas, Modbus},
		{"Mercury", meter13Energy, "FF 00", meter13Has, Mercury},
		{"M-Bus", mbusRequest, "55 55 FF", mbusExample1, MBus},
		{"DLMS", frameGet, "FF", frameGot, HDLC},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := NewLine(Config{Protocol: c.protocol})
			answer := octets(t, c.answer)
			for cut := 3; cut < len(answer); cut++ {
				s := &severed{front: append(octets(t, c.noise), answer[:cut]...), asked: octets(t, c.asked)}
				if got, _ := l.restOf(s, answer[cut:]); got != len(answer)-cut {
					t.Errorf("behind %d bytes: %d, want %d", cut, got, len(answer)-cut)
				}
			}
		})
	}
}

// Noise behind the front of a cut frame, and a flag where that frame would end, are not its rest: the flag opens the next frame.
func TestNoiseIsNoRest(t *testing.T) {
	front := frameGot[:len(frameGot)-12]
	hexPlay(t, Config{Protocol: HDLC},
		step{0, "write", frameGet, []string{"> " + frameGet}},
		step{100 * ms, "come", front, nil},
		step{200 * ms, "end", "", []string{"< " + front}},
		step{210 * ms, "write", get(2, 2, 2, 2), []string{"> " + get(2, 2, 2, 2)}},
		step{300 * ms, "come", "00 00 00 " + got(2, 3, 2, 7), []string{"< 00 00 00", "< " + got(2, 3, 2, 7)}},
	)
}

// If part of a cut block is taken back, because the program has asked anew, the rest of it does not come alone.
func TestRestOfWhatWasTakenBack(t *testing.T) {
	l := NewLine(Config{Protocol: IEC})
	now := epoch
	step := func() time.Time { now = now.Add(50 * ms); return now }
	l.FromProgram([]byte("\x06050\r\n"), now)
	l.FromModem([]byte("\x021.8.0(1"), step())
	l.End(step())
	pieces := l.FromModem([]byte("0)\r\n!\r\n\x03"), step()).ToProgram
	l.FromProgram([]byte("/?"), now)
	for _, b := range pieces {
		l.Recall(b)
	}
	now = now.Add(partQuiet)
	if out := l.Tick(now); len(pieces) == 0 || len(out.ToModem) == 0 {
		t.Fatalf("%q, %q", pieces, out.ToModem)
	}
	for _, p := range []string{"B", "/?"} {
		if out := l.FromModem([]byte(p), step()); len(out.ToProgram) > 0 {
			t.Errorf("the program gets %q", out.ToProgram)
		}
	}
}

// A network may pause for seconds in the midst of an answer. No part of it reaches the program by itself.
func TestPauseInAnAnswer(t *testing.T) {
	const front, rest = "01 03 08 41", "42 43 44 45 00 00 28 D9 C1"
	t.Run("a request that was given up may still be answered", func(t *testing.T) {
		hexPlay(t, Config{Protocol: Modbus},
			step{0, "write", askBegun, nil},
			step{100 * ms, "", "", []string{"> " + askBegun}},
			step{500 * ms, "write", askRegister, []string{"> " + askRegister}},
			step{600 * ms, "come", front, nil},
			step{3 * sec, "", "", nil},
			step{5500 * ms, "come", rest, []string{"< " + front + " " + rest}},
		)
	})
	t.Run("for longer than an answer may take", func(t *testing.T) {
		hexPlay(t, Config{Protocol: Modbus},
			step{0, "write", askBegun, nil},
			step{100 * ms, "", "", []string{"> " + askBegun}},
			step{500 * ms, "write", askRegister, []string{"> " + askRegister}},
			step{600 * ms, "come", front, nil},
			step{5600 * ms, "", "", []string{"< " + front}}, // nothing else may be answered any more
		)
	})
	t.Run("the program asks anew, and what it has begun is no request", func(t *testing.T) {
		iecPlay(t, Config{},
			step{0, "write", "/?246!\r\n", []string{`> /?246!\r\n`}},
			step{100 * ms, "come", "/ABC_246\r\n", []string{`< /ABC_246\r\n`}},
			step{1 * sec, "come", "\x021.8.0(246)\r\n2.8.", nil},
			step{1500 * ms, "write", "/?24", nil},
			step{2 * sec, "", "", []string{`late answer: \x021.8.0(246)\r\n2.8.`}},
			step{2500 * ms, "", "", []string{"> /?24"}},
			step{3900 * ms, "come", "0(246)\r\n!\r\n\x03B", []string{`late answer: 0(246)\r\n!\r\n\x03B`}},
		)
	})
	t.Run("the program signs on anew", func(t *testing.T) {
		iecPlay(t, Config{},
			step{0, "write", "/?1!\r\n", []string{`> /?1!\r\n`}},
			step{100 * ms, "come", "/ABC5\r\n", []string{`< /ABC5\r\n`}},
			step{200 * ms, "write", "\x06050\r\n", []string{`> \x06050\r\n`}},
			step{300 * ms, "come", "\x021", []string{`< \x02`, "< 1"}},
			step{4500 * ms, "write", "/?2!\r\n", nil},
			step{5200 * ms, "", "", []string{`> /?2!\r\n`}},
			step{5250 * ms, "come", "(0)\x03B", []string{`late answer: (0)\x03B`}},
			step{5400 * ms, "come", "/ABC5\r\n", []string{`< /ABC5\r\n`}},
		)
	})
}

// What the next session brings of a cut block ends one by itself as well. The block goes on all the same.
func TestRestOfABlockCutTwice(t *testing.T) {
	iecPlay(t, Config{},
		step{0, "write", "/?84!\r\n", []string{`> /?84!\r\n`}},
		step{50 * ms, "come", "/ABC_84\r\n", []string{`< /ABC_84\r\n`}},
		step{100 * ms, "come", "\x021", nil},
		step{150 * ms, "abandon", "", []string{`late answer: \x021`}},
		step{200 * ms, "come", ".8.0(84)", []string{`late answer: .8.0(84)`}},
		step{250 * ms, "end", "", nil},
		step{260 * ms, "write", "/?85!\r\n", nil},
		step{300 * ms, "come", "\r\n", nil},
		step{350 * ms, "end", "", []string{`late answer: \r\n`, `session ended: /?85!\r\n`}},
		step{360 * ms, "write", "/?86!\r\n", nil},
		step{400 * ms, "come", "!\r", nil},
		step{450 * ms, "come", "\n\x03", []string{`late answer: !\r\n`, `late answer: \x03`, `> /?86!\r\n`}},
		step{500 * ms, "come", "B", nil},
		step{600 * ms, "come", "/ABC_86\r\n", []string{"late answer: B", `< /ABC_86\r\n`}},
	)
}
