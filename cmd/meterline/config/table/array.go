package table

import (
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Part is one of several texts of a key.
type Part struct {
	Text string
	At   Place
}

// Texts is the one text or the array of texts of a key. In a cell of a list, spaces, commas and semicolons separate
// them.
func (t *Table) Texts(key string) []Part {
	v, there := t.values[key]
	if !there || t.wrong[key] {
		return nil
	}
	if s, isText := v.Raw.(string); isText && v.Cell {
		return partsAt(strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(" ,;\t\r\n", r) }), v.At)
	}
	values, isArray := v.Raw.([]any)
	if !isArray {
		if s := t.Text(key); s != "" {
			return []Part{{s, v.At}}
		}
		return nil
	}
	var all []Part
	for i, one := range values {
		at := t.ElementPlace(key, i)
		s, isText := one.(string)
		switch {
		case !isText:
			t.FaultAt(key, at, NotA("text", key, one))
		case strings.TrimSpace(s) == "":
			t.FaultAt(key, at, Flawf("take it out", "an empty text"))
		default:
			all = append(all, Part{s, at})
		}
	}
	return all
}

// TextsWithSpaces is Texts for texts that have spaces in them: in a list, commas and semicolons alone separate them.
func (t *Table) TextsWithSpaces(key string) []Part {
	v := t.values[key]
	s, isText := v.Raw.(string)
	if !isText || v.Node != nil || t.wrong[key] {
		return t.Texts(key)
	}
	return partsAt(strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ';' }), v.At)
}

func partsAt(texts []string, at Place) []Part {
	all := make([]Part, 0, len(texts))
	for _, s := range texts {
		all = append(all, Part{s, at})
	}
	return all
}

// Pairs calls each for the pairs of texts of an inline table, in the order of their first texts, and reports the flaw
// that it returns. what describes the table where the value is none; becomes is the verb between the two texts.
func (t *Table) Pairs(key, what, becomes, example string, each func(from, to string) *Flaw) {
	pairs, isTable := t.values[key].Raw.(map[string]any)
	if !isTable {
		t.Fault(key, Flawf(example, "%s, not %s", KindOf(t.values[key].Raw), what))
		return
	}
	for _, from := range slices.Sorted(maps.Keys(pairs)) {
		to, isText := pairs[from].(string)
		f := Flawf(example, "%q %s %s, not text", from, becomes, KindOf(pairs[from]))
		if isText {
			f = each(from, to)
		}
		if f != nil {
			t.FaultAt(key, t.KeyPlace(key, from), f)
		}
	}
}

// Bytes is the text of a key in the notation for bytes; see ParseBytes.
func (t *Table) Bytes(key string, most int) []byte {
	v, there := t.values[key]
	if !there || t.wrong[key] {
		return nil
	}
	s, isText := v.Raw.(string)
	if !isText {
		t.Fault(key, NotA("text", key, v.Raw))
		return nil
	}
	b, f := ParseBytes(s, most)
	if f != nil {
		t.Fault(key, f)
	}
	return b
}

// ParseBytes reads bytes as a configuration writes them: ASCII as it is, with TOML's escapes, or "hex:" and pairs of
// hexadecimal digits.
func ParseBytes(s string, most int) ([]byte, *Flaw) {
	digits, isHex := strings.CutPrefix(s, "hex:")
	b := []byte(s)
	if isHex {
		var err error
		if b, err = hex.DecodeString(strings.ReplaceAll(digits, " ", "")); err != nil {
			return nil, Flawf(`write pairs of hexadecimal digits, like "hex:7B 01 0D"`, "%q is no hexadecimal", s)
		}
	} else if i := strings.IndexFunc(s, func(r rune) bool { return r >= 0x80 }); i >= 0 {
		return nil, Flawf(`write such bytes in hexadecimal, like "hex:FE"`, "%q is not all ASCII", s)
	}
	switch {
	case len(b) == 0:
		return nil, Flawf("write at least one byte, or leave it out", "no bytes")
	case len(b) > most:
		return nil, Flawf(fmt.Sprintf("write at most %d", most), "%d bytes are too many", len(b))
	}
	return b, nil
}
