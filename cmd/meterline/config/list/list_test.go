package list

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"meterline/cmd/meterline/config/table"
)

// parse reads a list without faults.
func parse(t *testing.T, text string) *File {
	t.Helper()
	var found table.Findings
	l, f := Parse(&table.Source{Name: "l.csv"}, []byte(text), &found)
	if f != nil || found.Err() != nil {
		t.Fatal(f, found.Err())
	}
	return l
}

// Cells keep their places, counted in characters, whatever stands before them.
func TestParse(t *testing.T) {
	l := parse(t, "sep=;\r\nname;Straße;\r\n\r\na ;\"x\ny\"\r\nbö;z;;\r\n;;\r\n")
	if diff := cmp.Diff([]string{"name", "Straße"}, l.Columns); diff != "" {
		t.Error(diff)
	}
	var got []string
	for _, row := range l.Rows {
		for i, cell := range row.Cells {
			got = append(got, row.Places[i].String()+" "+cell)
		}
	}
	want := []string{"l.csv:4:1 a", "l.csv:4:4 x\ny", "l.csv:6:1 bö", "l.csv:6:4 z"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestParseFaults(t *testing.T) {
	for text, want := range map[string]string{
		"":                      "l.csv:1:1: no column names",
		"name;id\n\"a;1\nb;2\n": "l.csv:2:1: a quote opens in this row",
		"name;id\na;b\"c":       "l.csv:2:4: a quote stands in the wrong place",
		"name\nä\xff":           "l.csv:2:2: byte FF is no UTF-8",
		"n\x00":                 "l.csv:1:2: a NUL byte",
	} {
		var found table.Findings
		if l, f := Parse(&table.Source{Name: "l.csv"}, []byte(text), &found); l != nil || f == nil || !strings.HasPrefix(f.String(), want) {
			t.Errorf("%q: %v, want %s", text, f, want)
		}
	}
	var found table.Findings
	l, f := Parse(&table.Source{Name: "l.csv"}, []byte("name;id\na;1;2\n"), &found)
	if err := found.Err(); f != nil || err == nil || !strings.HasPrefix(err.Error(), `l.csv:2:5: a cell stands behind the last of 2 columns`) || len(l.Rows) != 1 {
		t.Errorf("%v, %v", f, err)
	}
}

// A template is filled from the row; one that needs an empty cell is not given, nor is such an element of an array.
func TestFill(t *testing.T) {
	l := parse(t, "name;IP;IP 2\na;10.0.0.1;\n")
	at := table.Place{Source: &table.Source{Name: "m.toml"}, Line: 7}
	for _, c := range []struct {
		raw, want any
		given     bool
		at        string
	}{
		{"./{name}", "./a", true, "l.csv:2:1"},
		{"{IP}:1", "10.0.0.1:1", true, "l.csv:2:3"},
		{"{IP 2}:1", ":1", false, "l.csv:2:12"},
		{[]any{"{IP}:1", "{IP 2}:2", "x"}, []any{"10.0.0.1:1", "x"}, true, "l.csv:2:3"},
		{[]any{"{IP 2}:2"}, []any{}, false, "l.csv:2:12"},
		{[]any{}, []any{}, true, "m.toml:7"},
		{"plain", "plain", true, "m.toml:7"},
		{int64(5), int64(5), true, "m.toml:7"},
		{nil, nil, false, "m.toml:7"},
	} {
		v, given := l.Fill(table.Value{Raw: c.raw, At: at, Label: "[list.l]"}, l.Rows[0], "a")
		if diff := cmp.Diff(c.want, v.Raw); diff != "" || given != c.given || v.At.String() != c.at {
			t.Errorf("%v: given %v at %s, -want +got:\n%s", c.raw, given, v.At, diff)
		}
	}
	if got := strings.Join(Placeholders([]any{"{IP}:{IP 2}", int64(1), "{name}"}), ","); got != "IP,IP 2,name" || Placeholders(int64(1)) != nil {
		t.Errorf("placeholders %s", got)
	}
}
