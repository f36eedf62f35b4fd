package hayes

import "strings"

// script is the body of a command line that is being executed.
type script struct {
	text string
	pos  int
}

func (s *script) rest() string { return s.text[s.pos:] }

// peek returns the next character except spaces, in upper case; 0 at the end.
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

// next returns what peek returns, and moves past it.
func (s *script) next() byte {
	c := s.peek()
	if c != 0 {
		s.pos++
	}
	return c
}

// skip moves past c if it is next.
func (s *script) skip(c byte) bool {
	if s.peek() != c {
		return false
	}
	s.pos++
	return true
}

// number reads a decimal number. If found is false there is none, which V.250, 5.3.1, takes for 0.
func (s *script) number() (n int, found bool) {
	for c := s.peek(); c >= '0' && c <= '9'; c = s.peek() {
		n, found = min(n*10+int(c-'0'), 1<<20), true
		s.pos++
	}
	return n, found
}

// value reads up to the semicolon that ends an extended command, or to the end. Quoted semicolons belong to it.
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

// lineAnswerMax bounds the answer to one command line, in bytes. The command after the one that reaches it is refused, as if
// the line were too long (V.250, 5.5): otherwise a short line such as AT&V&V&V&V would have an answer without limit.
const lineAnswerMax = 16 << 10

// execute executes the commands of a line in order, up to the first that fails or takes the rest of the line (V.250, 5.6).
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

// extendedMarks begin commands with names of several characters: those of V.250, 5.4, and makers' own.
const extendedMarks = "+^*#$!-@"

func (m *Modem) command(s *script) outcome {
	switch c := s.next(); {
	case c == ';': // V.250, 5.4.1: it separates extended commands; harmless elsewhere
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

// basicCommand executes a command of V.250, 5.3, or one that begins with & % or \.
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

// unknown skips the value of an unknown basic command.
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

// bareName returns a command as this package compares it: in upper case, without AT and value.
func bareName(s string) string {
	s = strings.ToUpper(strings.TrimSpace(s))
	if len(s) > 2 {
		s = strings.TrimPrefix(s, "AT")
	}
	s, _, _ = strings.Cut(s, "=")
	return strings.TrimRight(s, "?")
}
