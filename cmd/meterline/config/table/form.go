package table

import (
	"fmt"
	"strings"
	"time"
)

// Form is how the value of a key is written, and how it is read into a T.
type Form[T any] struct {
	text  string // for the reference
	plain bool   // braces in it are braces, not placeholders of a list
	read  func(t *Table, key string, to *T)
}

// Read reads the value of a key into to.
func (f Form[T]) Read(t *Table, key string, to *T) { f.read(t, key, to) }

// Func is a form with its own function that reads and checks the value. text describes it in the reference.
func Func[T any](text string, read func(t *Table, key string, to *T)) Form[T] {
	return Form[T]{text: text, read: read}
}

// Word is a text of which only the type is checked. What it means depends on other tables.
func Word[T any](text string) Form[T] {
	return Form[T]{text: text, read: func(t *Table, key string, _ *T) { t.Text(key) }}
}

// Later is a form that Keys.Read skips: how it is read depends on other keys.
func Later[T any](text string) Form[T] { return Form[T]{text: text} }

// Literal marks a form in whose values braces are braces: bytes, or names of files and columns. In the table of a list,
// braces in other values are placeholders.
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

// Words is one of several words; set stores it.
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
