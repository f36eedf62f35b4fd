package config

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"meterline/cmd/meterline/config/position"
)

// topTable makes a table of the keys that stand above all tables.
func topTable(doc *document, found *findings) *section {
	t := newSection("", "", place{src: doc.src, line: 1}, found)
	for _, key := range topKeys {
		if v, there := doc.values[key]; there {
			n := doc.root.Key(key)
			t.keys[key] = given{value: v, at: doc.at(n), node: n, label: "top of the file:"}
		}
	}
	return t
}

// inFileOrder are the keys of a table as they stand in the text.
func inFileOrder(values map[string]any, n *position.Node) []string {
	return slices.SortedFunc(maps.Keys(values), func(a, b string) int {
		x, y := n.Key(a), n.Key(b)
		if x == nil || y == nil {
			return cmp.Compare(a, b)
		}
		return cmp.Or(cmp.Compare(x.Offset, y.Offset), cmp.Compare(a, b))
	})
}

// gather takes the tables out of one file.
func (c *checker) gather(doc *document, main bool) {
	for _, key := range inFileOrder(doc.values, doc.root) {
		n := doc.root.Key(key)
		at := doc.at(n)
		_, isKind := kinds[key]
		switch {
		case slices.Contains(topKeys, key):
			if !main {
				c.found.fault(at, flawf("write it in the file that includes this one", "%s may not stand in an included file", key))
			}
		case isKind:
			c.gatherKind(doc, key, doc.values[key], n)
		case key == "defaults":
			c.gatherDefaults(doc, doc.values[key], n)
		default:
			c.found.fault(at, unknownTop(key, doc.values[key]))
		}
	}
}

func unknownTop(key string, value any) *flaw {
	known := append(slices.Sorted(maps.Keys(kinds)), "defaults")
	if _, isTable := value.(map[string]any); !isTable {
		if kind := keyOfKind(key); kind != "" && Nearest(key, topKeys) == "" {
			return flawf(fmt.Sprintf("write [%s.NAME] above it", kind), "%s stands outside any table", key)
		}
		return unknownKey(key, "at the top of the file", topKeys)
	}
	if near := Nearest(key, known); near != "" {
		return flawf(fmt.Sprintf("write [%s.…]", near), "unknown table [%s]", keyText(key))
	}
	return flawf("known are ["+strings.Join(known, "], [")+"]", "unknown table [%s]", keyText(key))
}

// keyOfKind is the kind of table that a stray key probably belongs to.
func keyOfKind(key string) string {
	for _, kind := range []string{"modem", "exchange", "profile", "port", "usb", "sim", "list"} {
		if slices.Contains(kinds[kind], key) {
			return kind
		}
	}
	return ""
}

func (c *checker) gatherKind(doc *document, kind string, value any, n *position.Node) {
	named, isTable := value.(map[string]any)
	if !isTable {
		c.found.fault(doc.at(n), flawf(fmt.Sprintf("write [%s.NAME] for each", kind), "%s is %s, not a table", kind, kindOf(value)))
		return
	}
	for _, name := range inFileOrder(named, n) {
		kid := n.Key(name)
		values, isTable := named[name].(map[string]any)
		if !isTable {
			what := flawf(fmt.Sprintf("write [%s.NAME] above it", kind), "[%s] has no name, so that %s belongs to nothing", kind, keyText(name))
			if _, isArray := named[name].([]map[string]any); isArray {
				what = flawf("write "+Header(kind, name), "[[%s.%s]] is an array", kind, keyText(name))
			}
			c.found.fault(doc.at(kid), what)
			continue
		}
		if t := c.gatherTable(doc, kind, name, values, kid); t != nil {
			c.add(t)
		}
	}
}

// add takes a table that has a name of its own among its kind.
func (c *checker) add(t *section) {
	if f := nameFlaw(t.name); f != nil {
		c.found.fault(t.at, &flaw{what: t.label() + ": " + f.what, hint: f.hint})
		return
	}
	if c.claim(t.kind, t.name, t.at, t.label(), flawf("give one of them another name", "%s is declared twice", t.label())) {
		c.tables[t.kind] = append(c.tables[t.kind], t)
	}
}

// nameFlaw keeps names such that they can be typed on a command line, stand in a column and be part of a path.
func nameFlaw(name string) *flaw {
	odd := func(r rune) bool {
		return !unicode.IsPrint(r) || r == ' ' || strings.ContainsRune(`/\"'{}*?`, r)
	}
	switch i := strings.IndexFunc(name, odd); {
	case name == "":
		return flawf("give it one", "no name")
	case i >= 0:
		return flawf("write "+fmt.Sprintf("%q", strings.Trim(strings.Join(strings.FieldsFunc(name, odd), "-"), "-"))+", and the rest in note",
			"a name without spaces, quotes, slashes, braces and wildcards is needed")
	case len([]rune(name)) > 64:
		return flawf("keep it below 65 letters", "the name is too long")
	case name[0] == '-' || name == "." || name == "..":
		return flawf("begin it with a letter or digit", "the name would be misread on a command line")
	}
	return nil
}

