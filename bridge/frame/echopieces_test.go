package frame

import (
	"testing"
)

const (
	askRegister    = "01 03 00 28 00 04 C4 01"
	otherRegister  = "01 03 00 48 00 04 C4 1F"
	registerHas    = "01 03 08 41 42 43 44 45 00 00 28 *"
	otherHas       = "01 03 08 41 42 43 44 45 00 00 48 *"
	askOther       = "02 03 00 CF 00 04 74 05"
	otherOtherHas  = "02 03 08 41 42 43 44 45 00 00 CF *"
	askBegun       = "02 03 00 7F"
	setRegister    = "01 06 00 7E 03 72 69 07"
	meter13Energy  = "13 05 00 00 14 A1"
	meter14Energy  = "14 05 00 00 15 D5"
	meter13Has     = "13 41 42 43 44 45 00 00 12 01 02 03 04 05 06 07 08 *"
	meter14Has     = "14 41 42 43 44 45 00 00 13 01 02 03 04 05 06 07 08 *"
	lateFrame      = "7E A0 19 21 03 B8 3D 55 E6 E7 00 C4 01 CA 00 15 00 00 00 00 00 00 00 3A 78 59 7E"
	fillerAndCheck = "FF FF 01 03 00 5C 00 04 84" // has a good check sum, and is not whole
)

// echoLine plays steps behind an exchange from which it is known that the line returns what is sent.
func echoLine(t *testing.T, c Config, req, answer string, steps ...step) {
	t.Helper()
	known := []step{
		{0, "write", req, []string{"> " + req}},
		{20 * ms, "come", req, []string{"< " + req}},
		{40 * ms, "come", answer, []string{"< " + answer}},
	}
	hexPlay(t, c, append(known, steps...)...)
}

// A request leaves in pieces, and comes back before it is whole. What comes back is one echo.
func TestEchoInPieces(t *testing.T) {
	modbus := Config{Protocol: Modbus}
	t.Run("a piece that looks like a damaged answer", func(t *testing.T) {
		hexPlay(t, modbus,
			step{0, "write", "01 03 00 28 00", nil},
			step{100 * ms, "", "", []string{"> 01 03 00 28 00"}},
			step{120 * ms, "come", "01 03 00", nil},
			step{130 * ms, "come", "28 00", nil},
			step{140 * ms, "write", "04 C4 01", []string{"> 04 C4 01"}},
			step{160 * ms, "come", "04 C4 01", []string{"< " + askRegister}},
			step{200 * ms, "come", registerHas, []string{"< " + registerHas}},
		)
	})
	t.Run("it is held for longer than an answer", func(t *testing.T) {
		echoLine(t, modbus, askRegister, registerHas,
			step{1 * sec, "write", "01 03", nil},
			step{1100 * ms, "", "", []string{"> 01 03"}},
			step{1120 * ms, "come", "01 03", nil},
			step{1900 * ms, "write", "00 48", nil},
			step{2 * sec, "", "", []string{"> 00 48"}},
			step{2020 * ms, "come", "00 48", nil},
			step{2700 * ms, "write", "00 04 C4 1F", []string{"> 00 04 C4 1F", "< 01 03 00 48"}},
			step{2720 * ms, "come", "00 04 C4 1F", []string{"< 00 04 C4 1F"}},
		)
	})
	t.Run("the program is not to see it", func(t *testing.T) {
		hexPlay(t, Config{Protocol: Modbus, Echo: EchoDrop},
			step{0, "write", "01 03", nil},
			step{100 * ms, "", "", []string{"> 01 03"}},
			step{200 * ms, "come", "01 03", nil},
			step{900 * ms, "write", "00 48 00 04 C4 1F", []string{"> 00 48 00 04 C4 1F"}},
			step{1500 * ms, "come", "00 48 00 04 C4 1F", []string{"echo of the request: " + otherRegister}},
			step{1600 * ms, "come", otherHas, []string{"< " + otherHas}},
		)
	})
	t.Run("the program is not to see it, and no rule knows the request", func(t *testing.T) {
		iecPlay(t, Config{Echo: EchoDrop},
			step{0, "write", "xyz", []string{"> xyz"}},
			step{20 * ms, "come", "x", nil},
			step{40 * ms, "come", "yz", []string{"echo of the request: xyz"}},
			step{60 * ms, "come", "ok", []string{"< ok"}},
			step{2 * sec, "write", "xyz", []string{"> xyz"}},
			step{2020 * ms, "come", "x", []string{"< x"}}, // it was none, after 1.5 s
		)
	})
	t.Run("no rule knows the request, and it is written in pieces", func(t *testing.T) {
		iecPlay(t, Config{Echo: EchoDrop},
			step{0, "write", "xyz", []string{"> xyz"}},
			step{50 * ms, "write", "uv", []string{"> uv"}},
			step{60 * ms, "come", "xyz", nil},
			step{70 * ms, "come", "uv", []string{"echo of the request: xyzuv"}},
			step{100 * ms, "write", "w", []string{"> w"}},
			step{120 * ms, "come", "w", []string{"echo of the request: w"}},
			step{200 * ms, "come", "ok", []string{"< ok"}},
		)
	})
	t.Run("filler and the front of a frame have a good check sum", func(t *testing.T) {
		hexPlay(t, modbus,
			step{0, "write", fillerAndCheck, nil},
			step{50 * ms, "write", "1B", []string{"> " + fillerAndCheck + " 1B"}},
			step{80 * ms, "come", fillerAndCheck + " 1B", []string{"< " + fillerAndCheck + " 1B"}},
		)
	})
}

