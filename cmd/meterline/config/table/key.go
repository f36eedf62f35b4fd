package table

import (
	"slices"
	"strconv"
)

// Key is all that is known of one key of a kind of table, whose values are read into a T.
type Key[T any] struct {
	Name string
	Form Form[T] // how its value is written, and the field that it sets
	// Default is the value that Keys.Defaults sets. It is written as in a cell of a list, without quotes. Empty: the zero
	// value.
	Default string
	// Otherwise describes what holds if the key is missing and Default is empty. Empty: nothing.
	Otherwise string
	Doc       string // one or two sentences for the operator
	Own       bool   // it tells one table from the others of its kind, so that [defaults.KIND] cannot have it
	// Refused is the fault of a key that nobody may write: one of an earlier or later version, or a secret.
	Refused *Flaw
}

// Keys are the keys of one kind of table, in the order in which the example explains them.
type Keys[T any] []Key[T]

// Read reads the keys that t gives into to, and leaves the others as they are.
func (keys Keys[T]) Read(t *Table, to *T) {
	for i := range keys {
		if k := &keys[i]; k.Form.read != nil && t.Has(k.Name) {
			k.Form.read(t, k.Name, to)
		}
	}
}

// Defaults is a T with all defaults set. It panics on a default that its key would refuse. It is called when the program
// starts, so that any test finds a bad default.
func (keys Keys[T]) Defaults() (to T) {
	var found Findings
	t := New("defaults", "", Place{Source: &Source{Name: "defaults"}}, &found)
	for _, k := range keys {
		if k.Default != "" {
			t.Set(k.Name, Value{Raw: k.Default, At: t.At, Cell: true})
		}
	}
	keys.Read(t, &to)
	if err := found.Err(); err != nil {
		panic(err)
	}
	return to
}

// In turns keys of a part into keys of the whole that contains it.
func In[Whole, Part any](keys Keys[Part], part func(*Whole) *Part) Keys[Whole] {
	all := make(Keys[Whole], 0, len(keys))
	for _, k := range keys {
		form := Form[Whole]{text: k.Form.text, plain: k.Form.plain}
		if read := k.Form.read; read != nil {
			form.read = func(t *Table, key string, to *Whole) { read(t, key, part(to)) }
		}
		all = append(all, Key[Whole]{k.Name, form, k.Default, k.Otherwise, k.Doc, k.Own, k.Refused})
	}
	return all
}

// About is what is known of a key, without the type that it is read into.
type About struct {
	Name, Form, Default, Doc string
	Literal, Own             bool
	Refused                  *Flaw
}

// Schema is the keys that a kind of table has.
type Schema struct {
	keys  []About
	names []string       // of those that are not refused
	index map[string]int // in keys
}

// Schema describes keys without the type that they are read into.
func (keys Keys[T]) Schema() Schema {
	s := Schema{index: make(map[string]int, len(keys))}
	for _, k := range keys {
		shown := k.Default
		if shown == "" {
			shown = k.Otherwise
		}
		s.add(About{k.Name, k.Form.text, shown, k.Doc, k.Form.plain, k.Own, k.Refused})
	}
	return s
}

func (s *Schema) add(a About) {
	if _, twice := s.index[a.Name]; twice {
		panic("table: two keys are called " + strconv.Quote(a.Name))
	}
	s.index[a.Name] = len(s.keys)
	s.keys = append(s.keys, a)
	if a.Refused == nil {
		s.names = append(s.names, a.Name)
	}
}

// Join is a schema with the keys of both.
func (s Schema) Join(other Schema) Schema {
	joined := Schema{index: make(map[string]int)}
	for _, a := range slices.Concat(s.keys, other.keys) {
		joined.add(a)
	}
	return joined
}

// Shared is the schema of the table of defaults for a kind: without the keys that tell its tables apart.
func (s Schema) Shared() Schema {
	shared := Schema{index: make(map[string]int)}
	for _, a := range s.keys {
		if !a.Own {
			shared.add(a)
		}
	}
	return shared
}

// Names are the names of all keys that can be written.
func (s Schema) Names() []string { return s.names }

// Find returns the key of that name, nil if there is none.
func (s Schema) Find(name string) *About {
	if i, there := s.index[name]; there {
		return &s.keys[i]
	}
	return nil
}

// Has reports whether a key of that name can be written.
func (s Schema) Has(name string) bool {
	a := s.Find(name)
	return a != nil && a.Refused == nil
}

// All are all keys that can be written.
func (s Schema) All() []About {
	return slices.DeleteFunc(slices.Clone(s.keys), func(a About) bool { return a.Refused != nil })
}
