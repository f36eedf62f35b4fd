package frame

import "testing"

// The end of a session neither brings back what went to it nor says that the line returns nothing.
func TestEchoAndEndOfSession(t *testing.T) {
	t.Run("the front of an echo", func(t *testing.T) {
		echoLine(t, Config{Protocol: Modbus}, askRegister, registerHas,
			step{1 * sec, "write", otherRegister, []string{"> " + otherRegister}},
			step{1020 * ms, "come", "01 03 00", nil},
			step{1030 * ms, "end", "", []string{"echo of the request: 01 03 00"}},
		)
	})
	t.Run("the front of the first one, and the next session brings the rest", func(t *testing.T) {
		iecPlay(t, Config{},
			step{0, "write", "/?2!\r\n", []string{`> /?2!\r\n`}},
			step{20 * ms, "come", "/?", nil},
			step{30 * ms, "end", "", []string{"echo of the request: /?"}},
			step{40 * ms, "write", "/?3!\r\n", nil},
			step{50 * ms, "come", "2!\r\n", []string{`late answer: 2!\r\n`}},
			step{2 * sec, "come", "/ABC_2\r\n", []string{`late answer: /ABC_2\r\n`, `> /?3!\r\n`}},
		)
	})
	t.Run("the next session brings the echo, and then the answer", func(t *testing.T) {
		echoLine(t, Config{Protocol: Mercury}, meter14Energy, meter14Has,
			step{1 * sec, "write", meter13Energy, []string{"> " + meter13Energy}},
			step{1010 * ms, "end", "", nil},
			step{1020 * ms, "write", meter14Energy, nil},
			step{1100 * ms, "come", meter13Energy, []string{"late answer: " + meter13Energy}},
			step{2 * sec, "come", meter13Has, []string{"late answer: " + meter13Has, "> " + meter14Energy}},
			step{2100 * ms, "come", meter14Energy, []string{"< " + meter14Energy}},
			step{2200 * ms, "come", meter14Has, []string{"< " + meter14Has}},
		)
	})
	t.Run("an answer may look like its request behind one without an echo", func(t *testing.T) {
		echoLine(t, Config{Protocol: Modbus}, askRegister, registerHas,
			step{1 * sec, "write", otherRegister, []string{"> " + otherRegister}},
			step{1100 * ms, "come", otherHas, []string{"< " + otherHas}},
			step{2 * sec, "write", setRegister, []string{"> " + setRegister}},
			step{2020 * ms, "come", setRegister, []string{"< " + setRegister}},
			step{3 * sec, "write", askRegister, nil},
			step{3100 * ms, "come", setRegister, []string{"late answer: " + setRegister, "> " + askRegister}},
		)
	})
	t.Run("behind a pause nothing belongs to a lost request", func(t *testing.T) {
		hexPlay(t, Config{Protocol: Modbus},
			step{0, "write", "01 03", nil},
			step{50 * ms, "end", "", []string{"session ended: 01 03"}},
			step{400 * ms, "write", "02", nil},
			step{450 * ms, "write", "03 00 95 00 04 54 16", []string{"> 02 03 00 95 00 04 54 16"}},
		)
	})
	t.Run("what makes a lost request a damaged one belongs to the next", func(t *testing.T) {
		hexPlay(t, Config{Protocol: Modbus},
			step{0, "write", "01 03 00 94 00 04", nil},
			step{50 * ms, "end", "", []string{"session ended: 01 03 00 94 00 04"}},
			step{60 * ms, "write", "05", []string{"session ended: 05"}},
			step{800 * ms, "write", "02 03", nil},
			step{850 * ms, "write", "00 95 00 04 54 16", []string{"> 02 03 00 95 00 04 54 16"}},
		)
	})
	t.Run("the one before it has been given up, and belongs to none", func(t *testing.T) {
		hexPlay(t, Config{Protocol: Mercury},
			step{0, "write", "61 05", nil},
			step{100 * ms, "", "", []string{"> 61 05"}},
			step{400 * ms, "write", "62 05 00", nil},
			step{420 * ms, "end", "", []string{"session ended: 62 05 00"}},
			step{450 * ms, "write", "00 0F 9D", []string{"session ended: 00 0F 9D"}},
			step{500 * ms, "write", "63 05", nil},
			step{550 * ms, "write", "00 00 0E 61", []string{"> 63 05 00 00 0E 61"}},
		)
	})
	t.Run("the rest goes nowhere, though all of it is no request", func(t *testing.T) {
		hexPlay(t, Config{Protocol: Modbus},
			step{0, "write", "01 03 00 94 02", nil},
			step{50 * ms, "end", "", []string{"session ended: 01 03 00 94 02"}},
			step{60 * ms, "write", "03 00 95", []string{"session ended: 03 00 95"}},
			step{100 * ms, "write", "00 04", []string{"session ended: 00 04"}},
			step{500 * ms, "write", "54 16", []string{"> 54 16"}},
		)
	})
}
