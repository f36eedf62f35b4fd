package config

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// listFile is a spreadsheet's export: a row of column names, and a row for each modem.
type listFile struct {
	src     *source
	columns []string
	places  []place // of the column names
	rows    []listRow
}

type listRow struct {
	cells  []string // trimmed; as many as there are columns
	places []place
}

// row is the whole row's place.
func (r *listRow) place() place { return r.places[0] }

// parseList takes a list apart. The fault is that of the whole file, such as quotes that do not close: nothing behind it
// can be trusted. Faults of single rows go to found.
func parseList(src *source, text []byte, found *findings) (*listFile, *fault) {
	text = bytes.TrimPrefix(text, []byte("\uFEFF"))
	if bad := notText(text); bad != nil {
		line := 1 + bytes.Count(text[:bad.at], []byte("\n"))
		col := utf8.RuneCount(text[bytes.LastIndexByte(text[:bad.at], '\n')+1:bad.at]) + 1
		return nil, &fault{place{src, line, col}, bad.flaw}
	}
	// Lines that end with a bare CR are what old spreadsheets on a Mac wrote; the CSV reader would see one line.
	if !bytes.Contains(text, []byte("\n")) {
		text = bytes.ReplaceAll(text, []byte("\r"), []byte("\n"))
	}
	comma, skip := separator(text)
	l := &listFile{src: src}
	r := newListReader(src, text[skip:], bytes.Count(text[:skip], []byte("\n")), comma)
	for {
		cells, places, f := r.next()
		switch {
		case f != nil:
			return nil, f
		case cells == nil && l.columns == nil:
			return nil, &fault{place{src, 1, 1}, flaw{"no column names", "write a first row such as name;id"}}
		case cells == nil:
			return l, nil
		case strings.Join(cells, "") == "":
			// A row of separators, as spreadsheets leave them below the last modem.
		case l.columns == nil:
			l.columns, l.places = trimEnd(cells), places
		default:
			l.add(listRow{cells, places}, found)
		}
	}
}

// trimEnd drops columns without a name at the end, as a spreadsheet makes them of cells that were filled once.
func trimEnd(cells []string) []string {
	n := len(cells)
	for n > 0 && cells[n-1] == "" {
		n--
	}
	return cells[:n]
}

// add takes a row, and fills it up where the spreadsheet has saved the empty cells at its end.
func (l *listFile) add(row listRow, found *findings) {
	n := len(l.columns)
	if extra := slices.IndexFunc(row.cells[min(n, len(row.cells)):], func(cell string) bool { return cell != "" }); extra >= 0 {
		found.fault(row.places[n+extra], flawf("put a text with a separator in it in quotes, or name the column",
			"%q stands behind the last of %d columns", row.cells[n+extra], n))
	}
	for len(row.cells) < n {
		row.cells = append(row.cells, "")
		row.places = append(row.places, row.places[len(row.places)-1])
	}
	row.cells = row.cells[:n]
	l.rows = append(l.rows, row)
}

// separator finds what stands between the cells: the line "sep=;" that spreadsheets understand, or else what the first
// line has most of outside quotes. skip is the length of that special line.
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

// listReader reads rows of cells and where they stand.
type listReader struct {
	src    *source
	csv    *csv.Reader
	lines  []string // to count columns in characters, as editors do
	before int      // lines before the text
}

func newListReader(src *source, text []byte, before int, comma rune) *listReader {
	r := &listReader{src: src, csv: csv.NewReader(bytes.NewReader(text)), lines: strings.Split(string(text), "\n"), before: before}
	r.csv.Comma = comma
	r.csv.FieldsPerRecord = -1
	return r
}

// next is the next row, nil at the end.
func (r *listReader) next() (cells []string, places []place, f *fault) {
	cells, err := r.csv.Read()
	if errors.Is(err, io.EOF) {
		return nil, nil, nil
	}
	if pe, ok := errors.AsType[*csv.ParseError](err); ok {
		hint := `put the whole cell in quotes, and write "" for a quote in it`
		if pe.StartLine != pe.Line {
			return nil, nil, &fault{r.place(pe.StartLine, 1), flaw{fmt.Sprintf("a quote opens in this row and does not close by line %d", pe.Line+r.before), hint}}
		}
		return nil, nil, &fault{r.place(pe.Line, pe.Column), flaw{"a quote stands in the wrong place", hint}}
	}
	if err != nil {
		return nil, nil, &fault{place{src: r.src}, flaw{what: err.Error()}}
	}
	for i, cell := range cells {
		cells[i] = strings.TrimSpace(cell)
		places = append(places, r.place(r.csv.FieldPos(i)))
	}
	return cells, places, nil
}

// place turns a line and a column in bytes, both from 1, into a place.
func (r *listReader) place(line, col int) place {
	p := place{r.src, line + r.before, col}
	if line >= 1 && line <= len(r.lines) {
		text := r.lines[line-1]
		p.col = utf8.RuneCountInString(text[:max(0, min(col-1, len(text)))]) + 1
	}
	return p
}
