package config

import (
	"regexp"
	"slices"
	"strings"
)

// placeholder is a column's name in braces in a template.
var placeholder = regexp.MustCompile(`\{([^{}]+)\}`)

// templated reports whether a key may have placeholders: in bytes, braces are braces.
func templated(key string) bool {
	return !slices.Contains([]string{"file", "ignore", "heartbeat", "strip"}, key)
}

// templateTexts are the texts of a key that may have placeholders in them.
func templateTexts(key string, value any) []string {
	if !templated(key) {
		return nil
	}
	switch v := value.(type) {
	case string:
		return []string{v}
	case []any:
		var all []string
		for _, one := range v {
			if s, isText := one.(string); isText {
				all = append(all, s)
			}
		}
		return all
	}
	return nil
}

// filler puts the cells of one row in the place of placeholders.
type filler struct {
	list *listFile
	row  listRow
	name string

	used  []place // cells that have been asked for
	empty bool    // one of them had nothing in it
}

func (f *filler) fill(s string) string {
	return placeholder.ReplaceAllStringFunc(s, func(mark string) string {
		column := strings.Trim(mark, "{}")
		i := slices.Index(f.list.columns, column)
		text := f.name
		if column != "name" && i >= 0 {
			text = f.row.cells[i]
		}
		f.used = append(f.used, f.row.places[max(i, 0)])
		f.empty = f.empty || text == ""
		return text
	})
}

// expand fills a template in. Where the row has an empty cell for it, the template is not given; of an array only the
// elements with empty cells are left out.
func expand(key string, g given, f *filler) (filled given, there bool) {
	g.base, g.soft = g.at.src, true
	if !templated(key) {
		return g, true
	}
	there = g.value != nil
	switch v := g.value.(type) {
	case string:
		g.value = f.fill(v)
		there = !f.empty
	case []any:
		all := make([]any, 0, len(v))
		for _, one := range v {
			f.empty = false
			if s, isText := one.(string); isText {
				one = f.fill(s)
			}
			if !f.empty {
				all = append(all, one)
			}
		}
		g.value = all
		there = len(all) > 0 || len(v) == 0
	}
	if len(f.used) > 0 {
		// What is wrong now is wrong in this row, not in the template.
		g.at, g.node, g.label = f.used[0], nil, ""
	}
	return g, there
}
