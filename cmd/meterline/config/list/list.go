// Package list reads lists of modems: spreadsheets saved as CSV, with a row of column names and a row for each modem, and
// templates with a column's name in braces. It knows no key and no modem; package config makes tables of the rows.
package list

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"meterline/cmd/meterline/config/table"
)

// File is a spreadsheet's export.
type File struct {
	Source  *table.Source
	Columns []string
	Places  []table.Place // of the column names
	Rows    []Row
}

// Row is the cells of one row.
type Row struct {
	Cells  []string // without spaces around them; as many as there are columns
	Places []table.Place
}

// Place is the place of the whole row.
func (r *Row) Place() table.Place { return r.Places[0] }

// Parse reads a list. The fault that it returns is one of the whole file, such as a quote that does not close: nothing
// after it can be trusted. Faults of single rows go to found.
func Parse(src *table.Source, text []byte, found *table.Findings) (*File, *table.Fault) {
	text = bytes.TrimPrefix(text, []byte("\uFEFF"))
	if at, bad := table.CheckText(text); bad != nil {
		line := 1 + bytes.Count(text[:at], []byte("\n"))
		col := utf8.RuneCount(text[bytes.LastIndexByte(text[:at], '\n')+1:at]) + 1
		return nil, &table.Fault{At: table.Place{Source: src, Line: line, Col: col}, Flaw: *bad}
	}
	// Old spreadsheets on a Mac end lines with CR alone, which the CSV reader does not take for the end of a line.
	if !bytes.Contains(text, []byte("\n")) {
		text = bytes.ReplaceAll(text, []byte("\r"), []byte("\n"))
	}
	comma, skip := separator(text)
	l := &File{Source: src}
	r := newReader(src, text[skip:], bytes.Count(text[:skip], []byte("\n")), comma)
	for {
		cells, places, f := r.next()
		switch {
		case f != nil:
			return nil, f
		case cells == nil && l.Columns == nil:
			return nil, r.fault(1, 1, "no column names", "write a first row such as name;id")
		case cells == nil:
			return l, nil
		case strings.Join(cells, "") == "":
			// Spreadsheets leave rows of separators below the last modem.
		case l.Columns == nil:
			l.Columns, l.Places = trimEnd(cells), places
		default:
			l.add(Row{cells, places}, found)
		}
	}
}

// Canonical gives columns the spelling of the key that they name in another one, as in "Id" or "PORT". Those of named keep theirs.
func (l *File) Canonical(named, keys []string) {
	for i, column := range l.Columns {
		if slices.Contains(named, column) || slices.Contains(keys, column) {
			continue
		}
		if k := slices.IndexFunc(keys, func(key string) bool { return strings.EqualFold(key, column) }); k >= 0 {
			l.Columns[i] = keys[k]
		}
	}
}

// trimEnd drops columns without a name at the end. A spreadsheet makes them of cells that were filled once.
func trimEnd(cells []string) []string {
	n := len(cells)
	for n > 0 && cells[n-1] == "" {
		n--
	}
	return cells[:n]
}

// add appends a row, with empty cells in place of those that the spreadsheet left out at its end.
func (l *File) add(row Row, found *table.Findings) {
	n := len(l.Columns)
	if extra := slices.IndexFunc(row.Cells[min(n, len(row.Cells)):], func(cell string) bool { return cell != "" }); extra >= 0 {
		found.Fault(row.Places[n+extra], table.Flawf("put a text with a separator in it in quotes, or name the column",
			"a cell stands behind the last of %d columns", n)) // it may be the rest of a secret, and is not shown
	}
	for len(row.Cells) < n {
		row.Cells = append(row.Cells, "")
		row.Places = append(row.Places, row.Places[len(row.Places)-1])
	}
	row.Cells = row.Cells[:n]
	l.Rows = append(l.Rows, row)
}

// separator finds the character between cells: the one that a first line "sep=;" names, as spreadsheets understand it, or
// else the one that the first line has most of outside quotes. skip is the length of the "sep=" line.
func separator(text []byte) (comma rune, skip int) {
	line, _, _ := bytes.Cut(text, []byte("\n"))
	if rest, has := strings.CutPrefix(strings.TrimRight(string(line), "\r"), "sep="); has && (rest == "," || rest == ";" || rest == "\t") {
		return rune(rest[0]), min(len(line)+1, len(text))
	}
	counts := make(map[rune]int)
	quoted := false
	for _, r := range string(bytes.TrimLeft(text, "\r\n")) {
		switch {
		case r == '"':
			quoted = !quoted
		case quoted:
		case r == '\n':
			return mostOf(counts), 0
		default:
			counts[r]++
		}
	}
	return mostOf(counts), 0
}

func mostOf(counts map[rune]int) rune {
	return slices.MaxFunc([]rune{',', ';', '\t'}, func(a, b rune) int { return counts[a] - counts[b] })
}

// reader reads rows of cells and their places.
type reader struct {
	src    *table.Source
	csv    *csv.Reader
	lines  []string // to count columns in characters, as editors do
	before int      // lines before the text
}

func newReader(src *table.Source, text []byte, before int, comma rune) *reader {
	r := &reader{src: src, csv: csv.NewReader(bytes.NewReader(text)), lines: strings.Split(string(text), "\n"), before: before}
	r.csv.Comma = comma
	r.csv.FieldsPerRecord = -1
	return r
}

// next returns the next row, nil at the end.
func (r *reader) next() (cells []string, places []table.Place, f *table.Fault) {
	cells, err := r.csv.Read()
	if errors.Is(err, io.EOF) {
		return nil, nil, nil
	}
	if pe, ok := errors.AsType[*csv.ParseError](err); ok {
		const hint = `put the whole cell in quotes, and write "" for a quote in it`
		if pe.StartLine != pe.Line {
			return nil, nil, r.fault(pe.StartLine, 1, fmt.Sprintf("a quote opens in this row and does not close by line %d", pe.Line+r.before), hint)
		}
		return nil, nil, r.fault(pe.Line, pe.Column, "a quote stands in the wrong place", hint)
	}
	if err != nil {
		return nil, nil, &table.Fault{At: table.Place{Source: r.src}, Flaw: table.Flaw{What: err.Error()}}
	}
	for i, cell := range cells {
		cells[i] = strings.TrimSpace(cell)
		places = append(places, r.place(r.csv.FieldPos(i)))
	}
	return cells, places, nil
}

func (r *reader) fault(line, col int, what, hint string) *table.Fault {
	return &table.Fault{At: r.place(line, col), Flaw: table.Flaw{What: what, Hint: hint}}
}

// place converts a line and a column in bytes, both from 1, to a place in the file.
func (r *reader) place(line, col int) table.Place {
	p := table.Place{Source: r.src, Line: line + r.before, Col: col}
	if line >= 1 && line <= len(r.lines) {
		text := r.lines[line-1]
		p.Col = utf8.RuneCountInString(text[:max(0, min(col-1, len(text)))]) + 1
	}
	return p
}
