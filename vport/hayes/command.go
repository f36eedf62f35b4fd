package hayes

import (
	"fmt"
	"strconv"
	"strings"
)

// lineAnswerMax bounds the answer to one command line, in bytes. The command after the one that reaches it is refused, as if
// the line were too long (V.250, 5.5): otherwise a short line such as AT&V&V&V&V would have an answer without limit.
const lineAnswerMax = 16 << 10

// execute executes a command line, and sends its result.
func (m *Modem) execute(body string) { m.reply.finish(m.outcomeOf(body)) }

// outcomeOf executes the commands of a line in order, up to the first that fails or takes the rest of the line (V.250, 5.6).
func (m *Modem) outcomeOf(body string) outcome {
	s := &script{text: body}
	before := m.out.toProgram
	for s.peek() != 0 {
		o := refused
		if m.out.toProgram-before < lineAnswerMax {
			o = m.command(s)
		}
		if o.stop {
			return o
		}
	}
	return done
}

// extendedMarks begin commands with names of several characters: those of V.250, 5.4, and makers' own.
const extendedMarks = "+^*#$!-@"

func (m *Modem) command(s *script) outcome {
	switch c := s.next(); {
	case c == ';': // V.250, 5.4.1: it separates extended commands; harmless elsewhere
		return goOn
	case c == '=' || c == '?':
		s.pos--
		return m.registerCommand(s, m.mem.selected)
	case strings.IndexByte(extendedMarks, c) >= 0:
		return m.extendedCommand(s, c)
	default:
		return m.basicCommand(s, c)
	}
}

// basicCommand executes a command of V.250, 5.3, or one that begins with a mark such as & % or \.
func (m *Modem) basicCommand(s *script, first byte) outcome {
	name, long := s.basicName(first)
	if m.refuses(name) {
		return refused
	}
	switch name {
	case "D":
		return m.action(m.dial, s)
	case "S":
		return m.numberedRegister(s)
	case "&Z":
		return m.storeNumber(s)
	}
	a := s.argument(long)
	i := basicIndex(name)
	run, acts := m.actionOf(name)
	switch {
	case long || i < 0 && !acts:
		return m.unknown()
	case !a.plain && m.cfg.Strict:
		return refused
	case a.bad, acts && (a.query || a.test):
		return goOn
	case a.query:
		return m.showBasic(name, strconv.Itoa(m.mem.flag(name)))
	case a.test:
		return m.showBasic(name, fmt.Sprintf("(0-%d)", basics[i].max))
	case acts:
		return m.action(func(*script) outcome { return run(a.n) }, s)
	}
	return m.mem.setBasic(basics[i], a.n)
}

// actionOf returns the basic commands that do something. It is a switch, since some of them execute commands themselves.
func (m *Modem) actionOf(name string) (run func(n int) outcome, found bool) {
	switch name {
	case "A":
		return m.answerCommand, true
	case "H":
		return m.hookCommand, true
	case "O":
		return m.onlineCommand, true
	case "Z":
		return m.resetCommand, true
	case "I":
		return m.identify, true
	case "&F":
		return m.factoryCommand, true
	case "&V":
		return m.view, true
	case "&W":
		return m.storeProfile, true
	}
	return nil, false
}

// action executes a command that Config.Init must not contain.
func (m *Modem) action(run func(*script) outcome, s *script) outcome {
	if m.booting {
		return refused
	}
	return run(s)
}

// unknown is the outcome of a basic command that is not known.
func (m *Modem) unknown() outcome {
	if m.cfg.RefuseUnknown {
		return refused
	}
	return goOn
}

func (m *Modem) refuses(name string) bool {
	for _, r := range m.cfg.Refuse {
		if bareName(r) == name {
			return true
		}
	}
	return false
}

// bareName returns a command as this package compares it: in upper case, without AT and value.
func bareName(s string) string {
	s = strings.ToUpper(strings.TrimSpace(s))
	if len(s) > 2 {
		s = strings.TrimPrefix(s, "AT")
	}
	s, _, _ = strings.Cut(s, "=")
	return strings.TrimRight(s, "?")
}
