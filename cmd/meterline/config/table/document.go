package table

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"unicode/utf8"

	"github.com/BurntSushi/toml"

	"meterline/cmd/meterline/config/position"
)

// Document is one TOML file: its values, and where they stand.
type Document struct {
	Source *Source
	Values map[string]any
	Root   *position.Node
}

// At is the place of a node; of nil it is the file as a whole.
func (d *Document) At(n *position.Node) Place {
	if n == nil {
		return Place{Source: d.Source}
	}
	return Place{Source: d.Source, Line: n.Line}
}

// Decode parses a TOML file. A syntax error is returned alone, since nothing after it can be trusted.
func Decode(src *Source, text []byte) (doc *Document, f *Fault) {
	defer func() {
		// The library panics on some inputs; a bad file must not end the daemon.
		if r := recover(); r != nil {
			doc, f = nil, &Fault{Place{Source: src}, Flaw{What: fmt.Sprintf("this TOML cannot be read: %v", r)}}
		}
	}()
	text = bytes.TrimPrefix(text, []byte("\uFEFF"))
	if at, bad := CheckText(text); bad != nil {
		return nil, &Fault{Place{Source: src, Line: 1 + bytes.Count(text[:at], []byte("\n"))}, *bad}
	}
	root, deep := position.Scan(string(text))
	if deep {
		return nil, &Fault{Place{Source: src}, Flaw{"tables or arrays stand deeper than 64 in one another", "nothing here needs that"}}
	}
	values := make(map[string]any)
	_, err := toml.Decode(string(text), &values)
	if pe, ok := errors.AsType[toml.ParseError](err); ok {
		return nil, &Fault{Place{Source: src, Line: faultLine(pe)}, syntaxFlaw(pe, lineOf(text, faultLine(pe)))}
	}
	if err != nil {
		return nil, &Fault{Place{Source: src}, Flaw{What: err.Error()}}
	}
	return &Document{Source: src, Values: values, Root: root}, nil
}

// CheckText reports the first bytes that are not UTF-8 text, and their offset. Editors and spreadsheets often save
// another encoding.
func CheckText(text []byte) (at int, f *Flaw) {
	if bytes.HasPrefix(text, []byte{0xff, 0xfe}) || bytes.HasPrefix(text, []byte{0xfe, 0xff}) {
		return 0, Flawf("save the file as UTF-8", "this is UTF-16")
	}
	if i := bytes.IndexByte(text, 0); i >= 0 {
		return i, Flawf("save the file as UTF-8 text", "a NUL byte, as in UTF-16 or binary files")
	}
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && size == 1 {
			return i, Flawf("save the file as UTF-8 (it may be in an older code page such as Windows-1251)", "byte %02X is no UTF-8", text[i])
		}
		i += size
	}
	return 0, nil
}

// InFileOrder returns the keys of a table in the order in which they stand in the text.
func InFileOrder(values map[string]any, n *position.Node) []string {
	return slices.SortedFunc(maps.Keys(values), func(a, b string) int {
		x, y := n.Key(a), n.Key(b)
		if x == nil || y == nil {
			return cmp.Compare(a, b)
		}
		return cmp.Or(cmp.Compare(x.Offset, y.Offset), cmp.Compare(a, b))
	})
}
