package hayes

import "fmt"

// register is a known S-register.
type register struct {
	n, low, high, factory int
	fixed                 bool // a value out of range is always refused: it would break the dialogue
}

// registers: V.250, 6.2.1 to 6.2.3 and 6.3.8 to 6.3.12; S2, S12 and the others as Hayes and Rockwell have them. S7 and S12 come
// from the configuration. S6, S8 to S11 and S25 are only stored: no line is waited for.
var registers = []register{
	{0, 0, 255, 0, false},   // rings until a call is answered
	{1, 0, 255, 0, false},   // rings so far
	{2, 0, 255, '+', false}, // escape character; above 127: none
	{3, 0, 127, '\r', true}, // end of a command line
	{4, 0, 127, '\n', true}, // line feed of answers
	{5, 0, 127, '\b', true}, // deletes a character
	{6, 2, 255, 2, false},   // s, before dialling
	{7, 1, 255, 50, false},  // s, until CONNECT
	{8, 0, 255, 2, false},   // s, for a comma
	{9, 1, 255, 6, false},   // 0.1 s, carrier seen
	{10, 1, 255, 14, false}, // 0.1 s, carrier lost
	{11, 50, 255, 95, false},
	{12, 0, 255, 50, false}, // 1/50 s, silence around the escape
	{25, 0, 255, 5, false},
	{30, 0, 255, 0, false},
	{unknownNumber, 3, 8, 3, true}, // the result for a number that nobody has: 3, 4, 6, 7 or 8; our own register
}

// unknownNumber is the register for Modem.UnknownNumber, among those that V.250 leaves to makers.
const unknownNumber = 90

// numberedRegister is S (V.250, 5.3.2). Without a number it selects S0, but does not set it: S0 answers calls by itself, and a
// program that means that says so.
func (in *interpreter) numberedRegister() outcome {
	n, found := in.number()
	if c := in.peek(); !found && (c == '=' || c == '?') {
		return refused
	}
	return in.registerCommand(n)
}

// registerCommand handles what follows Sn: "=v" and "?", or nothing, which selects the register for AT= and AT?.
func (in *interpreter) registerCommand(n int) outcome {
	known := knownRegister(n)
	if n > 255 || known == nil && in.m.cfg.RefuseUnknown {
		return refused
	}
	in.mem.selected = n
	switch {
	case in.skip('?'):
		if !in.setup {
			in.reply.text(fmt.Sprintf("%03d", in.mem.regs[n])) // V.250, 5.3.2: three digits
		}
	case in.skip('='):
		v, _ := in.number()
		return in.mem.setRegister(known, n, v)
	}
	return goOn
}

func knownRegister(n int) *register {
	for i := range registers {
		if registers[i].n == n {
			return &registers[i]
		}
	}
	return nil
}

func (m *memory) setRegister(known *register, n, v int) outcome {
	switch {
	case v > 255, n == unknownNumber && v == 5:
		return refused
	case known != nil && (v < known.low || v > known.high) && (known.fixed || m.cfg.Strict):
		return refused
	case n == 1: // it is a counter, which cannot be set
		return goOn
	}
	m.regs[n] = byte(v)
	return goOn
}
