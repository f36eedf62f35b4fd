package relay

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

// arrows are the packages of the remote end with those that they may import of it, on any system. They run one way.
var arrows = map[string]string{
	".":                "profile",
	"profile":          "",
	"relaytest":        "simulated/netem",
	"simulated":        "profile simulated/meters simulated/netem",
	"simulated/meters": "",
	"simulated/netem":  "",
	"usb":              ". profile usb/at",
	"usb/at":           "",
}

// importsBelow are the imports of packages below dir by the folders of their importers. Tests are not looked at.
func importsBelow(t *testing.T, dir string) map[string]map[string]bool {
	t.Helper()
	found := make(map[string]map[string]bool)
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		from, err := filepath.Rel(dir, filepath.Dir(path))
		if err != nil {
			return err
		}
		from = filepath.ToSlash(from)
		if found[from] == nil {
			found[from] = make(map[string]bool)
		}
		for _, i := range file.Imports {
			imported, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				return err
			}
			found[from][imported] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestImportsRunOneWay(t *testing.T) {
	got := make(map[string]string)
	for from, imports := range importsBelow(t, ".") {
		var ours []string
		for _, imported := range slices.Sorted(maps.Keys(imports)) {
			if imported == "meterline/relay" {
				ours = append(ours, ".")
			} else if to, ok := strings.CutPrefix(imported, "meterline/relay/"); ok {
				ours = append(ours, to)
			}
		}
		got[from] = strings.Join(ours, " ")
	}
	if diff := cmp.Diff(arrows, got); diff != "" {
		t.Errorf("imports between the packages (-allowed +there):\n%s", diff)
	}
}

// The two ends meet in leaves alone, and it is package bridge that joins them.
func TestTheRemoteEndKnowsNoPorts(t *testing.T) {
	leaves := []string{"meterline/vport/rfc2217", "meterline/vport/tcpopt"}
	for from, imports := range importsBelow(t, ".") {
		for imported := range imports {
			ours := strings.HasPrefix(imported, "meterline/") && imported != "meterline/relay" && !strings.HasPrefix(imported, "meterline/relay/")
			if ours && !slices.Contains(leaves, imported) {
				t.Errorf("%s imports %s", from, imported)
			}
		}
	}
}

// What only tests use is in no program.
func TestNobodyImportsRelaytest(t *testing.T) {
	importers := importsBelow(t, "..")
	if len(importers["cmd/meterline"]) == 0 {
		t.Fatal("the command was not found")
	}
	for from, imports := range importers {
		if imports["meterline/relay/relaytest"] {
			t.Errorf("%s imports relaytest", from)
		}
	}
}

// Families are bytes in and bytes out: a profile opens nothing, waits for nothing and logs nothing.
func TestProfilesDoNoIO(t *testing.T) {
	for imported := range importsBelow(t, "profile")["."] {
		switch imported {
		case "context", "io", "log", "log/slog", "net", "os", "sync", "syscall":
			t.Errorf("profile imports %s", imported)
		}
	}
}