// gatherTable makes a table of values, and tells of the keys that it cannot have. It is nil where nothing but the dots in
// an unquoted name made the table.
func (c *checker) gatherTable(doc *document, kind, name string, values map[string]any, n *position.Node) *section {
	t := newSection(kind, name, doc.at(n), c.found)
	nested := 0
	for _, key := range inFileOrder(values, n) {
		kid := n.Key(key)
		if !c.keyFits(doc, t, kinds[kind], key, values[key], kid) {
			if _, isTable := values[key].(map[string]any); isTable {
				nested++
			}
			continue
		}
		t.keys[key] = given{value: values[key], at: doc.at(kid), node: kid, label: t.label()}
	}
	if nested > 0 && nested == len(values) {
		return nil
	}
	return t
}

// keyFits tells of a key that t cannot have.
func (c *checker) keyFits(doc *document, t *section, known []string, key string, value any, n *position.Node) bool {
	if slices.Contains(known, key) {
		return true
	}
	if below, isTable := value.(map[string]any); isTable {
		c.dotted(doc, t.kind, t.name+"."+key, below, n)
		return false
	}
	kind := t.kind
	if kind == "defaults" {
		kind = t.name
	}
	if what, isLater := laterKeys[kind][key]; isLater {
		t.later = true
		f := notYet(what)
		c.found.fault(doc.at(n), &flaw{what: t.label() + " " + key + ": " + f.what, hint: f.hint})
		return false
	}
	if hint, isSecret := secretKeys[kind][key]; isSecret {
		t.wrong[key] = true
		c.found.fault(doc.at(n), flawf(hint, "%s %s: a secret does not stand in a configuration that many read", t.label(), key))
		return false
	}
	if hint, isGone := goneKeys[kind][key]; isGone {
		t.wrong[key] = true
		c.found.fault(doc.at(n), flawf(hint, "%s %s: there is no such key any more", t.label(), key))
		return false
	}
	c.found.fault(doc.at(n), unknownKey(key, "in "+t.label(), known))
	return false
}

// dotted tells of the tables that an unquoted name with dots in it makes: [modem.10.8.0.12] is a table 12 in a table 0.
func (c *checker) dotted(doc *document, kind, name string, values map[string]any, n *position.Node) {
	leaf := len(values) == 0
	for _, key := range inFileOrder(values, n) {
		if below, isTable := values[key].(map[string]any); isTable {
			c.dotted(doc, kind, name+"."+key, below, n.Key(key))
		} else {
			leaf = true
		}
	}
	if leaf {
		c.found.fault(doc.at(n), flawf(fmt.Sprintf("write [%s.%q]", kind, name), "[%s.%s]: a name with dots in it stands in quotes", kind, name))
	}
}

func (c *checker) gatherDefaults(doc *document, value any, n *position.Node) {
	of, isTable := value.(map[string]any)
	if !isTable {
		c.found.fault(doc.at(n), flawf("write [defaults.modem]", "defaults is %s, not a table", kindOf(value)))
		return
	}
	for _, kind := range inFileOrder(of, n) {
		kid := n.Key(kind)
		values, isTable := of[kind].(map[string]any)
		known, isKind := defaultKeys[kind]
		switch {
		case !isTable || !isKind:
			c.found.fault(doc.at(kid), flawf("write [defaults.modem], [defaults.exchange] or [defaults.port]", "there are no defaults for %q", kind))
			continue
		case !c.claim("defaults", kind, doc.at(kid), Header("defaults", kind), flawf("keep one", "[defaults.%s] is declared twice", kind)):
			continue
		}
		t := newSection("defaults", kind, doc.at(kid), c.found)
		for _, key := range inFileOrder(values, kid) {
			switch {
			case slices.Contains(kinds[kind], key) && !slices.Contains(known, key):
				c.found.fault(doc.at(kid.Key(key)), flawf("write it in each table", "[defaults.%s] %s: this has no default, since it tells one %s from the others", kind, key, kind))
			case c.keyFits(doc, t, known, key, values[key], kid.Key(key)):
				t.keys[key] = given{value: values[key], at: doc.at(kid.Key(key)), node: kid.Key(key), label: t.label(), soft: true}
			}
		}
		c.defaults[kind] = t
	}
}
