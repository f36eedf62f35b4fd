package hayes

import (
	"strconv"
	"strings"
)

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
	for c := s.peek(); isDigit(c); c = s.peek() {
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

// basicName returns the name of a basic command whose first character is given. That is a letter, or a mark and the letter
// behind it, as makers have them: &K, %C, \N, )M, "H. If several letters follow a mark and then = or ?, the name is all of them
// and long is true. So the text behind &MS= is never taken for that of the command S.
func (s *script) basicName(first byte) (name string, long bool) {
	if isLetter(first) || !isLetter(s.peek()) {
		return string([]byte{first}), false
	}
	end := s.pos
	for end < len(s.text) && isLetter(s.text[end]) {
		end++
	}
	if behind := strings.TrimLeft(s.text[end:], " "); end-s.pos > 1 && behind != "" && (behind[0] == '=' || behind[0] == '?') {
		name, s.pos = string([]byte{first})+strings.ToUpper(s.text[s.pos:end]), end
		return name, true
	}
	return string([]byte{first, s.next()}), false
}

// nameMarks are the characters that names of extended commands may have besides letters and digits (V.250, 5.4.1).
const nameMarks = "!%-./:_"

// extendedName returns the name of an extended command whose mark is given, in upper case.
func (s *script) extendedName(mark byte) string {
	s.peek() // a space behind the mark
	begin := s.pos
	for s.pos < len(s.text) && isNameChar(s.text[s.pos]) {
		s.pos++
	}
	return string([]byte{mark}) + strings.ToUpper(s.text[begin:s.pos])
}

// atCommand reports whether what is next can begin a command: a letter or a mark, and no digit, comma or quote of a value.
func (s *script) atCommand() bool {
	c := s.peek()
	return c != 0 && !isDigit(c) && c != ',' && c != '"'
}

func isNameChar(c byte) bool {
	return isLetter(c) || isDigit(c) || strings.IndexByte(nameMarks, c) >= 0
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isLetter(c byte) bool { return c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' }

// argument is what stands behind the name of a basic command.
type argument struct {
	n     int  // 0 if there is none (V.250, 5.3.1)
	plain bool // it is a number or nothing, as V.250 has it
	query bool // it asks for the value
	test  bool // it asks which values there are
	bad   bool // it cannot be understood
}

// argument reads all that belongs to the command before it, so that none of it is taken for another command. V.250 has only a
// number. Programs also write =number, numbers with commas, ? and =?; behind = and a comma everything up to a semicolon belongs to
// the command. That of a long name is never a number alone, so it always ends there.
func (s *script) argument(long bool) argument {
	n, found := s.number()
	a := argument{n: n, plain: true}
	switch {
	case s.skip('='):
		a.plain = false
		text := s.value()
		number, err := strconv.Atoi(text)
		a.n, a.test = min(number, 1<<20), text == "?"
		a.bad = !a.test && (found || err != nil || number < 0)
	case s.skip('?'):
		a.plain, a.query = false, true
	case s.peek() == ',':
		a.plain = false
		s.value()
	}
	if long {
		s.value()
	}
	return a
}
