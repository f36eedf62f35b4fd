package config

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"meterline/cmd/meterline/config/list"
	"meterline/cmd/meterline/config/table"
)

// memoryLoader reads from texts by name.
func memoryLoader(files map[string]string) *Loader {
	l := NewLoader()
	l.read = func(path string) ([]byte, error) {
		if text, there := files[filepath.Base(path)]; there {
			return []byte(text), nil
		}
		return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
	}
	l.glob = func(string) ([]string, error) { return []string{"included.toml"}, nil }
	return l
}

// FuzzConfig: whatever stands in the file, it is loaded or refused in words.
func FuzzConfig(f *testing.F) {
	addFiles(f, "*.toml")
	f.Add("[modem.a]\ndial = \"h:1\"\nmode = 0b1\nid = inf\nnote = 07:00:00\nstrip = [[]]")
	f.Add("defaults = 1\nmodem = []\nport = [{}]\n[exchange.\"\"]")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := memoryLoader(map[string]string{"main.toml": text, "list.csv": "name;id\na;1\n", "included.toml": text}).Load("main.toml")
		if (s == nil) == (err == nil) {
			t.Fatalf("settings %v, error %v", s, err)
		}
		if err != nil && !strings.HasPrefix(err.Error(), "main.toml") && !strings.HasPrefix(err.Error(), "included.toml") && !strings.HasPrefix(err.Error(), "list.csv") {
			t.Errorf("no file in %q", err)
		}
	})
}

// FuzzList: whatever stands in a list, it becomes modems or is refused in words.
func FuzzList(f *testing.F) {
	addFiles(f, "*.csv")
	for _, s := range []string{
		"", "\n", "name", "sep=;\nname;id\na;1", "sep=", "sep=;", "\"", "name\r1\r2", "\uFEFFname\tid\n\"a\"\t\"1\n2\"", ";;;\n;;", "name,id\n,,,,\n,,,,x\n", "\"na\nme\",id\na,1", "name;{id}\na;{name}",
	} {
		f.Add(s)
	}
	const main = `
[exchange.gprs]
listen = ":7001"
profile = "imei"
[list.l]
file = "list.csv"
exchange = "gprs"
id = "{id}"
dial = ["{name}:1", "{id}:2"]
port = "./{name}"
note = "{note}"
name = "x-{id}"
`
	f.Fuzz(func(t *testing.T, text string) {
		s, err := memoryLoader(map[string]string{"main.toml": main, "list.csv": text}).Load("main.toml")
		if (s == nil) == (err == nil) {
			t.Fatalf("settings %v, error %v", s, err)
		}
		var found table.Findings
		l, fault := list.Parse(&table.Source{Name: "list.csv"}, []byte(text), &found)
		if (l == nil) == (fault == nil) {
			t.Fatalf("list %v, fault %v", l, fault)
		}
		if l == nil {
			return
		}
		for _, row := range l.Rows {
			if len(row.Cells) != len(l.Columns) || len(row.Places) < len(row.Cells) {
				t.Fatalf("row %q of %d columns", row.Cells, len(l.Columns))
			}
			for _, p := range row.Places {
				if p.Line < 1 || p.Col < 1 || p.Col > utf8.RuneCountInString(text)+1 {
					t.Fatalf("place %v", p)
				}
			}
		}
	})
}

// addFiles takes the golden cases as seeds.
func addFiles(f *testing.F, pattern string) {
	f.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", pattern))
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
}
