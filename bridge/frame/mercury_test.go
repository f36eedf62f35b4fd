package frame

import "testing"

// Frames of the family of one byte are made up in the form that public clients read, but for ping and open; those that begin 00 A6 B7 20 are from
// the documentation of mercury-em (MIT).
const (
	mercuryPing0   = "00 00 01 B0"
	mercuryOpen0   = "00 01 01 01 01 01 01 01 01 77 81"
	energySum      = "80 05 00 00 *"
	energyAnswer   = "80 12 00 34 56 FF FF FF FF 01 00 23 45 FF FF FF FF *"
	phaseVoltage   = "80 08 16 11 *"
	voltageAnswer  = "80 00 11 5A 00 22 5A 00 33 5A *"
	version206     = "00 A6 B7 20 28 AF 70"
	energy206      = "00 A6 B7 20 27 *"
	energy206reply = "00 A6 B7 20 27 00 26 56 16 00 13 70 91 00 00 00 00 00 00 00 00 47 78"
)

func TestMercuryExtents(t *testing.T) {
	checkExtents(t, mercury{}, []extentCase{
		{"three bytes", "", "00 00 01", true, extent{}},
		{"wrong check sum", "", "00 00 01 B1", true, extent{}},
		{"energy, wrong check sum", energySum, "80 12 00 34 56 FF FF FF FF 01 00 23 45 FF FF FF FF 00 00", false, extent{}},
		{"energy, half", energySum, "80 12 00 34 56 FF FF FF", false, extent{}},
		{"first bytes that look like a status", phaseVoltage, "80 00 * 00 22 5A 00 33 5A *", false, extent{n: 12}},
		{"filler that happens to be right", "", "FF FF 00 00", true, extent{}},
		{"filler in front of a ping", "", "FF FF " + "| " + mercuryPing0, true, extent{n: 2, foreign: true}},
		{"filler in front of a request", "", "FF 00 FF 00 | " + energySum, true, extent{n: 4, foreign: true}},

		{"noise in front", energySum, "00 FF | " + energyAnswer, false, extent{n: 2, foreign: true}},

		{"ping", "", mercuryPing0, true, extent{n: 4}},
		{"open", "", mercuryOpen0, true, extent{n: 11}},
		{"energy", "", energySum, true, extent{n: 6}},
		{"version, four bytes of address", "", version206, true, extent{n: 7}},
		{"pong", mercuryPing0, mercuryPing0, false, extent{n: 4}},
		{"opened", mercuryOpen0, mercuryPing0, false, extent{n: 4}},
		{"energy", energySum, energyAnswer, false, extent{n: 19}},
		{"energy of phases", "80 05 60 00 *", "80 12 00 34 56 FF FF FF FF 01 00 23 45 *", false, extent{n: 15}},
		{"refused", energySum, "80 05 *", false, extent{n: 4}},
		{"late status", energySum, "80 00 * | " + energyAnswer, false, extent{n: 4}},
		{"voltages", phaseVoltage, voltageAnswer, false, extent{n: 12}},
		{"one voltage", "80 08 11 11 *", "80 00 11 5A *", false, extent{n: 6}},
		{"memory", "80 06 02 00 10 08 *", "80 01 02 03 04 05 06 07 08 *", false, extent{n: 11}},
		{"length not known", "80 08 01 00 *", "80 01 02 03 04 05 06 07 08 *", false, extent{n: 11}},
		{"energy, four bytes of address", energy206, energy206reply, false, extent{n: 23}},
	})
}

