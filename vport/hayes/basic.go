package hayes

import "slices"

// basic is a setting with a number.
type basic struct {
	name         string
	max, factory int
}

// basics are the settings with a letter, in the order of &V. Only E Q V X &D mean something here. The others concern
// loudspeakers, lines and modulations; they are stored and shown.
var basics = []basic{
	{"E", 1, 1}, {"Q", 1, 0}, {"V", 1, 1}, {"X", 4, 4}, // V.250, 6.2.4 to 6.2.7
	{"B", 99, 0}, {"L", 3, 1}, {"M", 3, 1}, {"N", 1, 1}, {"P", 0, 0}, {"T", 0, 0}, {"W", 2, 1}, {"Y", 1, 0},
	{"&C", 2, 1}, {"&D", 3, 2}, // V.250, 6.2.8 and 6.2.9; &C decides when the port shows DCD, which a pty cannot do
	{"&G", 2, 0}, {"&J", 1, 0}, {"&K", 6, 3}, {"&L", 1, 0}, {"&M", 4, 0}, {"&P", 3, 0}, {"&Q", 9, 5}, {"&R", 2, 1},
	{"&S", 2, 0}, {"&T", 8, 0}, {"&X", 2, 0}, {"&Y", 1, 0},
	{"%B", 99, 0}, {"%C", 3, 1}, {"%E", 3, 2}, {"%G", 1, 1}, {"%L", 8, 0},
	{`\A`, 3, 1}, {`\B`, 9, 3}, {`\G`, 1, 0}, {`\J`, 1, 0}, {`\K`, 5, 5}, {`\N`, 7, 3}, {`\Q`, 4, 3}, {`\T`, 255, 0},
	{`\V`, 4, 1}, {`\X`, 1, 0},
}

func basicIndex(name string) int {
	return slices.IndexFunc(basics, func(b basic) bool { return b.name == name })
}

// setBasic takes the value, or refuses one that is too high (V.250, 5.6.2). A tolerant modem answers OK: too high an X becomes
// the highest, any other setting keeps its value.
func (m *memory) setBasic(b basic, n int) outcome {
	switch {
	case n <= b.max:
		m.basic[b.name] = n
	case m.cfg.Strict:
		return refused
	case b.name == "X":
		m.basic[b.name] = b.max
	}
	return goOn
}

// showBasic shows a setting or its values, as modems of Motorola and u-blox do. V.250 has no such form.
func (in *interpreter) showBasic(name, text string) outcome {
	in.reply.line(name + ": " + text)
	return goOn
}

// answerCommand is A (V.250, 6.3.5). If nobody rings, there is no carrier.
func (in *interpreter) answerCommand(int) outcome {
	switch in.m.call.phase {
	case Ringing:
		in.m.answer()
		return waiting
	case Escaped:
		return refused
	}
	return outcome{stop: true, code: NoCarrier}
}

// hookCommand is H (V.250, 6.3.6). H1 lifts the receiver, which has no effect here.
func (in *interpreter) hookCommand(n int) outcome {
	switch {
	case n == 0:
		in.m.hangUp("ATH")
	case n > 1 && in.m.cfg.Strict:
		return refused
	}
	return goOn
}

// onlineCommand is O (V.250, 6.3.7). CONNECT is sent at once.
func (in *interpreter) onlineCommand(int) outcome {
	if in.m.call.phase != Escaped {
		return refused
	}
	in.m.enter(Online)
	in.m.line.resumed()
	in.reply.result(connect)
	in.m.out.fromLine(in.m.call.takeHeld())
	return waiting
}

// resetCommand is Z (V.250, 6.1.1): it ends a call, and the rest of the line is ignored.
func (in *interpreter) resetCommand(n int) outcome {
	if n >= len(in.mem.stored) && in.m.cfg.Strict {
		return refused
	}
	in.m.hangUp("ATZ")
	in.mem.restore(min(n, len(in.mem.stored)-1))
	return done
}

// factoryCommand is &F (V.250, 6.1.2).
func (in *interpreter) factoryCommand(int) outcome {
	in.mem.reset()
	return goOn
}

// storeProfile is &Wn: the settings become what Zn restores, as long as the port exists.
func (in *interpreter) storeProfile(n int) outcome {
	if n >= len(in.mem.stored) {
		return refused
	}
	in.mem.store(n)
	return goOn
}