// What the program has begun to ask and given up comes back to no later request.
func TestEchoOfWhatWasBegun(t *testing.T) {
	modbus := Config{Protocol: Modbus}
	t.Run("it has come", func(t *testing.T) {
		echoLine(t, modbus, askRegister, registerHas,
			step{1 * sec, "write", askBegun, nil},
			step{1100 * ms, "", "", []string{"> " + askBegun}},
			step{1120 * ms, "come", askBegun, nil},
			step{1500 * ms, "write", otherRegister, []string{"late answer: " + askBegun, "> " + otherRegister}},
			step{1520 * ms, "come", otherRegister, []string{"< " + otherRegister}},
			step{1600 * ms, "come", otherHas, []string{"< " + otherHas}},
		)
	})
	t.Run("it comes with the next one's", func(t *testing.T) {
		echoLine(t, modbus, askRegister, registerHas,
			step{1 * sec, "write", askBegun, nil},
			step{1100 * ms, "", "", []string{"> " + askBegun}},
			step{1110 * ms, "write", otherRegister, []string{"> " + otherRegister}},
			step{1120 * ms, "come", "02 03", nil},
			step{1130 * ms, "come", "00 7F | " + otherRegister, []string{"late answer: " + askBegun, "< " + otherRegister}},
			step{1200 * ms, "come", otherHas, []string{"< " + otherHas}},
		)
	})
	t.Run("the next one is in pieces, too", func(t *testing.T) {
		echoLine(t, modbus, askRegister, registerHas,
			step{1 * sec, "write", askBegun, nil},
			step{1100 * ms, "", "", []string{"> " + askBegun}},
			step{1120 * ms, "come", askBegun, nil},
			step{1900 * ms, "write", "01 03 00", nil},
			step{2 * sec, "", "", []string{"> 01 03 00"}},
			step{2020 * ms, "come", "01 03 00", nil},
			step{2150 * ms, "write", "48 00 04 C4 1F", []string{"late answer: " + askBegun, "> 48 00 04 C4 1F"}},
			step{2170 * ms, "come", "48 00 04 C4 1F", []string{"< " + otherRegister}},
		)
	})
	t.Run("nothing is outstanding, and the next one shows that it is another", func(t *testing.T) {
		const other = "10 7B 4B C6 16"
		echoLine(t, Config{Protocol: MBus}, mbusRequest, mbusExample1,
			step{1 * sec, "write", "10 5B", nil},
			step{1100 * ms, "", "", []string{"> 10 5B"}},
			step{1500 * ms, "write", "10 7B", nil},
			step{1600 * ms, "", "", []string{"> 10 7B"}},
			step{1700 * ms, "write", "4B", nil},
			step{1710 * ms, "come", "10 5B 10", []string{"late answer: 10 5B"}},
			step{1720 * ms, "come", "7B", nil},
			step{1730 * ms, "write", "C6 16", []string{"> 4B C6 16"}},
			step{1750 * ms, "come", "4B C6 16", []string{"< " + other}},
		)
	})
	t.Run("no pause stands between them", func(t *testing.T) {
		const other = "10 5B E5 40 16"
		echoLine(t, Config{Protocol: MBus}, mbusRequest, mbusExample1,
			step{1 * sec, "write", "10 5B", nil},
			step{1050 * ms, "write", "10", nil},
			step{1100 * ms, "write", "5B E5", []string{"a newer request took its place: 10 5B"}},
			step{1150 * ms, "write", "40 16", []string{"> " + other}},
			step{1200 * ms, "come", other, []string{"< " + other}},
		)
	})
	t.Run("the next one wakes the meter", func(t *testing.T) {
		iecPlay(t, Config{},
			step{0, "write", "/?1!\r\n", []string{`> /?1!\r\n`}},
			step{20 * ms, "come", "/?1!\r\n", []string{`< /?1!\r\n`}},
			step{40 * ms, "come", "/ABC_1\r\n", []string{`< /ABC_1\r\n`}},
			step{60 * ms, "come", "1.8.0(1)\r\n!\r\n", []string{`< 1.8.0(1)\r\n!\r\n`}},
			step{1 * sec, "write", "/?19", nil},
			step{1100 * ms, "", "", []string{"> /?19"}},
			step{1120 * ms, "come", "/?19", nil},
			step{1500 * ms, "write", "\x00\x00", []string{"late answer: /?19", `> \x00\x00`}},
			step{1520 * ms, "come", "\x00\x00", []string{`< \x00\x00`}},
			step{1600 * ms, "write", "/?2!\r\n", []string{`> /?2!\r\n`}},
			step{1620 * ms, "come", "/?2!\r\n", []string{`< /?2!\r\n`}},
		)
	})
	t.Run("it only wakes the meter, and the echo of the request is still to come", func(t *testing.T) {
		iecPlay(t, Config{},
			step{0, "write", "\x00\x00\x00/?1!\r\n", []string{`> \x00\x00\x00/?1!\r\n`}},
			step{10 * ms, "write", "\x00", []string{`> \x00`}},
			step{20 * ms, "come", "\x00", nil},
			step{30 * ms, "come", "\x00\x00/?1!\r\n", []string{`late answer: \x00\x00\x00/?1!\r\n`}},
			step{40 * ms, "come", "\x00", []string{`< \x00`}},
			step{50 * ms, "write", "/?3!\r\n", nil},
			step{3 * sec, "come", "/ABC_1\r\n", []string{`late answer: /ABC_1\r\n`, `> /?3!\r\n`}},
		)
	})
	t.Run("it may as well be the front of a late answer, and seconds later another is asked", func(t *testing.T) {
		echoLine(t, modbus, askRegister, registerHas,
			step{1 * sec, "write", askBegun, nil},
			step{1100 * ms, "", "", []string{"> " + askBegun}},
			step{1120 * ms, "come", askBegun, nil},
			step{1900 * ms, "write", otherRegister, []string{"late answer: " + askBegun, "> " + otherRegister}},
			step{1920 * ms, "come", otherRegister, []string{"< " + otherRegister}},
			step{2 * sec, "write", "02 03", nil},
			step{2500 * ms, "come", otherHas, []string{"late answer: " + otherHas}},
			step{3 * sec, "", "", []string{"> 02 03"}},
			step{4500 * ms, "come", "02 03", nil},
			step{4600 * ms, "write", askOther, nil},
			step{5500 * ms, "", "", []string{"late answer: 02 03"}},
			step{8 * sec, "", "", []string{"> " + askOther}},
			step{8020 * ms, "come", "02", nil},
			step{8040 * ms, "come", askOther[3:], []string{"< " + askOther}},
			step{8100 * ms, "come", otherOtherHas, []string{"< " + otherOtherHas}},
		)
	})
	t.Run("it may as well be the front of a late answer, but what was sent behind it follows", func(t *testing.T) {
		echoLine(t, modbus, askRegister, registerHas,
			step{1 * sec, "write", "02 03", nil},
			step{1100 * ms, "", "", []string{"> 02 03"}},
			step{1110 * ms, "write", askOther, []string{"> " + askOther}},
			step{1130 * ms, "come", "02 03 02", nil},
			step{1140 * ms, "come", "03 00 CF 00", []string{"late answer: 02 03"}},
			step{1150 * ms, "come", "04 74 05", []string{"< " + askOther}},
			step{1200 * ms, "come", otherOtherHas, []string{"< " + otherOtherHas}},
		)
	})
	t.Run("it may as well be the front of a late answer, and is", func(t *testing.T) {
		echoLine(t, modbus, askRegister, registerHas,
			step{1 * sec, "write", "02 03", nil},
			step{1100 * ms, "", "", []string{"> 02 03"}},
			step{1110 * ms, "write", askOther, []string{"> " + askOther}},
			step{1130 * ms, "come", "02 03", nil},
			step{1140 * ms, "come", "08 41 42 43 44 45 00 00 CF 96 CF", []string{"< " + otherOtherHas}},
		)
	})
	t.Run("the next is begun behind a pause, and given up, too", func(t *testing.T) {
		echoLine(t, modbus, askRegister, registerHas,
			step{1 * sec, "write", askBegun, nil},
			step{1100 * ms, "", "", []string{"> " + askBegun}},
			step{1120 * ms, "come", askBegun, nil},
			step{1500 * ms, "write", "01 03 00", nil},
			step{1600 * ms, "", "", []string{"> 01 03 00"}},
			step{1620 * ms, "come", "01 03 00", nil},
			step{2500 * ms, "", "", []string{"late answer: " + askBegun, "< 01 03 00"}},
		)
	})
	t.Run("a short one tells nothing of those before it", func(t *testing.T) {
		hexPlay(t, Config{Protocol: HDLC},
			step{0, "write", frameSNRM, []string{"> " + frameSNRM}},
			step{20 * ms, "come", frameSNRM, []string{"< " + frameSNRM}},
			step{40 * ms, "come", frameUA, []string{"< " + frameUA}},
			step{1 * sec, "write", frameGet, []string{"> " + frameGet}},
			step{2 * sec, "write", "7E", nil},
			step{3 * sec, "", "", []string{"> 7E"}},
			step{3100 * ms, "come", "7E | " + frameGet, []string{"late answer: " + frameGet, "< 7E"}},
		)
	})
	t.Run("a late answer begins with the same bytes", func(t *testing.T) {
		hexPlay(t, Config{Protocol: HDLC},
			step{0, "write", frameGet, []string{"> " + frameGet}},
			step{20 * ms, "come", frameGet, []string{"< " + frameGet}},
			step{1 * sec, "write", "7E A0", []string{"> 7E A0"}},
			step{2500 * ms, "come", frameGot, []string{"late answer: " + frameGot}},
		)
	})
}

