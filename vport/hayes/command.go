package hayes

import "strings"

// script is the body of a command line that is being run.
type script struct {
	text string
	pos  int
}

func (s *script) rest() string { return s.text[s.pos:] }

// peek is the next character, spaces passed over and in upper case; 0 at the end.
func (s *script) peek() byte {
	for s.pos < len(s.text) && s.text[s.pos] == ' ' {
		s.pos++
	}
	if s.pos == len(s.text) {
		return 0
	}
	if c := s.text[s.pos]; c < 'a' || c > 'z' {
		return c
	}
	return s.text[s.pos] - 'a' + 'A'
}

// next is peek, and passes over the character.
func (s *script) next() byte {
	c := s.peek()
	if c != 0 {
		s.pos++
	}
	return c
}

// take passes over c if it is next.
func (s *script) skip(c byte) bool {
	if s.peek() != c {
		return false
	}
	s.pos++
	return true
}

// number reads a decimal number; there is none if found is false, and V.250, 5.3.1, takes that for 0.
func (s *script) number() (n int, found bool) {
	for c := s.peek(); c >= '0' && c <= '9'; c = s.peek() {
		n, found = min(n*10+int(c-'0'), 1<<20), true
		s.pos++
	}
	return n, found
}

// value reads up to the semicolon that ends an extended command, or to the end. Quoted semicolons are part of it.
func (s *script) value() string {
	quoted := false
	for i, c := range []byte(s.rest()) {
		if c == '"' {
			quoted = !quoted
		}
		if c == ';' && !quoted {
			v := s.rest()[:i]
			s.pos += i
			return strings.TrimSpace(v)
		}
	}
	v := s.rest()
	s.pos = len(s.text)
	return strings.TrimSpace(v)
}

// lineAnswerMax bounds the answer to one command line, in bytes. The command behind the one that reaches it is refused, as if
// the line were too long (V.250, 5.5): a short line such as AT&V&V&V&V must not have an answer without limit.
const lineAnswerMax = 16 << 10

// execute runs the commands of a line in order, up to the first that fails or takes the line (V.250, 5.6).
func (m *Modem) execute(body string) {
	s := &script{text: body}
	before := m.toward
	for s.peek() != 0 {
		o := refused
		if m.toward-before < lineAnswerMax {
			o = m.command(s)
		}
		if o.stop {
			m.finish(o)
			return
		}
	}
	m.finish(done)
}

// extendedMarks begin commands with names of several characters: those of V.250, 5.4, and of makers.
const extendedMarks = "+^*#$!-@"

func (m *Modem) command(s *script) outcome {
	switch c := s.next(); {
	case c == ';': // V.250, 5.4.1: what separates extended commands; harmless elsewhere
		return goOn
	case c == '=' || c == '?':
		s.pos--
		return m.registerCommand(s, m.register)
	case strings.IndexByte(extendedMarks, c) >= 0:
		return m.extendedCommand(s, c)
	case strings.IndexByte(`&%\`, c) >= 0 && s.peek() != 0:
		return m.basicCommand(s, string([]byte{c, s.next()}))
	default:
		return m.basicCommand(s, string([]byte{c}))
	}
}

// basicCommand runs a command of V.250, 5.3, or one of the & % \ kind.
func (m *Modem) basicCommand(s *script, name string) outcome {
	if m.refuses(name) {
		return refused
	}
	switch name {
	case "D":
		return m.action(m.dial, s)
	case "S":
		n, _ := s.number()
		return m.registerCommand(s, n)
	case "&Z":
		return m.storeNumber(s)
	}
	n, _ := s.number()
	if run, found := m.actionOf(name); found {
		return m.action(func(*script) outcome { return run(n) }, s)
	}
	if i := basicIndex(name); i >= 0 {
		return m.setBasic(basics[i], n)
	}
	return m.unknown(s)
}

// actionOf are the basic commands that do something. A switch, since some of them run commands themselves.
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

// action runs what Config.Init must not contain.
func (m *Modem) action(run func(*script) outcome, s *script) outcome {
	if m.booting {
		return refused
	}
	return run(s)
}

// unknown passes over the value of a basic command that is not known.
func (m *Modem) unknown(s *script) outcome {
	if s.skip('=') {
		s.number()
	}
	s.skip('?')
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

// bareName is a command as this package compares it: in upper case, without AT and value.
func bareName(s string) string {
	s = strings.ToUpper(strings.TrimSpace(s))
	if len(s) > 2 {
		s = strings.TrimPrefix(s, "AT")
	}
	s, _, _ = strings.Cut(s, "=")
	return strings.TrimRight(s, "?")
}
