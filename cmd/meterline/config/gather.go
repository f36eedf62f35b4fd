package config

import (
	"fmt"
	"strings"
	"unicode"

	"meterline/cmd/meterline/config/position"
	"meterline/cmd/meterline/config/table"
)

// topTable makes a table of the keys that stand above all tables.
func topTable(doc *table.Document, found *table.Findings) *table.Table {
	t := table.New("", "", table.Place{Source: doc.Source, Line: 1}, found)
	for _, key := range topSchema.Names() {
		if v, there := doc.Values[key]; there {
			n := doc.Root.Key(key)
			t.Set(key, table.Value{Raw: v, At: doc.At(n), Node: n, Label: "top of the file:"})
		}
	}
	return t
}

// gather makes tables of one file.
func (c *checker) gather(doc *table.Document, main bool) {
	for _, key := range table.InFileOrder(doc.Values, doc.Root) {
		n := doc.Root.Key(key)
		_, isKind := schemas[key]
		switch {
		case topSchema.Has(key):
			if !main {
				c.found.Fault(doc.At(n), table.Flawf("write it in the file that includes this one", "%s may not stand in an included file", key))
			}
		case isKind:
			c.gatherKind(doc, key, doc.Values[key], n)
		case key == "defaults":
			c.gatherDefaults(doc, doc.Values[key], n)
		default:
			c.found.Fault(doc.At(n), unknownTop(key, doc.Values[key]))
		}
	}
}

func (c *checker) gatherKind(doc *table.Document, kind string, value any, n *position.Node) {
	named, isTable := value.(map[string]any)
	if !isTable {
		c.found.Fault(doc.At(n), table.Flawf(fmt.Sprintf("write [%s.NAME] for each", kind), "%s is %s, not a table", kind, table.KindOf(value)))
		return
	}
	for _, name := range table.InFileOrder(named, n) {
		kid := n.Key(name)
		values, isTable := named[name].(map[string]any)
		if !isTable {
			f := table.Flawf(fmt.Sprintf("write [%s.NAME] above it", kind), "[%s] has no name, so that %s belongs to nothing", kind, table.KeyText(name))
			if _, isArray := named[name].([]map[string]any); isArray {
				f = table.Flawf("write "+table.Header(kind, name), "[[%s.%s]] is an array", kind, table.KeyText(name))
			}
			c.found.Fault(doc.At(kid), f)
			continue
		}
		if t := c.gatherTable(doc, kind, name, values, kid); t != nil && c.named(t) {
			c.tables[kind] = append(c.tables[kind], t)
		}
	}
}

// named checks the name of a table, and that no other table of its kind has it.
func (c *checker) named(t *table.Table) bool {
	if f := nameFlaw(t.Name); f != nil {
		t.Refuse(f)
		return false
	}
	return c.claim(t.Kind, t.Name, t.At, t.Label(), table.Flawf("give one of them another name", "%s is declared twice", t.Label()))
}

// nameFlaw refuses names that cannot be typed on a command line, stand in a column or be part of a path.
func nameFlaw(name string) *table.Flaw {
	odd := func(r rune) bool {
		return !unicode.IsPrint(r) || r == ' ' || strings.ContainsRune(`/\"'{}*?`, r)
	}
	switch i := strings.IndexFunc(name, odd); {
	case name == "":
		return table.Flawf("give it one", "no name")
	case i >= 0:
		return table.Flawf("write "+fmt.Sprintf("%q", strings.Trim(strings.Join(strings.FieldsFunc(name, odd), "-"), "-"))+", and the rest in note",
			"a name without spaces, quotes, slashes, braces and wildcards is needed")
	case len([]rune(name)) > 64:
		return table.Flawf("keep it below 65 letters", "the name is too long")
	case name[0] == '-' || name == "." || name == "..":
		return table.Flawf("begin it with a letter or digit", "the name would be misread on a command line")
	}
	return nil
}

