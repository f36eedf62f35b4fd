package position

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/BurntSushi/toml"
)

func TestScanLines(t *testing.T) {
	text := strings.Join([]string{
		/* 1 */ `top = 1 # [not.a.table]`,
		/* 2 */ `"quoted \"key\" \u0041" = '''`,
		/* 3 */ `[not.a.table]`,
		/* 4 */ `''' # '''`,
		/* 5 */ `[a.b]`,
		/* 6 */ `c.d = { e = """`,
		/* 7 */ `f = 1""""", g.h = [`,
		/* 8 */ `  { i = 1979-05-27 07:32:00 }, # ]`,
		/* 9 */ `  [ 2,`,
		/* 10 */ `    3 ] ], 'j' = 4 }`,
		/* 11 */ `[[arr]]`,
		/* 12 */ `k = 1`,
		/* 13 */ `[[arr]]`,
		/* 14 */ `[arr.sub]`,
		/* 15 */ `l = 1`,
		/* 16 */ `[a]`,
		/* 17 */ `[ " " . 'x.y' ]`,
		/* 18 */ `m = "\""`,
	}, "\n")
	root := locatedAll(t, text)
	for path, want := range map[string]int{
		"top": 1, `quoted "key" A`: 2, "a": 16, "a/b": 5, "a/b/c": 6, "a/b/c/d/e": 6, "a/b/c/d/g/h": 7, "a/b/c/d/g/h/#0/i": 8,
		"a/b/c/d/g/h/#1": 9, "a/b/c/d/g/h/#1/#1": 10, "a/b/c/d/j": 10, "arr/#0/k": 12, "arr/#1": 13, "arr/#1/sub": 14,
		"arr/#1/sub/l": 15, " /x.y": 17, " /x.y/m": 18,
	} {
		n := root
		for step := range strings.SplitSeq(path, "/") {
			if i, isItem := strings.CutPrefix(step, "#"); isItem {
				index, err := strconv.Atoi(i)
				if err != nil {
					t.Fatal(err)
				}
				n = n.Item(index)
			} else {
				n = n.Key(step)
			}
		}
		if n == nil || n.Line != want {
			t.Errorf("%s: %+v, want line %d", path, n, want)
		}
	}
}

// locatedAll scans a text, and fails the test if the TOML library finds a key in it that the scanner has not located.
func locatedAll(t *testing.T, text string) *Node {
	t.Helper()
	root, deep := Scan(text)
	values := make(map[string]any)
	if _, err := toml.Decode(text, &values); err != nil || deep {
		t.Skipf("no TOML: %v", err)
	}
	demand(t, text, "", values, root)
	return root
}

func demand(t *testing.T, text, path string, value any, n *Node) {
	t.Helper()
	if n == nil || n.Line < 1 || n.Offset > len(text) || n.Line != 1+strings.Count(text[:n.Offset], "\n") {
		t.Errorf("%s is not located: %+v", path, n)
		return
	}
	switch v := value.(type) {
	case map[string]any:
		if len(v) < len(n.keys) {
			t.Errorf("%s: keys %q, and located are %q", path, slices.Sorted(maps.Keys(v)), slices.Sorted(maps.Keys(n.keys)))
		}
		for key, below := range v {
			demand(t, text, path+"/"+key, below, n.Key(key))
		}
	case []any:
		for i, below := range v {
			demand(t, text, path+"/#", below, n.Item(i))
		}
	case []map[string]any:
		for i, below := range v {
			demand(t, text, path+"/#", below, n.Item(i))
		}
	}
}

// FuzzScan: no text makes the scanner panic, and in valid TOML it finds every key, with its line.
func FuzzScan(f *testing.F) {
	for _, s := range []string{
		"", "a", "[", "[[", "[[a", "=", "a =", "a = [", "a = {", `a = "`, `a = """`, "a = '''x''''", `"a`, `a."b".c = 1`, "a.\n", "[a]\r\nb=1\r\n",
		"a = [[[[1]]]]", "a = 1\rb = 2", "[[a]]\n[[a]]\n[a.b]\n", "a = {b = {c = [{d = 1}]}}", "a = \"\"\"\\\n  b\"\"\"\"\"", `"\x41\e\U0001F600" = 1`, "\xff", "a = 1 # \xff",
	} {
		f.Add(s)
	}
	files, err := filepath.Glob("../testdata/*.toml")
	if err != nil || len(files) == 0 {
		f.Fatal("no golden cases as seeds", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Fuzz(func(t *testing.T, text string) {
		if strings.HasPrefix(text, "\uFEFF") || strings.Contains(text, "\x00") || !utf8.ValidString(text) {
			t.Skip() // package table refuses these first, or removes the byte order mark
		}
		defer func() {
			if r := recover(); r != nil && !strings.Contains(toString(r), "BUG") {
				panic(r) // package table recovers from panics of the library
			}
		}()
		locatedAll(t, text)
	})
}

func toString(r any) string {
	switch r := r.(type) {
	case error:
		return r.Error()
	case string:
		return r
	}
	return ""
}
