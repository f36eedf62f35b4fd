package main

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// table is text in aligned columns, two spaces apart; the last column is as long as it likes.
type table struct {
	head  []string
	right []int // columns of numbers, which stand at the right
	rows  [][]string
}

// row adds one line. What is empty shows as a dash, so that columns can be cut at white space.
func (t *table) row(cells ...string) {
	for i, cell := range cells {
		cells[i] = printable(cell)
		if cell == "" {
			cells[i] = "-"
		}
	}
	t.rows = append(t.rows, cells)
}

// without takes a column away.
func (t *table) without(column int) {
	t.head = slices.Delete(t.head, column, column+1)
	for i, row := range t.rows {
		t.rows[i] = slices.Delete(row, column, column+1)
	}
	for i, c := range t.right {
		if c > column {
			t.right[i]--
		}
	}
}

func (t *table) String() string {
	widths := make([]int, len(t.head))
	for _, line := range append([][]string{t.head}, t.rows...) {
		for i, cell := range line {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	var b strings.Builder
	t.line(&b, widths, t.head)
	for _, row := range t.rows {
		t.line(&b, widths, row)
	}
	return b.String()
}

func (t *table) line(b *strings.Builder, widths []int, cells []string) {
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
