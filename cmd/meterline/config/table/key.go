package table

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Key is one key of a kind of table, read into a T: everything that is known of it.
type Key[T any] struct {
	Name string
	Form Form[T] // how its value is written, and the field that it sets
	// Default is the value that Keys.Defaults sets, as a list's cell has it: without quotes. Empty: the zero value.
	Default string
	// Otherwise says what holds where the key is missing and Default is empty, in words. Empty: nothing.
	Otherwise string
	Doc       string // one or two sentences for the operator
	Own       bool   // it tells one table from the others of its kind, so that [defaults.KIND] cannot have it
	// Refused is why a known word is not accepted: one of a later version, or one that was given up.
	Refused *Flaw
}

// Form is how the value of a key is written, and how it is read into a T.
type Form[T any] struct {
	text  string // for the reference
	plain bool   // braces in it are braces, not placeholders of a list
	read  func(t *Table, key string, to *T)
}

// Read reads the value of a key into to.
func (f Form[T]) Read(t *Table, key string, to *T) { f.read(t, key, to) }

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

// Defaults is a T with all defaults set. It panics on a default that the key itself would refuse, which a test of each
// table finds.
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

// In makes the keys of a part those of the whole that contains it.
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

// Func is a form with a reader of its own; text describes it in the reference.
func Func[T any](text string, read func(t *Table, key string, to *T)) Form[T] {
	return Form[T]{text: text, read: read}
}

// Word is a text that is checked only for being one. What it means depends on other tables.
func Word[T any](text string) Form[T] {
	return Form[T]{text: text, read: func(t *Table, key string, _ *T) { t.Text(key) }}
}

// Later is a form that Keys.Read does not read: how it is read depends on other keys.
func Later[T any](text string) Form[T] { return Form[T]{text: text} }

// Literal is a form in whose values braces are braces: bytes, or names of files and columns. In others they are placeholders
// when they stand in the table of a list.
func Literal[T any](form Form[T]) Form[T] {
	form.plain = true
	return form
}

// Text is any text that is not empty.
func Text[T any, S ~string](text string, field func(*T) *S) Form[T] {
	return Form[T]{text: text, read: func(t *Table, key string, to *T) {
		if s := t.Text(key); s != "" {
			*field(to) = S(s)
		}
	}}
}

// OneOf is one of several words.
func OneOf[T any, S ~string](field func(*T) *S, words ...S) Form[T] {
	all := make([]string, 0, len(words))
	for _, w := range words {
		all = append(all, string(w))
	}
	return Words(all, func(to *T, word string) { *field(to) = S(word) })
}

// Words is one of several words, each of which set understands.
func Words[T any](words []string, set func(to *T, word string)) Form[T] {
	return Form[T]{text: orWords(words), read: func(t *Table, key string, to *T) {
		if s := t.Choice(key, words...); s != "" {
			set(to, s)
		}
	}}
}

// orWords joins words as the reference shows them.
func orWords(words []string) string {
	all := make([]string, 0, len(words))
	for _, w := range words {
		all = append(all, "`"+w+"`")
	}
	last := len(all) - 1
	if last < 1 {
		return strings.Join(all, "")
	}
	return strings.Join(all[:last], ", ") + " or " + all[last]
}

// Duration is a length of time between shortest and longest.
func Duration[T any](shortest, longest time.Duration, field func(*T) *time.Duration) Form[T] {
	text := "duration, " + ShortDuration(shortest) + " to " + ShortDuration(longest)
	return Form[T]{text: text, read: func(t *Table, key string, to *T) {
		if d, ok := t.Duration(key, shortest, longest); ok {
			*field(to) = d
		}
	}}
}

// Number is a whole number from least to most.
func Number[T any, N ~int | ~uint8](least, most int, field func(*T) *N) Form[T] {
	return Form[T]{text: fmt.Sprintf("%d to %d", least, most), read: func(t *Table, key string, to *T) {
		if n, ok := t.Number(key, least, most); ok {
			*field(to) = N(n)
		}
	}}
}

// Flag is true or false. Where field is nil it is only checked.
func Flag[T any](field func(*T) *bool) Form[T] {
	return Form[T]{text: "`true` or `false`", read: func(t *Table, key string, to *T) {
		if on, ok := t.Flag(key); ok && field != nil {
			*field(to) = on
		}
	}}
}

// FreeText is a text that may have several lines. Where field is nil it is only checked.
func FreeText[T any](field func(*T) *string) Form[T] {
	return Form[T]{text: "text", read: func(t *Table, key string, to *T) {
		if s := t.FreeText(key); field != nil {
			*field(to) = s
		}
	}}
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
