package ledger

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"meterline/bridge/diskfile"
)

// TestLedgerPutsAside: a file that this program does not understand is kept under another name, is told of, and is not in
// the way of the next ones. Check tells of it before the start and, where a newer program may want it, after.
func TestLedgerPutsAside(t *testing.T) {
	for _, c := range []struct{ name, text, end, before, after string }{
		{"of a newer program", `{"version":2,"modems":{"m":{"sessions":7}}}`, ".v2", "is of version 2", "was put aside"},
		{"of a newer program, with another kind of value", `{"version":3,"modems":[1]}`, ".v3", "is of version 3", "was put aside"},
		{"of no version", `{}`, ".bad", "is of version 0", ""},
		{"cut off", `{"version":2,"mod`, ".bad", "cannot be read", ""},
		{"of our version, with another kind of value", `{"version":1,"modems":[1]}`, ".bad", "cannot be read", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "state.json")
			for _, end := range []string{c.end, c.end + ".2"} {
				writeState(t, path, c.text+strings.Repeat(" ", len(end)))
				wantWarning(t, Check(path), c.before, c.end)
				l, err := Open(path)
				if err == nil || !strings.Contains(err.Error(), c.before) || !strings.HasSuffix(err.Error(), "kept as "+path+end) {
					t.Errorf("error %v, want one about %q, kept as %s", err, c.before, end)
				}
				l.Of("m", 0).Session(time.Now())
				if err := l.Save(); err != nil {
					t.Fatal(err)
				}
				if got, err := os.ReadFile(path + end); string(got) != c.text+strings.Repeat(" ", len(end)) {
					t.Errorf("kept %q, %v", got, err)
				}
			}
			if said := Check(path); c.after == "" && len(said) > 0 {
				t.Errorf("afterwards check says %q", said)
			} else if c.after != "" {
				wantWarning(t, said, c.after, path+c.end)
			}
		})
	}
}

// TestLedgerLeavesOthersAlone: where something else than a file of ours stands, it stays as it is, and nothing is kept.
func TestLedgerLeavesOthersAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.json")
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	wantWarning(t, Check(path), "a folder stands there", "counters are not kept")
	l, err := Open(path)
	if !errors.Is(err, diskfile.ErrNotRegular) {
		t.Errorf("open: %v", err)
	}
	if err := l.Save(); !errors.Is(err, diskfile.ErrNotRegular) {
		t.Errorf("save: %v", err)
	}
	if entries, err := os.ReadDir(filepath.Dir(path)); len(entries) != 1 || !entries[0].IsDir() {
		t.Errorf("%v, %v", entries, err)
	}
	if said := Check(""); said != nil {
		t.Errorf("of no file check says %q", said)
	}
}

func writeState(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// wantWarning wants one among said that has all parts.
func wantWarning(t *testing.T, said []string, parts ...string) {
	t.Helper()
	for _, text := range said {
		has := true
		for _, part := range parts {
			has = has && strings.Contains(text, part)
		}
		if has {
			return
		}
	}
	t.Errorf("%q: none has %q", said, parts)
}
