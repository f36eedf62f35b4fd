package position

import (
	"strconv"
	"strings"
)

// value skips one value and locates what is in it under n.
func (s *scanner) value(n *Node) {
	s.spaces()
	switch s.peek() {
	case '[':
		s.inside(n, ']', s.element)
	case '{':
		s.inside(n, '}', s.pair)
	case '"', '\'':
		s.quoted()
	default:
		// A number, a boolean or a date, which may have a space in it.
		for !s.end() && strings.IndexByte(",]}#\r\n", s.peek()) < 0 {
			s.i++
		}
	}
}

// inside reads an array or an inline table from its opening bracket to its closing one.
func (s *scanner) inside(n *Node, closing byte, each func(*Node)) {
	s.i++
	if s.depth == maxNesting {
		s.tooFar = true
		return
	}
	s.depth++
	defer func() { s.depth-- }()
	for s.blanks(); !s.end(); s.blanks() {
		switch s.peek() {
		case closing:
			s.i++
			return
		case ',':
			s.i++
		default:
			start := s.i
			each(n)
			if s.i == start {
				s.i++
			}
		}
	}
}

func (s *scanner) element(array *Node) {
	item := s.here()
	array.items = append(array.items, item)
	s.value(item)
}

// quoted skips a string of any of the four kinds, and returns the text between its quotes, with its escapes.
func (s *scanner) quoted() string {
	quote := s.text[s.i : s.i+1]
	escapes := quote == `"`
	if strings.HasPrefix(s.text[s.i:], strings.Repeat(quote, 3)) {
		return s.multiline(quote, escapes)
	}
	s.i++
	start := s.i
	for ; !s.end() && s.peek() != '\n'; s.i++ {
		switch {
		case s.peek() == quote[0]:
			s.i++
			return s.text[start : s.i-1]
		case s.peek() == '\\' && escapes:
			s.i++
		}
	}
	s.i = min(s.i, len(s.text))
	return s.text[start:s.i]
}

func (s *scanner) multiline(quote string, escapes bool) string {
	s.i += 3
	start := s.i
	for ; !s.end(); s.i++ {
		if s.peek() == '\\' && escapes {
			s.i++
			continue
		}
		if !strings.HasPrefix(s.text[s.i:], strings.Repeat(quote, 3)) {
			continue
		}
		// One or two quotes right before the closing three belong to the text.
		for range 2 {
			if strings.HasPrefix(s.text[s.i+1:], strings.Repeat(quote, 3)) {
				s.i++
			}
		}
		s.i += 3
		return s.text[start : s.i-3]
	}
	s.i = len(s.text)
	return s.text[start:]
}

// unescape resolves the escapes of a quoted key, those of TOML 1.1. Unknown escapes stay as they are.
func unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	short := map[byte]string{'b': "\b", 't': "\t", 'n': "\n", 'f': "\f", 'r': "\r", 'e': "\x1b", '"': `"`, '\\': `\`}
	long := map[byte]int{'x': 2, 'u': 4, 'U': 8}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		i++
		if plain, ok := short[s[i]]; ok {
			b.WriteString(plain)
			continue
		}
		digits, ok := long[s[i]]
		if ok && i+digits < len(s) {
			if r, err := strconv.ParseUint(s[i+1:i+1+digits], 16, 32); err == nil {
				b.WriteRune(rune(r))
				i += digits
				continue
			}
		}
		b.WriteByte('\\')
		b.WriteByte(s[i])
	}
	return b.String()
}
