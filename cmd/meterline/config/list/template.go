package list

import (
	"regexp"
	"slices"
	"strings"

	"meterline/cmd/meterline/config/table"
)

// placeholder is a column's name in braces in a template.
var placeholder = regexp.MustCompile(`\{([^{}]+)\}`)

// Placeholders returns the columns that a template names: a text or an array of texts.
func Placeholders(value any) []string {
	texts, isArray := value.([]any)
	if !isArray {
		texts = []any{value}
	}
	var columns []string
	for _, one := range texts {
		s, _ := one.(string)
		for _, match := range placeholder.FindAllStringSubmatch(s, -1) {
			columns = append(columns, match[1])
		}
	}
	return columns
}

// filler replaces placeholders by the cells of one row.
type filler struct {
	list  *File
	row   Row
	name  string        // what {name} stands for
	used  []table.Place // of the cells that were taken
	empty bool          // one of them is empty
}

func (f *filler) fill(s string) string {
	return placeholder.ReplaceAllStringFunc(s, func(mark string) string {
		column := strings.Trim(mark, "{}")
		i := slices.Index(f.list.Columns, column)
		text := f.name
		if column != "name" && i >= 0 {
			text = f.row.Cells[i]
		}
		f.used = append(f.used, f.row.Places[max(i, 0)])
		f.empty = f.empty || text == ""
		return text
	})
}

// Fill replaces the placeholders of a template by the cells of a row, and {name} by name. given is false where a cell that
// it needs is empty; of an array, only the elements with empty cells are left out.
func (l *File) Fill(v table.Value, row Row, name string) (filled table.Value, given bool) {
	f := &filler{list: l, row: row, name: name}
	given = v.Raw != nil
	switch raw := v.Raw.(type) {
	case string:
		v.Raw = f.fill(raw)
		given = !f.empty
	case []any:
		all := make([]any, 0, len(raw))
		for _, one := range raw {
			f.empty = false
			if s, isText := one.(string); isText {
				one = f.fill(s)
			}
			if !f.empty {
				all = append(all, one)
			}
		}
		v.Raw = all
		given = len(all) > 0 || len(raw) == 0
	}
	if len(f.used) > 0 {
		// What is wrong with it now is wrong in this row, not in the template.
		v.At, v.Node, v.Label = f.used[0], nil, ""
	}
	return v, given
}
