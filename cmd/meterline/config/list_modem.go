package config

import (
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
)

// withLists are all modems, those of the lists where the lists stand, with their defaults filled in.
func (c *checker) withLists() []*section {
	modems := slices.Clone(c.tables["modem"])
	for _, list := range c.tables["list"] {
		modems = append(modems, c.listModems(list)...)
	}
	slices.SortStableFunc(modems, func(a, b *section) int { return a.turn.compare(b.turn) })
	for _, t := range modems {
		t.inherit(c.defaults["modem"])
	}
	return modems
}

// listModems makes a table of each row of a list.
func (c *checker) listModems(list *section) []*section {
	l := c.readList(list)
	if l == nil || !c.checkColumns(list, l) {
		c.unlisted = true
		return nil
	}
	var modems []*section
	for _, row := range l.rows {
		t := c.rowModem(list, l, row)
		if f := nameFlaw(t.name); f != nil {
			c.found.fault(t.at, &flaw{fmt.Sprintf("%s name %q: %s", list.label(), t.name, f.what), f.hint})
			continue
		}
		if c.claim("modem", t.name, t.at, t.label(), flawf("give one of them another name", "%s is declared twice", t.label())) {
			modems = append(modems, t)
		}
	}
	if len(l.rows) == 0 {
		c.found.warn(list.at, "%s: %s has no rows yet", list.label(), l.src.name)
	}
	return modems
}

func (c *checker) readList(list *section) *listFile {
	path := list.text("file")
	if path == "" {
		if !list.given("file") {
			list.fault("file", flawf(`write file = "modems.csv"`, "it does not say which file"))
		}
		return nil
	}
	path = from(runtime.GOOS, list.at.src.dir(), path)
	text, err := c.load.read(path)
	if err != nil {
		list.fault("file", flawf("make it readable for this user, or correct the path", "%v", err))
		return nil
	}
	l, f := parseList(c.load.source(path), text, c.found)
	if f != nil {
		c.found.fault(f.at, &f.flaw)
		return nil
	}
	return l
}

// checkColumns tells of columns that mean nothing, and of templates that ask for columns that are not there.
func (c *checker) checkColumns(list *section, l *listFile) bool {
	before := len(c.found.faults)
	used := make(map[string]bool)
	for _, one := range list.texts("ignore") {
		used[one.text] = true
		if !slices.Contains(l.columns, one.text) {
			c.found.warn(one.at, "%s ignore: there is no column %q in %s", list.label(), one.text, l.src.name)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(list.keys)) {
		for _, s := range templateTexts(key, list.keys[key].value) {
			for _, match := range placeholder.FindAllStringSubmatch(s, -1) {
				used[match[1]] = true
				if match[1] != "name" && !slices.Contains(l.columns, match[1]) {
					hint := "it has " + strings.Join(l.columns, ", ")
					if near := Nearest(match[1], l.columns); near != "" {
						hint = fmt.Sprintf("write {%s}", near)
					}
					list.fault(key, flawf(hint, "there is no column %q in %s", match[1], l.src.name))
				}
			}
		}
	}
	known := append([]string{"name"}, modemKeys...)
	for i, column := range l.columns {
		switch first := slices.Index(l.columns, column); {
		case column == "":
			c.found.fault(l.places[i], flawf("give it one, or take the column out", "a column without a name"))
		case first != i:
			c.found.fault(l.places[i], flawf("take one out", "column %q stands twice", column))
		case slices.Contains(known, column), used[column]:
		default:
			f := unknownKey(column, "in the columns of "+list.label(), known)
			if Nearest(column, known) == "" {
				f.hint = fmt.Sprintf("write ignore = [%q] in %s, or use it there as {%s}", column, list.label(), column)
			}
			c.found.fault(l.places[i], f)
		}
	}
	if !slices.Contains(l.columns, "name") && !list.given("name") {
		c.found.fault(l.places[0], flawf(`add the column, or write a template such as name = "meter-{id}" in `+list.label(), "no column is called name"))
	}
	return len(c.found.faults) == before
}

// rowModem makes a table of one row: its cells, and the list's templates where it has none.
func (c *checker) rowModem(list *section, l *listFile, row listRow) *section {
	t := newSection("modem", "", row.place(), c.found)
	t.turn = list.turn
	for i, column := range l.columns {
		if row.cells[i] != "" && slices.Contains(modemKeys, column) {
			t.keys[column] = given{value: row.cells[i], at: row.places[i], cell: true}
		}
	}
	t.name = c.rowName(list, l, row, t)
	for key, g := range list.keys {
		if slices.Contains(modemKeys, key) && !t.given(key) {
			if g, there := expand(key, g, &filler{list: l, row: row, name: t.name}); there {
				t.keys[key] = g
			}
		}
	}
	for key, g := range t.keys {
		if g.label == "" {
			g.label = t.label()
		}
		t.keys[key] = g
	}
	return t
}

// rowName is what the modem of a row is called; t's place becomes that of the name.
func (c *checker) rowName(list *section, l *listFile, row listRow, t *section) string {
	if i := slices.Index(l.columns, "name"); i >= 0 && row.cells[i] != "" {
		t.at = row.places[i]
		return row.cells[i]
	}
	if g, there := expand("name", list.keys["name"], &filler{list: l, row: row, name: "{name}"}); there {
		if s, isText := g.value.(string); isText {
			t.at = g.at
			return s
		}
	}
	return ""
}
