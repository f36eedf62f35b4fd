package frame

import (
	"slices"
	"testing"
	"time"
)

// exchange is a request of a protocol and its answer.
type exchange struct {
	protocol        Protocol
	request, answer string // as octets reads them
	other           string // another request
}

var exchanges = []exchange{
	{Modbus, "01 03 00 00 00 02 *", "01 03 04 00 01 00 02 *", "01 03 00 10 00 02 *"},
	{Mercury, mercuryOpen0, "00 00 *", "00 05 00 00 *"},
	{Mercury, energySum, energyAnswer, "80 00 *"},
	{MBus, mbusRequest, mbusExample1, "10 7B 03 7E 16"},
	{IEC, iecSignOnAny, iecIdentified, iecSignOnOne},
	{IEC, iecReadOut, iecReadOutData, iecSignOnOne},
	{IEC, iecRead, iecReadData, iecSignOnOne},
	{HDLC, frameSNRM, frameUA, frameDISC},
	{HDLC, frameGet, frameGot, frameDISC},
	{Wrapper, wrapperGet, wrapperGot, wrapperAARQ},
}

// echoOf plays one exchange over a line that returns what is sent, in the given pieces, and returns what the program gets.
func echoOf(t *testing.T, c Config, x exchange, pieces func(echo, answer []byte) [][]byte, pause time.Duration) (l *Line, got []byte, parts int) {
	t.Helper()
	c.Protocol = x.protocol
	l = NewLine(c)
	req, answer := octets(t, x.request), octets(t, x.answer)
	l.FromProgram(req, epoch)
	now := epoch.Add(ms)
	for _, p := range pieces(req, answer) {
		for _, out := range []Out{l.Tick(now), l.FromModem(p, now)} {
			parts += len(out.ToProgram)
			got = append(got, slices.Concat(out.ToProgram...)...)
		}
		now = now.Add(pause)
	}
	return l, got, parts
}

func TestEcho(t *testing.T) {
	ways := map[string]struct {
		pieces func(echo, answer []byte) [][]byte
		pause  time.Duration
	}{
		"whole, the answer 250 ms later": {func(e, a []byte) [][]byte { return [][]byte{e, a} }, 250 * ms},
		"glued to the answer":            {func(e, a []byte) [][]byte { return [][]byte{slices.Concat(e, a)} }, 0},
		"split":                          {func(e, a []byte) [][]byte { return [][]byte{e[:3], e[3:], a[:2], a[2:]} }, 100 * ms},
		"split in the answer":            {func(e, a []byte) [][]byte { return [][]byte{slices.Concat(e, a[:2]), a[2:]} }, 100 * ms},
		"byte by byte": {func(e, a []byte) [][]byte {
			return slices.Collect(slices.Chunk(slices.Concat(e, a), 1))
		}, ms},
	}
	for _, x := range exchanges {
		for name, way := range ways {
			t.Run(string(x.protocol)+"/"+name, func(t *testing.T) {
				req, answer := octets(t, x.request), octets(t, x.answer)
				for echo, want := range map[Echo][]byte{EchoPass: slices.Concat(req, answer), EchoDrop: answer} {
					l, got, parts := echoOf(t, Config{Echo: echo}, x, way.pieces, way.pause)
					if string(got) != string(want) {
						t.Errorf("%s: the program gets % x, want % x", echo, got, want)
					}
					if most := 2; parts > most {
						t.Errorf("%s: in %d pieces", echo, parts)
					}
					if s := l.Stats(); s.Echoes != 1 || s.Answers != 1 || s.Late+s.Unasked+s.Unfit+s.Odd+s.UnparsedToProgram != 0 {
						t.Errorf("%s: %+v", echo, s)
					}
				}
			})
		}
	}
}

// The echo is not the answer: another request waits, and an answer that comes too late is dropped.
func TestEchoIsNoAnswer(t *testing.T) {
	for _, x := range exchanges {
		t.Run(string(x.protocol), func(t *testing.T) {
			l, _, _ := echoOf(t, Config{}, x, func(e, _ []byte) [][]byte { return [][]byte{e} }, 0)
			now := epoch.Add(sec)
			late := l.rule.expect(octets(t, x.request)) == anonymous
			if out := l.FromProgram(octets(t, x.other), now); late && len(out.ToModem) > 0 {
				t.Errorf("% x leaves before the answer", out.ToModem)
			}
			out := l.FromModem(octets(t, x.answer), now)
			if len(out.ToProgram) > 0 || len(out.Drops) != 1 || out.Drops[0].Reason != DropLate {
				t.Errorf("the late answer: %+v", out)
			}
		})
	}
}

// Where the echo comes when the request has been given up, it is late as well.
func TestLateEcho(t *testing.T) {
	hexPlay(t, Config{Protocol: Modbus},
		step{0, "write", "01 03 00 00 00 02 *", []string{"> 01 03 00 00 00 02 *"}},
		step{2 * sec, "write", "01 03 00 10 00 02 *", nil},
		step{2500 * ms, "come", "01 03 00 00 00 02 *", []string{"late answer: 01 03 00 00 00 02 *"}},
		step{2600 * ms, "come", "01 03 04 00 01 00 02 *", []string{"late answer: 01 03 04 00 01 00 02 *", "> 01 03 00 10 00 02 *"}},
		step{2700 * ms, "come", "01 03 00 10 00 02 *", []string{"< 01 03 00 10 00 02 *"}},
		step{2800 * ms, "come", "01 03 04 00 03 00 04 *", []string{"< 01 03 04 00 03 00 04 *"}},
	)
}

