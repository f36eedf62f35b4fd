package config

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/BurntSushi/toml"

	"meterline/cmd/meterline/config/position"
)

// document is one TOML file: its values, and where they stand.
type document struct {
	src    *source
	values map[string]any
	root   *position.Node
}

func (d *document) at(n *position.Node) place {
	if n == nil {
		return place{src: d.src}
	}
	return place{src: d.src, line: n.Line}
}

// decodeTOML takes a file apart. What is no TOML is told alone: nothing behind the first such fault can be trusted.
func decodeTOML(src *source, text []byte) (doc *document, f *fault) {
	defer func() {
		// The library panics where it finds a fault of its own; a file must not end the daemon.
		if r := recover(); r != nil {
			doc, f = nil, &fault{place{src: src}, flaw{what: fmt.Sprintf("this TOML cannot be read: %v", r)}}
		}
	}()
	text = bytes.TrimPrefix(text, []byte("\uFEFF"))
	if bad := notText(text); bad != nil {
		return nil, &fault{place{src: src, line: 1 + bytes.Count(text[:bad.at], []byte("\n"))}, bad.flaw}
	}
	root, deep := position.Scan(string(text))
	if deep {
		return nil, &fault{place{src: src}, flaw{"tables or arrays stand deeper than 64 in one another", "nothing here needs that"}}
	}
	values := make(map[string]any)
	_, err := toml.Decode(string(text), &values)
	if pe, ok := errors.AsType[toml.ParseError](err); ok {
		return nil, &fault{place{src: src, line: pe.Position.Line}, syntaxFlaw(pe)}
	}
	if err != nil {
		return nil, &fault{place{src: src}, flaw{what: err.Error()}}
	}
	return &document{src: src, values: values, root: root}, nil
}

// misread is why bytes are not text, and where.
type misread struct {
	at int
	flaw
}

// notText finds what editors and spreadsheets save when they are not told UTF-8.
func notText(text []byte) *misread {
	if bytes.HasPrefix(text, []byte{0xff, 0xfe}) || bytes.HasPrefix(text, []byte{0xfe, 0xff}) {
		return &misread{0, flaw{"this is UTF-16", "save the file as UTF-8"}}
	}
	if i := bytes.IndexByte(text, 0); i >= 0 {
		return &misread{i, flaw{"a NUL byte, as in UTF-16 or binary files", "save the file as UTF-8 text"}}
	}
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && size == 1 {
			return &misread{i, flaw{fmt.Sprintf("byte %02X is no UTF-8", text[i]), "save the file as UTF-8 (it may be in an older code page such as Windows-1251)"}}
		}
		i += size
	}
	return nil
}

// syntaxFlaw words a syntax error as the library does, with the lines around it, and adds what meets this file's readers most.
func syntaxFlaw(pe toml.ParseError) flaw {
	f := flaw{what: strings.TrimSuffix(pe.Message, ".")}
	_, lines, _ := strings.Cut(pe.ErrorWithPosition(), ":\n\n")
	switch {
	case strings.Contains(pe.Message, "leading zero"):
		f.hint = "if it is an id, put it in quotes"
	case strings.Contains(pe.Message, "invalid escape"), strings.Contains(pe.Message, "escaped"):
		f.hint = `write \\ for one \, or put the text in single quotes`
	case strings.Contains(pe.Message, "already been defined"), strings.Contains(pe.Message, "already created"):
		f.hint = "a key stands once in its table, and a table once in the file"
	case strings.Contains(pe.Message, "expected value but found"), strings.HasPrefix(pe.Message, "invalid float"),
		strings.Contains(pe.Message, "to end with a newline"):
		f.hint = "text stands in quotes"
	}
	if lines = strings.TrimRight(lines, "\n"); lines != "" {
		if f.hint != "" {
			f.what, f.hint = f.what+": "+f.hint, ""
		}
		f.what += "\n" + lines
	}
	return f
}
