package config

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"

	"meterline/cmd/meterline/config/configtest"
)

var exampleFile = filepath.Join("..", "..", "..", "config.example.toml")

// uncommented is the example with its "#:" lines as configuration, and the list that its "#|" lines show.
func uncommented(t *testing.T) (config, list string) {
	t.Helper()
	text, err := os.ReadFile(exampleFile)
	if err != nil {
		t.Fatal(err)
	}
	var c, l strings.Builder
	for line := range strings.Lines(string(text)) {
		if rest, is := strings.CutPrefix(line, "#|"); is {
			l.WriteString(rest)
		}
		if rest, is := strings.CutPrefix(line, "#: "); is {
			line = rest
		}
		c.WriteString(line)
	}
	return c.String(), l.String()
}

func TestExampleLoads(t *testing.T) {
	s, err := Load(exampleFile)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Sims) != 4 || len(s.Bridge.Ports) != 6 {
		t.Errorf("%d simulated modems, %d ports", len(s.Sims), len(s.Bridge.Ports))
	}
	for _, w := range s.Warnings {
		if !strings.Contains(w, "SIMULATED") {
			t.Errorf("warning: %s", w)
		}
	}
	for _, m := range s.Bridge.Modems {
		if !m.Simulated {
			t.Errorf("modem %s wants something real", m.Name)
		}
	}
}

func TestExampleUncommented(t *testing.T) {
	config, list := uncommented(t)
	dir := configtest.Write(t, "main.toml", config, "modems.csv", list, "gsm1.pin", "1234\n", "tank.secret", "5492\n")
	s, err := loadFor("windows", filepath.Join(dir, "main.toml")) // where everything can be written that there is
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Bridge.Modems) < 11 || len(s.Bridge.Exchanges) != 6 {
		t.Errorf("in %s: %d modems, %d exchanges", dir, len(s.Bridge.Modems), len(s.Bridge.Exchanges))
	}
	if len(s.Bridge.USB) != 2 {
		t.Errorf("%d plugged-in modems", len(s.Bridge.USB))
	}
	for _, w := range s.Warnings {
		if !strings.Contains(w, "SIMULATED") && !strings.Contains(w, "no such file yet") && !strings.Contains(w, "nothing uses it") {
			t.Errorf("warning: %s", w)
		}
	}
}

// TestExampleHasEveryKey: a key that is not explained does not exist for an operator.
func TestExampleHasEveryKey(t *testing.T) {
	config, _ := uncommented(t)
	var values map[string]any
	if _, err := toml.Decode(config, &values); err != nil {
		t.Fatal(err)
	}
	for _, key := range topSchema.Names() {
		if _, there := values[key]; !there {
			t.Errorf("%s is missing", key)
		}
	}
	for kind, schema := range schemas {
		if kind == "list" { // it has the keys of a modem besides its own
			schema = listOwnKeys.Schema()
		}
		said := make(map[string]bool)
		tables, _ := values[kind].(map[string]any)
		for _, table := range tables {
			keys, _ := table.(map[string]any)
			for key := range keys {
				said[key] = true
			}
		}
		for _, key := range schema.Names() {
			if !said[key] {
				t.Errorf("[%s.…] %s is missing", kind, key)
			}
		}
	}
	defaults, _ := values["defaults"].(map[string]any)
	if got, want := slices.Sorted(maps.Keys(defaults)), slices.Sorted(maps.Keys(defaultSchemas)); !slices.Equal(got, want) {
		t.Errorf("defaults of %v, want %v", got, want)
	}
}