// An answer may have the very bytes of its request. On a line that is known to return requests the first copy is the echo; on
// one that is known not to, it is the answer; while that is not known the other one is waited for for a little.
func TestEchoOrAnswer(t *testing.T) {
	const write, other, read = "01 06 00 01 00 07 *", "01 06 00 02 00 08 *", "01 03 00 00 00 01 *"
	const value = "01 03 02 00 01 *"
	t.Run("not known", func(t *testing.T) {
		hexPlay(t, Config{Protocol: Modbus},
			step{0, "write", write, []string{"> " + write}},
			step{100 * ms, "come", write, []string{"< " + write}},
			step{200 * ms, "write", other, nil},
			step{600 * ms, "", "", []string{"> " + other}},
			step{700 * ms, "come", other, []string{"< " + other}},
			step{710 * ms, "write", write, nil},
			step{1200 * ms, "", "", []string{"> " + write}},
			step{1300 * ms, "come", write, []string{"< " + write}},
			step{1310 * ms, "write", other, nil},
			step{1800 * ms, "", "", []string{"> " + other}},
			step{1900 * ms, "come", other, []string{"< " + other}}, // each came once: the line returns nothing
			step{1910 * ms, "write", write, []string{"> " + write}},
		)
	})
	t.Run("the line does not return anything", func(t *testing.T) {
		hexPlay(t, Config{Protocol: Modbus},
			step{0, "write", read, []string{"> " + read}},
			step{100 * ms, "come", value, []string{"< " + value}},
			step{200 * ms, "write", write, []string{"> " + write}},
			step{300 * ms, "come", write, []string{"< " + write}},
			step{310 * ms, "write", other, []string{"> " + other}},
		)
	})
	t.Run("the line returns what is sent", func(t *testing.T) {
		hexPlay(t, Config{Protocol: Modbus},
			step{0, "write", read, []string{"> " + read}},
			step{50 * ms, "come", read, []string{"< " + read}},
			step{100 * ms, "come", value, []string{"< " + value}},
			step{200 * ms, "write", write, []string{"> " + write}},
			step{300 * ms, "come", write, []string{"< " + write}},
			step{2000 * ms, "write", other, nil},
			step{2100 * ms, "come", write, []string{"late answer: " + write, "> " + other}},
		)
	})
	t.Run("both, while it is not known", func(t *testing.T) {
		hexPlay(t, Config{Protocol: Modbus},
			step{0, "write", write, []string{"> " + write}},
			step{100 * ms, "come", write + " | " + write, []string{"< " + write, "< " + write}},
			step{200 * ms, "write", other, []string{"> " + other}},
			step{300 * ms, "come", other, []string{"< " + other}},
			step{310 * ms, "write", read, nil},
			step{400 * ms, "come", other, []string{"late answer: " + other, "> " + read}},
		)
	})
	t.Run("echo = drop says that it does", func(t *testing.T) {
		hexPlay(t, Config{Protocol: Modbus, Echo: EchoDrop},
			step{0, "write", write, []string{"> " + write}},
			step{100 * ms, "come", write, []string{"echo of the request: " + write}},
			step{200 * ms, "come", write, []string{"< " + write}},
			step{210 * ms, "write", other, []string{"> " + other}},
		)
	})
	t.Run("the same again and again", func(t *testing.T) {
		hexPlay(t, Config{Protocol: Mercury},
			step{0, "write", "80 00 *", []string{"> 80 00 *"}},
			step{100 * ms, "come", "80 00 *", []string{"< 80 00 *"}},
			step{1 * sec, "write", "80 00 *", []string{"> 80 00 *"}},
			step{1100 * ms, "come", "80 00 *", []string{"< 80 00 *"}},
			step{2 * sec, "write", "80 00 *", []string{"> 80 00 *"}},
		)
	})
}

// What wakes the meter comes back as well, and a request in pieces comes back before it is whole.
func TestEchoWithWakeUp(t *testing.T) {
	hexPlay(t, Config{Protocol: MBus, Echo: EchoDrop},
		step{0, "write", "55 55 55 | " + mbusRequest, []string{"> 55 55 55 | " + mbusRequest}},
		step{100 * ms, "come", "55 55", nil},
		step{200 * ms, "come", "55 | " + mbusRequest + " | " + mbusExample1, []string{"echo of the request: 55 55 55 | " + mbusRequest, "< " + mbusExample1}},
	)
	hexPlay(t, Config{Protocol: Modbus},
		step{0, "write", "01 03 00", nil},
		step{100 * ms, "", "", []string{"> 01 03 00"}},
		step{150 * ms, "come", "01 03 00", nil},
		step{200 * ms, "write", "00 00 02 C4 0B", []string{"> 00 00 02 C4 0B"}},
		step{250 * ms, "come", "00 00 02 C4 0B", []string{"< 01 03 00 00 00 02 C4 0B"}},
		step{400 * ms, "come", "01 03 04 00 01 00 02 *", []string{"< 01 03 04 00 01 00 02 *"}},
	)
}
