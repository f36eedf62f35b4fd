// Package table reads one table of a configuration: a table of a TOML file or a row of a list, with the place of each
// value. It knows no key by name and nothing of modems and ports; package config does.
//
//  1. Decode parses a file into a Document; position.Scan finds where its keys stand.
//  2. Package config makes a Table of each table by New, and fills it by Table.Set. Schema.Find tells whether the kind of
//     table has a key; UnknownKey words what an unknown one was probably meant to be.
//  3. Keys.Defaults is a value with every default set. Keys.Read reads into a copy of it what the table gives, each key by
//     its Form.
//  4. What is wrong with a value is a Flaw. Table.Fault adds its place, and Findings.Err joins all faults in the order of the
//     files.
package table

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"meterline/cmd/meterline/config/position"
)

// Value is the value of one key as somebody wrote it, and where.
type Value struct {
	Raw   any // as the TOML library decodes it; text in a list
	At    Place
	Base  *Source        // relative paths are relative to its folder, nil: the file of At
	Node  *position.Node // locates the elements of an array, nil in a list
	Label string         // the table it stands in, as messages name it
	Soft  bool           // from [defaults.…] or the template of a list: ignored where it does not apply
	Cell  bool           // a cell of a list, where everything is text
}

// Folder is the file to whose folder a relative path is relative.
func (v Value) Folder() *Source {
	if v.Base != nil {
		return v.Base
	}
	return v.At.Source
}

// Table is one table of the configuration, with its defaults filled in, or one row of a list. The methods that read a key
// check its value, report a fault of it once, and return the zero value if the key is missing or wrong.
type Table struct {
	Kind, Name string
	At         Place
	Row        bool  // it is a row of a list
	Order      Place // where it counts in the order of the files: a row of a list counts where the list's table stands
	Found      *Findings
	values     map[string]Value
	wrong      map[string]bool // keys that have a fault
}

// New is a table without keys.
func New(kind, name string, at Place, found *Findings) *Table {
	return &Table{Kind: kind, Name: name, At: at, Order: at, Found: found, values: make(map[string]Value), wrong: make(map[string]bool)}
}

// Label is the table's header, as it is written in a file.
func (t *Table) Label() string { return Header(t.Kind, t.Name) }

// Header is how a table of that kind and name is opened in a file, like [usb.gsm1]. The name is in quotes where TOML
// needs them.
func Header(kind, name string) string {
	return "[" + kind + "." + KeyText(name) + "]"
}

// KeyText writes a key as TOML needs it: bare, or in quotes.
func KeyText(key string) string {
	bare := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_'
	}
	if key != "" && strings.TrimFunc(key, bare) == "" {
		return key
	}
	return fmt.Sprintf("%q", key)
}

// Set gives a key its value.
func (t *Table) Set(key string, v Value) { t.values[key] = v }

// Value returns the value of a key, the zero Value if the key is missing.
func (t *Table) Value(key string) Value { return t.values[key] }

// Keys returns the names of the keys that are given, sorted.
func (t *Table) Keys() []string { return slices.Sorted(maps.Keys(t.values)) }

// Has reports whether a key is given.
func (t *Table) Has(key string) bool {
	_, there := t.values[key]
	return there
}

// HasAny reports whether one of several keys is given.
func (t *Table) HasAny(keys ...string) bool { return slices.ContainsFunc(keys, t.Has) }

// Good reports whether a key is given and has no fault so far.
func (t *Table) Good(key string) bool { return t.Has(key) && !t.wrong[key] }

// Meant reports whether a key is given for this table in particular, not by defaults or the template of a list.
func (t *Table) Meant(key string) bool { return t.Has(key) && !t.values[key].Soft }

// Own reports whether a key is meant for this table, and has no fault so far.
func (t *Table) Own(key string) bool { return t.Meant(key) && !t.wrong[key] }

// Wrong reports whether one of several keys has a fault.
func (t *Table) Wrong(keys ...string) bool {
	return slices.ContainsFunc(keys, func(key string) bool { return t.wrong[key] })
}

// AnyWrong reports whether the table has any fault.
func (t *Table) AnyWrong() bool { return len(t.wrong) > 0 }

// Place is where a key stands, or the table if the key is missing.
func (t *Table) Place(key string) Place {
	if v, there := t.values[key]; there {
		return v.At
	}
	return t.At
}

// KeyPlace is where a key of an inline table stands: under escape, the line of "hex:C0" in escape = { "hex:C0" = "…" }.
func (t *Table) KeyPlace(key, inner string) Place {
	return t.nodePlace(key, t.values[key].Node.Key(inner))
}

// ElementPlace is where an element of an array stands.
func (t *Table) ElementPlace(key string, i int) Place {
	return t.nodePlace(key, t.values[key].Node.Item(i))
}

func (t *Table) nodePlace(key string, n *position.Node) Place {
	at := t.Place(key)
	if n != nil {
		at.Line = n.Line
	}
	return at
}

// Fault reports what is wrong with a key. A key that is missing is reported at the table.
func (t *Table) Fault(key string, f *Flaw) {
	t.FaultAt(key, t.Place(key), f)
}

// FaultAt reports what is wrong with a part of a key's value.
func (t *Table) FaultAt(key string, at Place, f *Flaw) {
	label := t.Label()
	if v, there := t.values[key]; there {
		label = v.Label
	}
	t.wrong[key] = true
	t.Found.Fault(at, &Flaw{fmt.Sprintf("%s %s: %s", label, key, f.What), t.advice(key, f.Hint)})
}

// assignment is a key and its value, as hints write them.
var assignment = regexp.MustCompile(`\b([a-z_]+) = \[?("[^"]*"|[^\s,;\]]+)\]?`)

// advice returns a hint in the words of the place where the value stands: a cell of a list has a column and no key.
func (t *Table) advice(key, hint string) string {
	if v, there := t.values[key]; !t.Row || there && !v.Cell {
		return hint
	}
	hint = assignment.ReplaceAllString(hint, "$2 in the column $1")
	return strings.ReplaceAll(hint, "leave the key out", "leave the cell empty")
}

// Refuse reports a fault of the table as a whole.
func (t *Table) Refuse(f *Flaw) {
	t.wrong[""] = true
	t.Found.Fault(t.At, &Flaw{t.Label() + ": " + f.What, f.Hint})
}

// Inherit fills in what t does not say itself. from may be nil.
func (t *Table) Inherit(from *Table) {
	if from == nil {
		return
	}
	for key, v := range from.values {
		if !t.Has(key) {
			t.values[key] = v
		}
	}
}