// The echo that a repeat would have had is made up for only with the answer behind it.
func TestNoEchoOfALateRepeat(t *testing.T) {
	echoLine(t, Config{Protocol: Mercury}, meter14Energy, meter14Has,
		step{1 * sec, "write", meter13Energy, []string{"> " + meter13Energy}},
		step{1020 * ms, "come", meter13Energy, []string{"< " + meter13Energy}},
		step{1500 * ms, "write", "13 05", nil},
		step{1520 * ms, "come", meter13Has, nil},
		step{1540 * ms, "write", "00 00 14 A1 | " + meter14Energy,
			[]string{"repeat of the request under way: 13 05 00 00 14 A1", "late answer: " + meter13Has, "> " + meter14Energy}},
		step{1560 * ms, "come", meter14Energy, []string{"< " + meter14Energy}},
	)
}

// What stands in front of the echo of a request is older than that, noise or not.
func TestBeforeTheEcho(t *testing.T) {
	echoLine(t, Config{Protocol: Modbus}, askRegister, registerHas,
		step{1 * sec, "write", otherRegister, []string{"> " + otherRegister}},
		step{1020 * ms, "come", "00 00 02 06 00 BF 05 39 7B 5F | " + otherRegister,
			[]string{"late answer: 00 00 02 06 00 BF 05 39 7B 5F", "< " + otherRegister}},
		step{1100 * ms, "come", otherHas, []string{"< " + otherHas}},
	)
}
