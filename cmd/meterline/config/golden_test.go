package config

import (
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"meterline/cmd/meterline/config/table"
)

var update = flag.Bool("update", false, "write what the tests get as what they want")

// TestConfigFaults loads each testdata/NAME.toml and compares all that is said about it with NAME.want. A new case
// is a new file; go test -run TestConfigFaults -update writes its .want, to be read before it is kept. Those that begin with
// windows are for Windows, the others for Linux.
func TestConfigFaults(t *testing.T) {
	t.Setenv("STATE_DIRECTORY", "")
	t.Setenv("XDG_RUNTIME_DIR", "/run/user/1")
	t.Chdir("testdata")
	files, err := filepath.Glob("*.toml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(file, ".toml"), func(t *testing.T) {
			goos := "linux"
			if strings.HasPrefix(file, "windows") {
				goos = "windows"
			}
			got := portable(spoken(loadFor(goos, file)))
			golden := strings.TrimSuffix(file, ".toml") + ".want"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(strings.ReplaceAll(string(want), "\r\n", "\n"), got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// portable replaces what differs between systems by what Linux has: separators, the path of the state file, and the error
// of a missing file. The names of all keys of a kind become one word, so that a new key changes no golden file.
func portable(text string) string {
	_, err := os.Stat("none")
	if missing, ok := errors.AsType[*fs.PathError](err); ok {
		text = strings.ReplaceAll(text, missing.Err.Error(), "no such file or directory")
	}
	text = strings.ReplaceAll(text, table.Quote(usualState()), `"/var/lib/meterline/state.json"`)
	for kind, schema := range schemas {
		text = strings.ReplaceAll(text, "known are "+strings.Join(schema.Names(), ", "), "known are KEYS OF "+strings.ToUpper(kind))
	}
	return strings.ReplaceAll(text, ".d"+string(filepath.Separator), ".d/")
}

// spoken is everything that an operator is told about a configuration.
func spoken(s *Settings, err error) string {
	var b strings.Builder
	if err != nil {
		b.WriteString(err.Error() + "\n")
	}
	if s != nil {
		for _, w := range s.Warnings {
			b.WriteString("warning: " + w + "\n")
		}
	}
	return b.String()
}

// TestConfigFaultsHaveLines checks that every fault of the golden cases has the file and line that editors jump to, and a
// hint.
func TestConfigFaultsHaveLines(t *testing.T) {
	form := regexp.MustCompile(`^[a-z0-9./-]+\.(toml|csv):\d+(:\d+)?: .+: .+`)
	files, err := filepath.Glob(filepath.Join("testdata", "*.want"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			// The lines of the text around a syntax error are indented; the syntax error has its hint only where we know one.
			around := strings.HasPrefix(line, "  ") || strings.HasPrefix(line, "warning: ") || strings.Contains(line, "but got")
			if !around && !form.MatchString(line) {
				t.Errorf("%s: %s", file, line)
			}
		}
	}
}
