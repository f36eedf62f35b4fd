package bridge

import (
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// arrows are the packages of the bridge with those that they may import of it, on any system. They run one way.
var arrows = map[string]string{
	".":        "dialup fallback journal ledger modem port status",
	"dialup":   "modem port status",
	"fallback": "ledger modem status",
	"port":     "modem status",
	"modem":    "frame ledger status",
	"ledger":   "diskfile status",
	"status":   "frame",
	"frame":    "",
	"journal":  "",
	"diskfile": "",
}

func TestImportsRunOneWay(t *testing.T) {
	const ours = "meterline/bridge/"
	found := make(map[string]map[string]bool)
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		from := filepath.ToSlash(filepath.Dir(path))
		if found[from] == nil {
			found[from] = make(map[string]bool)
		}
		for _, i := range file.Imports {
			imported, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				return err
			}
			if imported == "meterline/bridge" {
				t.Errorf("%s imports the bridge", path)
			}
			if to, ok := strings.CutPrefix(imported, ours); ok {
				found[from][to] = true
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	got := make(map[string]string)
	for from, to := range found {
		got[from] = strings.Join(slices.Sorted(maps.Keys(to)), " ")
	}
	if diff := cmp.Diff(arrows, got); diff != "" {
		t.Errorf("imports between the packages (-allowed +there):\n%s", diff)
	}
}