// gatherTable makes a table of values, and reports the keys that it cannot have. It returns nil where the table exists
// only because of dots in an unquoted name.
func (c *checker) gatherTable(doc *table.Document, kind, name string, values map[string]any, n *position.Node) *table.Table {
	t := table.New(kind, name, doc.At(n), c.found)
	schema, label, nested := schemas[kind], t.Label(), 0
	for _, key := range table.InFileOrder(values, n) {
		kid := n.Key(key)
		if !c.keyFits(doc, t, schema, key, values[key], kid) {
			if _, isTable := values[key].(map[string]any); isTable {
				nested++
			}
			continue
		}
		t.Set(key, table.Value{Raw: values[key], At: doc.At(kid), Node: kid, Label: label})
	}
	if nested > 0 && nested == len(values) {
		return nil
	}
	return t
}

// keyFits reports whether t can have a key, and adds a fault if it cannot.
func (c *checker) keyFits(doc *table.Document, t *table.Table, schema table.Schema, key string, value any, n *position.Node) bool {
	known := schema.Find(key)
	if known != nil && known.Refused == nil {
		return true
	}
	if below, isTable := value.(map[string]any); isTable {
		c.dotted(doc, t.Kind, t.Name+"."+key, below, n)
		return false
	}
	if known != nil {
		t.FaultAt(key, doc.At(n), known.Refused)
		return false
	}
	c.found.Fault(doc.At(n), table.UnknownKey(key, "in "+t.Label(), schema.Names()))
	return false
}

// dotted reports the tables that dots in an unquoted name make: [modem.10.8.0.12] is a table 12 in a table 0.
func (c *checker) dotted(doc *table.Document, kind, name string, values map[string]any, n *position.Node) {
	leaf := len(values) == 0
	for _, key := range table.InFileOrder(values, n) {
		if below, isTable := values[key].(map[string]any); isTable {
			c.dotted(doc, kind, name+"."+key, below, n.Key(key))
		} else {
			leaf = true
		}
	}
	if leaf {
		c.found.Fault(doc.At(n), table.Flawf(fmt.Sprintf("write [%s.%q]", kind, name), "[%s.%s]: a name with dots in it stands in quotes", kind, name))
	}
}

func (c *checker) gatherDefaults(doc *table.Document, value any, n *position.Node) {
	kinds, isTable := value.(map[string]any)
	if !isTable {
		c.found.Fault(doc.At(n), table.Flawf("write [defaults.modem]", "defaults is %s, not a table", table.KindOf(value)))
		return
	}
	for _, kind := range table.InFileOrder(kinds, n) {
		kid := n.Key(kind)
		values, isTable := kinds[kind].(map[string]any)
		_, isKind := defaultSchemas[kind]
		switch {
		case !isTable || !isKind:
			c.found.Fault(doc.At(kid), table.Flawf("write [defaults.modem], [defaults.exchange] or [defaults.port]", "there are no defaults for %q", kind))
		case c.claim("defaults", kind, doc.At(kid), table.Header("defaults", kind), table.Flawf("keep one", "[defaults.%s] is declared twice", kind)):
			c.defaults[kind] = c.defaultsOf(doc, kind, values, kid)
		}
	}
}

// defaultsOf makes the table [defaults.KIND].
func (c *checker) defaultsOf(doc *table.Document, kind string, values map[string]any, n *position.Node) *table.Table {
	t := table.New("defaults", kind, doc.At(n), c.found)
	for _, key := range table.InFileOrder(values, n) {
		kid := n.Key(key)
		switch known := schemas[kind].Find(key); {
		case known != nil && known.Own:
			c.found.Fault(doc.At(kid), table.Flawf("write it in each table", "[defaults.%s] %s: this has no default, since it tells one %s from the others", kind, key, kind))
		case c.keyFits(doc, t, defaultSchemas[kind], key, values[key], kid):
			t.Set(key, table.Value{Raw: values[key], At: doc.At(kid), Node: kid, Label: t.Label(), Soft: true})
		}
	}
	return t
}
