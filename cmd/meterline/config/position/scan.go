// Package position finds where keys stand in the text of a TOML file: offsets, and lines from 1. It is not a TOML
// parser: it reads no values, judges nothing, and accepts any text.
package position

import (
	"strings"
	"unicode/utf8"
)

// maxNesting bounds how deep arrays, tables and dotted keys may be nested, since whatever reads them recurses.
const maxNesting = 64

// Node is where a key, table or element of an array stands in the text of a TOML file. The TOML library returns values
// without their lines.
type Node struct {
	Offset int              // in bytes, from 0
	Line   int              // from 1
	opened bool             // it has a [header] of its own, not only one of a table below it
	keys   map[string]*Node // of a table
	items  []*Node          // of an array
}

// Key is the node of a key below n, nil where there is none; n may be nil.
func (n *Node) Key(name string) *Node {
	if n == nil {
		return nil
	}
	return n.keys[name]
}

// Item is the node of an array's element, nil where there is none; n may be nil.
func (n *Node) Item(i int) *Node {
	if n == nil || i >= len(n.items) {
		return nil
	}
	return n.items[i]
}

// scanner finds the keys of a text. It need not be valid TOML: then the scanner finds any keys or none, and ends.
type scanner struct {
	text   string
	i      int // next byte
	line   int // line of the offset count
	count  int // offset up to which lines have been counted
	depth  int
	tooFar bool // something is nested deeper than maxNesting
}

// Scan locates all keys of text. deep reports that the text is nested beyond maxNesting.
func Scan(text string) (root *Node, deep bool) {
	s := &scanner{text: text, line: 1}
	root = s.here()
	table := root
	for s.blanks(); !s.end(); s.blanks() {
		at := s.here()
		switch {
		case s.take("[["):
			table = s.header(root, at, true)
		case s.take("["):
			table = s.header(root, at, false)
		default:
			s.pair(table)
		}
		s.restOfLine()
	}
	return root, s.tooFar
}

func (s *scanner) end() bool { return s.i >= len(s.text) }

// peek is the next byte, 0 at the end.
func (s *scanner) peek() byte {
	if s.end() {
		return 0
	}
	return s.text[s.i]
}

func (s *scanner) take(what string) bool {
	if !strings.HasPrefix(s.text[s.i:], what) {
		return false
	}
	s.i += len(what)
	return true
}

// here makes a node at the current position. Positions only grow, so that each line is counted once.
func (s *scanner) here() *Node {
	s.line += strings.Count(s.text[s.count:s.i], "\n")
	s.count = s.i
	return &Node{Offset: s.i, Line: s.line}
}

func (s *scanner) spaces() {
	for s.peek() == ' ' || s.peek() == '\t' {
		s.i++
	}
}

// blanks skips white space, ends of lines and comments.
func (s *scanner) blanks() {
	for !s.end() {
		switch s.peek() {
		case ' ', '\t', '\r', '\n':
			s.i++
		case '#':
			s.restOfLine()
		default:
			return
		}
	}
}

func (s *scanner) restOfLine() {
	if n := strings.IndexByte(s.text[s.i:], '\n'); n >= 0 {
		s.i += n
	} else {
		s.i = len(s.text)
	}
}

// header reads the name of a table after its bracket, and returns the table that the following keys belong to.
func (s *scanner) header(root, at *Node, array bool) *Node {
	table := root
	names := s.names()
	for i, name := range names {
		last := i == len(names)-1
		next, known := table.child(name.text, at)
		switch {
		case last && array:
			item := &Node{Offset: at.Offset, Line: at.Line, opened: true}
			next.items = append(next.items, item)
			next = item
		case last && !next.opened:
			next.opened = true
			if known {
				next.Offset, next.Line = at.Offset, at.Line
			}
		case len(next.items) > 0:
			next = next.items[len(next.items)-1]
		}
		table = next
	}
	return table
}

// child is the node of a key below n, made at the place of at where it is new.
func (n *Node) child(name string, at *Node) (kid *Node, known bool) {
	if kid, known = n.keys[name]; known {
		return kid, true
	}
	if n.keys == nil {
		n.keys = make(map[string]*Node)
	}
	kid = &Node{Offset: at.Offset, Line: at.Line}
	n.keys[name] = kid
	return kid, false
}

// pair reads a key, which may be dotted, and its value into table.
func (s *scanner) pair(table *Node) {
	n := table
	for _, name := range s.names() {
		n, _ = n.child(name.text, name.at)
	}
	if s.take("=") {
		s.value(n)
	}
}

// keyName is one part of a dotted key.
type keyName struct {
	text string
	at   *Node
}

func (s *scanner) names() []keyName {
	var all []keyName
	for {
		s.spaces()
		n := keyName{at: s.here()}
		switch s.peek() {
		case '"':
			n.text = unescape(s.quoted())
		case '\'':
			n.text = s.quoted()
		default:
			n.text = s.bare()
		}
		s.spaces()
		if len(all) == maxNesting {
			s.tooFar = true
			return all
		}
		all = append(all, n)
		if !s.take(".") {
			return all
		}
	}
}

func (s *scanner) bare() string {
	start := s.i
	for !s.end() && (s.peek() >= utf8.RuneSelf || strings.IndexByte(" \t\r\n.=[]{},#\"'", s.peek()) < 0) {
		s.i++
	}
	return s.text[start:s.i]
}
