package render

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Table is text in aligned columns, two spaces apart. The last column may have any width.
type Table struct {
	Head  []string
	Rows  [][]string // the rows added by Row
	right []int      // columns of numbers, which are aligned to the right
}

// Row adds one line. An empty cell is shown as a dash, so that other programs can split columns at white space.
func (t *Table) Row(cells ...string) {
	for i, cell := range cells {
		cells[i] = Printable(cell)
		if cell == "" {
			cells[i] = "-"
		}
	}
	t.Rows = append(t.Rows, cells)
}

// without removes a column.
func (t *Table) without(column int) {
	t.Head = slices.Delete(t.Head, column, column+1)
	for i, row := range t.Rows {
		t.Rows[i] = slices.Delete(row, column, column+1)
	}
	for i, c := range t.right {
		if c > column {
			t.right[i]--
		}
	}
}

func (t *Table) String() string {
	widths := make([]int, len(t.Head))
	for _, line := range append([][]string{t.Head}, t.Rows...) {
		for i, cell := range line {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	var b strings.Builder
	t.line(&b, widths, t.Head)
	for _, row := range t.Rows {
		t.line(&b, widths, row)
	}
	return b.String()
}

func (t *Table) line(b *strings.Builder, widths []int, cells []string) {
	for i, cell := range cells {
		pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
		switch {
		case slices.Contains(t.right, i):
			b.WriteString(pad + cell)
		case i == len(cells)-1:
			b.WriteString(cell)
		default:
			b.WriteString(cell + pad)
		}
		if i < len(cells)-1 {
			b.WriteString("  ")
		}
	}
	b.WriteByte('\n')
}
