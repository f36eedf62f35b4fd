package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"meterline/cmd/meterline/config/position"
)

// given is one value as somebody wrote it, and where.
type given struct {
	value any // as the TOML library decodes it; text in a list
	at    place
	base  *source        // whose folder relative paths are relative to, nil: the file of at
	node  *position.Node // locates the elements of an array, nil in a list
	label string         // the table it stands in, as messages name it
	soft  bool           // from [defaults.…] or the template of a list: where it does not apply it is passed over
	cell  bool           // a cell of a list, where everything is text
}

// section is one table of the configuration, with its defaults filled in, or one row of a list. Its methods check a key and
// return its value, the zero value if the key is missing or wrong.
type section struct {
	kind, name string
	at         place
	turn       place // what its turn in the status goes by: for the row of a list the list's
	keys       map[string]given
	wrong      map[string]bool // keys that a fault has been told of
	found      *findings

	later bool // a key of a later version stands in it, so that others may be missing
}

func newSection(kind, name string, at place, found *findings) *section {
	return &section{kind: kind, name: name, at: at, turn: at, keys: make(map[string]given), wrong: make(map[string]bool), found: found}
}

// label is the table as it is written in a file.
func (t *section) label() string { return Header(t.kind, t.name) }

// Header is how a table of that kind and name is opened in a file, like [usb.gsm1], with the name in quotes where it
// needs them.
func Header(kind, name string) string {
	return "[" + kind + "." + keyText(name) + "]"
}

// keyText writes a key as TOML wants it.
func keyText(key string) string {
	bare := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_'
	}
	if key != "" && strings.TrimFunc(key, bare) == "" {
		return key
	}
	return fmt.Sprintf("%q", key)
}

// ok reports whether the key is there, and nothing wrong with it so far.
func (t *section) ok(key string) bool {
	_, there := t.keys[key]
	return there && !t.wrong[key]
}

// own reports whether the key is there and meant for this table in particular.
func (t *section) own(key string) bool {
	return t.ok(key) && !t.keys[key].soft
}

// fault tells what is wrong with a key, at the table where the key is missing.
func (t *section) fault(key string, f *flaw) {
	t.faultAt(key, t.place(key), f)
}

func (t *section) faultAt(key string, at place, f *flaw) {
	label := t.label()
	if g, there := t.keys[key]; there {
		label = g.label
	}
	t.wrong[key] = true
	t.found.fault(at, &flaw{what: fmt.Sprintf("%s %s: %s", label, key, f.what), hint: f.hint})
}

func (t *section) place(key string) place {
	if g, there := t.keys[key]; there {
		return g.at
	}
	return t.at
}

// text is a key's text; it may not be empty.
func (t *section) text(key string) string {
	g, there := t.keys[key]
	if !there || t.wrong[key] {
		return ""
	}
	s, isText := g.value.(string)
	switch {
	case !isText:
		t.fault(key, notA("text", key, g.value))
	case strings.TrimSpace(s) == "":
		t.fault(key, flawf("leave the key out", "empty"))
	case strings.ContainsFunc(s, isControl):
		t.fault(key, flawf("take it out", "%q has a control character in it", s))
	default:
		return s
	}
	return ""
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

// choice is a text that is one of several, the first if the key is missing.
func (t *section) choice(key string, of ...string) string {
	s := t.text(key)
	if s == "" {
		return of[0]
	}
	if !slices.Contains(of, s) {
		hint := "write one of " + quotedList(of)
		if near := Nearest(s, of); near != "" {
			hint = fmt.Sprintf("write %q (one of %s)", near, quotedList(of))
		}
		t.fault(key, flawf(hint, "%q is unknown", s))
		return of[0]
	}
	return s
}

// duration is a length of time between shortest and longest, usual if the key is missing.
func (t *section) duration(key string, usual, shortest, longest time.Duration) time.Duration {
	g, there := t.keys[key]
	if !there {
		return usual
	}
	if n, isNumber := g.value.(int64); isNumber {
		t.fault(key, flawf(fmt.Sprintf(`write "%ds" for %d seconds`, n, n), "a number without a unit"))
		return usual
	}
	s := t.text(key)
	if s == "" {
		return usual
	}
	if n, err := strconv.Atoi(s); err == nil {
		t.fault(key, flawf(fmt.Sprintf(`write "%ds" for %d seconds`, n, n), "a number without a unit"))
		return usual
	}
	d, err := time.ParseDuration(strings.ReplaceAll(s, " ", ""))
	switch {
	case err != nil:
		t.fault(key, flawf(`write it like "500ms", "90s", "5m" or "24h"`, "%q is no length of time", s))
	case d < shortest || d > longest:
		t.fault(key, flawf(fmt.Sprintf("write something from %s to %s", shortDuration(shortest), shortDuration(longest)), "%q is out of range", s))
	default:
		return d
	}
	return usual
}

// shortDuration writes a duration without the zero units that time.Duration adds: 1h0m0s becomes 1h.
func shortDuration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

func quotedList(of []string) string {
	all := make([]string, 0, len(of))
	for _, s := range of {
		all = append(all, fmt.Sprintf("%q", s))
	}
	return strings.Join(all, ", ")
}