func TestMercuryJudgements(t *testing.T) {
	checkJudgements(t, mercury{}, []judgeCase{
		{"nothing asked", "", mercuryPing0, 0, rejected},
		{"another meter", energySum, "81 12 00 34 56 FF FF FF FF 01 00 23 45 FF FF FF FF *", 0, rejected},
		{"data of another request", energySum, voltageAnswer, 0, unlike},
		{"a status that brings no data", energySum, "80 00 *", 0, unlike},
		{"data instead of a status", "80 00 *", voltageAnswer, 0, unlike},
		{"another meter, four bytes", energy206, "00 A6 B7 21 27 00 26 56 16 00 13 70 91 00 00 00 00 00 00 00 00 *", 0, rejected},
		{"another command, four bytes", energy206, "00 A6 B7 20 28 00 26 56 16 00 13 *", 0, rejected},

		{"pong", mercuryPing0, mercuryPing0, 0, answered},
		{"pong of any", mercuryPing0, "80 00 *", 0, answered},
		{"energy", energySum, energyAnswer, 0, answered},
		{"refused", energySum, "80 05 *", 0, answered},
		{"to all", "FE 05 00 00 *", energyAnswer, 0, answered},
		{"length not known", "80 08 01 00 *", "80 01 02 03 04 05 06 07 08 *", 0, answered},
		{"holidays, an address like a command", "00 06 B7 20 30 01 *", "00 06 B7 20 30 01 02 FF FF *", 0, answered},
		{"energy, four bytes", energy206, energy206reply, 0, answered},
	})
	checkExpectations(t, mercury{}, map[string]expectation{
		"":                 unanswered,
		"00 00 01 B1":      unanswered,
		"FE 03 08 *":       unanswered,
		"FE 00 *":          anonymous,
		mercuryPing0:       anonymous,
		energy206:          anonymous,
		"FE 12 34 56 27 *": anonymous,
	})
}

func TestMercuryStreams(t *testing.T) {
	q := octets(t, energySum)
	checkConcatenation(t, mercury{}, q, false, octets(t, energyAnswer), octets(t, "80 05 *"), octets(t, energyAnswer))
	checkConcatenation(t, mercury{}, nil, true, octets(t, mercuryPing0), octets(t, mercuryOpen0), q, octets(t, version206))
}

// Noise in front of a message without a mark is only known for noise when the message cannot be that long.
func TestMercuryNoiseEnds(t *testing.T) {
	p := make([]byte, mercuryMost)
	for i := range p {
		p[i] = byte(i*7 + i/3)
	}
	if e := (mercury{}).request(p); e != (extent{n: 1, foreign: true}) {
		t.Errorf("%+v", e)
	}
}

func FuzzMercuryRule(f *testing.F) {
	fuzzRule(f, Mercury, energySum, energy206, mercuryPing0, energyAnswer, energy206reply, voltageAnswer, mercuryOpen0,
		"80 00 * | "+energyAnswer)
}

// Requests of single-phase meters have seven bytes, and what stands where the other family has its command is none of that.
func TestMercuryFamilies(t *testing.T) {
	for _, c := range []struct {
		q     string
		is    bool
		least int // the shortest answer that is not cut where the check sum happens to come out
	}{
		{"00 A6 B7 20 27 00 00", true, 7},
		{"00 0C B7 20 27 00 00", true, 7},
		{"00 0B B7 20 27 00 00", false, 4},
		{"00 A6 B7 20 27 00", false, 4},
		{"00 A6 B7 20 27 00 00 00", false, 4},
	} {
		if got := singlePhase(octets(t, c.q)); got != c.is {
			t.Errorf("%s: single-phase %v, want %v", c.q, got, c.is)
		}
	}
	q := octets(t, "00 A6 B7 20 30 *") // its answer has no known length
	early := octets(t, "00 A6 B7 20 30 *")
	short := octets(t, "00 A6 *")
	for _, c := range []struct {
		name string
		p    []byte
		want extent
	}{
		{"seven bytes", early, extent{n: 7}},
		{"the sum comes out at four", append(append([]byte{}, short...), 0x30, 0x01, 0x02), extent{}},
		{"six", early[:6], extent{}},
	} {
		if got := (mercury{}).answer(c.p, q); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}
