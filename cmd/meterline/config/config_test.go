package config

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"meterline/cmd/meterline/config/configtest"
	"meterline/cmd/meterline/control"
)

// loadFor loads a configuration as if this were another system.
func loadFor(goos, path string) (*Settings, error) {
	l := NewLoader()
	l.GOOS = goos
	return l.Load(path)
}

// mustLoad loads main.toml and the files beside it.
func mustLoad(t *testing.T, files ...string) (s *Settings, dir string) {
	t.Helper()
	dir = configtest.Write(t, files...)
	s, err := Load(filepath.Join(dir, "main.toml"))
	if err != nil {
		t.Fatal(err)
	}
	return s, dir
}

var plainValues = cmp.Options{cmpopts.EquateEmpty(), cmpopts.EquateComparable(netip.Prefix{})}

func TestLoadNoFile(t *testing.T) {
	_, err := Load(filepath.Join(t.TempDir(), "none.toml"))
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

func TestLoadFolder(t *testing.T) {
	if _, err := Load(t.TempDir()); err == nil {
		t.Error("a folder was read")
	}
}

func TestLoadTooBig(t *testing.T) {
	dir := configtest.Write(t, "main.toml", strings.Repeat("#", maxFileSize+1))
	if _, err := Load(filepath.Join(dir, "main.toml")); err == nil || !strings.Contains(err.Error(), "16 MiB") {
		t.Errorf("got %v", err)
	}
}

func TestLoadDeep(t *testing.T) {
	dir := configtest.Write(t, "main.toml", "x = "+strings.Repeat("[", 100_000))
	if _, err := Load(filepath.Join(dir, "main.toml")); err == nil || !strings.Contains(err.Error(), "deeper than 64") {
		t.Errorf("got %v", err)
	}
}

func TestTopOfFile(t *testing.T) {
	s, dir := mustLoad(t, "main.toml", `
control = "./c.sock"
state = "state.json"
log_level = "warn"
log_format = "json"
`)
	got := []any{s.Control, s.Ledger, s.Log.Level, s.Log.JSON, s.File}
	want := []any{control.Address(filepath.Join(dir, "c.sock")), filepath.Join(dir, "state.json"), slog.LevelWarn, true, filepath.Join(dir, "main.toml")}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestTopOfFileLeftOut(t *testing.T) {
	t.Setenv("STATE_DIRECTORY", "/var/lib/meterline"+string(os.PathListSeparator)+"/var/lib/other")
	s, dir := mustLoad(t, "main.toml", "")
	if want := defaultControl(dir); s.Control != want || !filepath.IsAbs(s.Control) {
		t.Errorf("control %s, want %s", s.Control, want)
	}
	if want := filepath.Join("/var/lib/meterline", "state.json"); s.Ledger != want || s.Log.Level != slog.LevelInfo || s.Log.JSON {
		t.Errorf("state %s, level %v, JSON %v", s.Ledger, s.Log.Level, s.Log.JSON)
	}
}

func TestLongControlPath(t *testing.T) {
	dir := configtest.Write(t, "main.toml", `control = "./`+strings.Repeat("x", control.LongestAddress)+`"`)
	if _, err := Load(filepath.Join(dir, "main.toml")); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("at most %d bytes", control.LongestAddress)) {
		t.Errorf("got %v", err)
	}
}

// TestOrder: status shows modems and ports as the files have them, the main file first, and a list where it stands.
func TestOrder(t *testing.T) {
	s, _ := mustLoad(t,
		"main.toml", `
include = ["d/*.toml"]
[modem.z]
dial = "10.0.0.1:1"
port = "./z"
[list.l]
file = "l.csv"
port = "./{name}"
[port.extra]
path = "./extra"
modem = "z"
[modem.a]
dial = "10.0.0.2:1"
port = "./a"
`,
		"l.csv", "name,dial\nl2,10.0.1.2:1\nl1,10.0.1.1:1\n",
		"d/2.toml", "[modem.e]\ndial = \"10.0.0.5:1\"\nport = \"./e\"\n",
		"d/1.toml", "modem.f.dial = \"10.0.0.6:1\"\nmodem.f.port = \"./f\"\n",
	)
	var modems, ports []string
	for _, m := range s.Bridge.Modems {
		modems = append(modems, m.Name)
	}
	for _, p := range s.Bridge.Ports {
		ports = append(ports, p.Name)
	}
	if got, want := strings.Join(modems, " "), "z l2 l1 a f e"; got != want {
		t.Errorf("modems %s, want %s", got, want)
	}
	if got, want := strings.Join(ports, " "), "z l2 l1 extra a f e"; got != want {
		t.Errorf("ports %s, want %s", got, want)
	}
	if got := s.Bridge.Ports[5].Spec.Address; filepath.Base(filepath.Dir(got)) != "d" {
		t.Errorf("a path in an included file is relative to that file, not %s", got)
	}
}

// A file that would make the TOML library overflow the stack is refused, also where only the places of the daemon are looked up.
func TestPlacesOfAHostileFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "m.toml")
	for text, want := range map[string]string{
		"a = " + strings.Repeat("[", 1<<20): "deeper than 64",
		"control = 5\n":                     "control must be text",
		"control = \n":                      "m.toml:1",
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := PlacesOf(file); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20q: %v, want %q", text, err, want)
		}
	}
}
