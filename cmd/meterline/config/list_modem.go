package config

import (
	"fmt"
	"runtime"
	"slices"
	"strings"

	"meterline/cmd/meterline/config/list"
	"meterline/cmd/meterline/config/table"
)

// withLists is all modems, with their defaults filled in. Those of a list stand where the list's table stands.
func (c *checker) withLists() []*table.Table {
	modems := slices.Clone(c.tables["modem"])
	for _, decl := range c.tables["list"] {
		modems = append(modems, c.listModems(decl)...)
	}
	slices.SortStableFunc(modems, func(a, b *table.Table) int { return a.Order.Compare(b.Order) })
	for _, t := range modems {
		t.Inherit(c.defaults["modem"])
	}
	return modems
}

// listModems makes a table of each row of the list that decl declares.
func (c *checker) listModems(decl *table.Table) []*table.Table {
	l := c.readList(decl)
	if l == nil || !c.checkColumns(decl, l) {
		c.listFailed = true
		return nil
	}
	templates := slices.DeleteFunc(decl.Keys(), func(key string) bool { return !modemSchema.Has(key) })
	var modems []*table.Table
	for _, row := range l.Rows {
		t := c.rowModem(decl, templates, l, row)
		if f := nameFlaw(t.Name); f != nil {
			c.found.Fault(t.At, &table.Flaw{What: fmt.Sprintf("%s name %q: %s", decl.Label(), t.Name, f.What), Hint: f.Hint})
			continue
		}
		if c.named(t) {
			modems = append(modems, t)
		}
	}
	if len(l.Rows) == 0 {
		c.found.Warn(decl.At, "%s: %s has no rows yet", decl.Label(), l.Source.Name)
	}
	return modems
}

func (c *checker) readList(decl *table.Table) *list.File {
	path := decl.Text("file")
	if path == "" {
		if !decl.Has("file") {
			decl.Fault("file", table.Flawf(`write file = "modems.csv"`, "it does not say which file"))
		}
		return nil
	}
	path = from(runtime.GOOS, decl.At.Source.Dir(), path)
	text, err := c.load.read(path)
	if err != nil {
		decl.Fault("file", table.Flawf("make it readable for this user, or correct the path", "%v", err))
		return nil
	}
	text = c.decodeList(decl, path, text)
	if text == nil {
		return nil
	}
	l, f := list.Parse(c.load.source(path), text, c.found)
	if f != nil {
		c.found.Fault(f.At, &f.Flaw)
		return nil
	}
	l.Canonical(c.namedColumns(decl), append([]string{"name"}, modemSchema.Names()...))
	return l
}

// decodeList returns the text of a list in UTF-8, nil if it has none.
func (c *checker) decodeList(decl *table.Table, path string, text []byte) []byte {
	decoded, guessed, f := list.Decode(text, decl.Choice("encoding", list.Encodings...))
	if f != nil {
		decl.Fault("encoding", f)
		return nil
	}
	if guessed != "" {
		c.found.Warn(decl.Place("file"), "%s file: %s is no UTF-8 and was read as %s: write encoding = %q to confirm it, or another if letters look wrong",
			decl.Label(), c.load.source(path).Name, guessed, guessed)
	}
	return decoded
}

// namedColumns returns the columns that the list's table names itself. They keep their spelling.
func (c *checker) namedColumns(decl *table.Table) []string {
	var named []string
	for _, one := range decl.Texts("ignore") {
		named = append(named, one.Text)
	}
	for _, key := range decl.Keys() {
		if isTemplate(key) {
			named = append(named, list.Placeholders(decl.Value(key).Raw)...)
		}
	}
	return named
}

// isTemplate reports whether braces in a key of a list's table are placeholders.
func isTemplate(key string) bool {
	known := schemas["list"].Find(key)
	return known != nil && !known.Literal
}

// checkColumns reports columns that mean nothing, and templates that name columns that do not exist.
func (c *checker) checkColumns(decl *table.Table, l *list.File) bool {
	before := c.found.Faults()
	used := make(map[string]bool)
	for _, one := range decl.Texts("ignore") {
		used[one.Text] = true
		if !slices.Contains(l.Columns, one.Text) {
			c.found.Warn(one.At, "%s ignore: there is no column %q in %s", decl.Label(), one.Text, l.Source.Name)
		}
	}
	for _, key := range decl.Keys() {
		if !isTemplate(key) {
			continue
		}
		for _, column := range list.Placeholders(decl.Value(key).Raw) {
			used[column] = true
			if column != "name" && !slices.Contains(l.Columns, column) {
				hint := "it has " + strings.Join(l.Columns, ", ")
				if near := table.Nearest(column, l.Columns); near != "" {
					hint = fmt.Sprintf("write {%s}", near)
				}
				decl.Fault(key, table.Flawf(hint, "there is no column %q in %s", column, l.Source.Name))
			}
		}
	}
	known := append([]string{"name"}, modemSchema.Names()...)
	for i, column := range l.Columns {
		switch first := slices.Index(l.Columns, column); {
		case column == "":
			c.found.Fault(l.Places[i], table.Flawf("give it one, or take the column out", "a column without a name"))
		case first != i:
			c.found.Fault(l.Places[i], table.Flawf("take one out", "column %q stands twice", column))
		case slices.Contains(known, column), used[column]:
		default:
			f := table.UnknownKey(column, "in the columns of "+decl.Label(), known)
			if table.Nearest(column, known) == "" {
				f.Hint = fmt.Sprintf("write ignore = [%q] in %s, or use it there as {%s}", column, decl.Label(), column)
			}
			c.found.Fault(l.Places[i], f)
		}
	}
	if !slices.Contains(l.Columns, "name") && !decl.Has("name") {
		c.found.Fault(l.Places[0], table.Flawf(`add the column, or write a template such as name = "meter-{id}" in `+decl.Label(), "no column is called name"))
	}
	return c.found.Faults() == before
}

// rowModem makes a table of one row: its cells, and the templates of the list's table where it has none.
func (c *checker) rowModem(decl *table.Table, templates []string, l *list.File, row list.Row) *table.Table {
	t := table.New("modem", "", row.Place(), c.found)
	t.Order, t.Row = decl.Order, true
	t.Name, t.At = rowName(decl, l, row)
	label := t.Label()
	for i, column := range l.Columns {
		if row.Cells[i] != "" && modemSchema.Has(column) {
			t.Set(column, table.Value{Raw: row.Cells[i], At: row.Places[i], Cell: true, Label: label})
		}
	}
	for _, key := range templates {
		if t.Has(key) {
			continue
		}
		if v, given := expand(decl, key, l, row, t.Name); given {
			if v.Label == "" {
				v.Label = label
			}
			t.Set(key, v)
		}
	}
	return t
}

// expand is what a template of a list's table gives to the modem of a row.
func expand(decl *table.Table, key string, l *list.File, row list.Row, name string) (v table.Value, given bool) {
	v = decl.Value(key)
	v.Base, v.Soft = v.At.Source, true
	if !isTemplate(key) {
		return v, true
	}
	return l.Fill(v, row, name)
}

// rowName is the name of the modem of a row, and its place: that of the cell or of the template.
func rowName(decl *table.Table, l *list.File, row list.Row) (name string, at table.Place) {
	if i := slices.Index(l.Columns, "name"); i >= 0 && row.Cells[i] != "" {
		return row.Cells[i], row.Places[i]
	}
	if decl.Has("name") {
		if v, given := expand(decl, "name", l, row, "{name}"); given {
			if s, isText := v.Raw.(string); isText {
				return s, v.At
			}
		}
	}
	return "", row.Place()
}
