package config

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/BurntSushi/toml"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"meterline/bridge/modem"
	"meterline/cmd/meterline/config/table"
)

// everySchema is the keys of each kind of table, and of the top of the file.
func everySchema() map[string]table.Schema {
	all := map[string]table.Schema{"top": topSchema}
	for kind, s := range schemas {
		if kind == "list" {
			s = listOwnKeys.Schema()
		}
		all[kind] = s
	}
	return all
}

// Every key says how its value is written and what it means, in at most two sentences.
func TestKeysAreDocumented(t *testing.T) {
	for kind, s := range everySchema() {
		for _, k := range s.All() {
			sentences := strings.Count(strings.ReplaceAll(k.Doc, ": ", ". ")+" ", ". ")
			if k.Form == "" || !strings.HasSuffix(k.Doc, ".") || sentences > 3 || strings.ContainsAny(k.Form+k.Default+k.Doc, "\n|") {
				t.Errorf("%s %s: %q, %q", kind, k.Name, k.Form, k.Doc)
			}
		}
	}
}

// whole are configurations in which every key of a kind applies. A test replaces KEY by the key.
var whole = map[string]string{
	"top": `log_file = "./log"
KEY
`,
	"modem": `[usb.gsm1]
usb = "12d1:1001"
[modem.a]
listen = ":7001"
allow = "10.0.0.1"
dial = "rfc2217://10.0.0.2:1"
number = "12"
fallback = "gsm1"
port = "tcp://127.0.0.1:4012"
KEY
`,
	"port": `[modem.a]
dial = "10.0.0.1:1"
[port.p]
listen = "tcp://127.0.0.1:4012"
modem = "a"
KEY
`,
	"dial-up port": `[port.p]
path = "./p%d"
dialup = true
count = 2
KEY
`,
	"usb": `[usb.gsm1]
usb = "12d1:1001"
KEY
`,
	"sim": `[modem.a]
dial = "127.0.0.1:1"
[sim.a]
meter = "modbus-rtu"
KEY
`,
}

// defaults returns the defaults of keys, by name, as they are written in a file.
func defaults[T any](keys table.Keys[T]) map[string]string {
	all := make(map[string]string)
	for _, k := range keys {
		switch {
		case k.Default == "":
		case strings.Contains(k.Default, ", "):
			all[k.Name] = `["` + strings.ReplaceAll(k.Default, ", ", `", "`) + `"]`
		case k.Default == "true", k.Default == "false", !strings.ContainsAny(k.Default, "abcdefghijklmnopqrstuvwxyz "):
			all[k.Name] = k.Default
		default:
			all[k.Name] = table.Quote(k.Default)
		}
	}
	return all
}

// Writing a default into the file changes nothing.
func TestWrittenDefaults(t *testing.T) {
	load := func(text string) *Settings {
		s, err := memoryLoader(map[string]string{"main.toml": text}).Load("main.toml")
		if err != nil {
			t.Errorf("%v in\n%s", err, text)
		}
		return s
	}
	port := defaults(portKeys)
	dialup := map[string]string{"preset": port["preset"]}
	delete(port, "preset")
	delete(port, "count") // of dial-up ports
	sim := defaults(simKeys)
	delete(sim, "meter") // given already
	tried := 0
	for kind, keys := range map[string]map[string]string{
		"top": defaults(topKeys), "modem": defaults(modemKeys), "port": port, "dial-up port": dialup, "usb": defaults(usbKeys), "sim": sim,
	} {
		want := load(strings.ReplaceAll(whole[kind], "KEY", ""))
		for name, value := range keys {
			tried++
			got := load(strings.ReplaceAll(whole[kind], "KEY", name+" = "+value))
			if diff := cmp.Diff(want, got, plainValues, cmpopts.IgnoreUnexported(Settings{})); diff != "" {
				t.Errorf("%s %s = %s: -left out +written:\n%s", kind, name, value, diff)
			}
		}
	}
	if tried < 30 {
		t.Errorf("only %d defaults", tried)
	}
}

// Package modem has the same defaults for the times of a modem as their keys.
func TestDefaultsOfModem(t *testing.T) {
	times := func(c modem.Config) []time.Duration {
		return []time.Duration{c.LeaseIdle, c.Linger, c.RetryMin, c.RetryMax, c.Fallback.After, c.Fallback.WakeWait, c.Fallback.Idle}
	}
	if diff := cmp.Diff(times((modem.Config{}).WithDefaults()), times(modemDefaults.Config)); diff != "" {
		t.Errorf("-left out +default:\n%s", diff)
	}
}

// commented returns the comments of each key of the example, under "KIND KEY": those above it, up to the previous key or
// empty line, and the one behind it.
func commented(t *testing.T) (comments map[string]string) {
	t.Helper()
	text, err := os.ReadFile(exampleFile)
	if err != nil {
		t.Fatal(err)
	}
	comments = make(map[string]string)
	header := regexp.MustCompile(`^\[(\w+)(\.|\])`)
	assignment := regexp.MustCompile(`^(\w+) +?= `)
	kind, above, done := "top", "", false
	for line := range strings.Lines(string(text)) {
		line = strings.TrimPrefix(strings.TrimSpace(line), "#: ")
		switch m, key := header.FindStringSubmatch(line), assignment.FindStringSubmatch(line); {
		case m != nil:
			kind, done = m[1], true
		case key != nil:
			_, beside, _ := strings.Cut(line, " #")
			comments[kind+" "+key[1]] += above + beside + "\n"
			done = true
		case line == "":
			above = ""
		case strings.HasPrefix(line, "#"):
			if done {
				above, done = "", false
			}
			above += strings.TrimPrefix(line, "#")
		}
	}
	return comments
}

// The comments of the example name each default that is a number, a time or one of several words.
func TestExampleTellsDefaults(t *testing.T) {
	comments := commented(t)
	tried := 0
	for kind, s := range everySchema() {
		for _, k := range s.All() {
			value := strings.Trim(regexp.MustCompile(`[ ,;]`).Split(k.Default, 2)[0], "`")
			isWord := value != "" && strings.Contains(k.Form, "`"+value+"`") && value != "true" && value != "false"
			if !isWord && !strings.ContainsAny(value, "0123456789") {
				continue
			}
			tried++
			if said := comments[kind+" "+k.Name]; !regexp.MustCompile(`(^|[^\w-])` + regexp.QuoteMeta(value)).MatchString(said) {
				t.Errorf("[%s] %s: no word of its default %q in:\n%s", kind, k.Name, k.Default, said)
			}
		}
	}
	if tried < 55 {
		t.Errorf("only %d defaults", tried)
	}
}

// The examples of README have no unknown keys, and the defaults that its text names are right.
func TestREADME(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	named := make(map[string]bool)
	for _, m := range regexp.MustCompile("(?s)```toml\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		var kinds map[string]map[string]map[string]any
		if _, err := toml.Decode(m[1], &kinds); err != nil {
			t.Fatalf("%v in\n%s", err, m[1])
		}
		for kind, tables := range kinds {
			for name, keys := range tables {
				for key := range keys {
					named[key] = true
					if s, known := schemas[kind]; !known || !s.Has(key) {
						t.Errorf("[%s.%s] has no key %s", kind, name, key)
					}
				}
			}
		}
	}
	if len(named) < 30 {
		t.Errorf("only %d keys", len(named))
	}
	told := regexp.MustCompile("`([a-z_]+)` \\(([0-9]+ ?[A-Za-z%]*)\\)").FindAllStringSubmatch(string(text), -1)
	for _, m := range told {
		var shown []string
		for _, s := range everySchema() {
			if k := s.Find(m[1]); k != nil {
				shown = append(shown, strings.ReplaceAll(k.Default, " ", ""))
			}
		}
		if want := strings.ReplaceAll(m[2], " ", ""); len(shown) != 1 || shown[0] != want {
			t.Errorf("README: %s is %s; its default is %q", m[1], m[2], shown)
		}
	}
	if len(told) < 5 {
		t.Errorf("only %d defaults: %q", len(told), told)
	}
}

// The reference has a row for each key, with four cells in each row.
func TestReference(t *testing.T) {
	rows := make(map[string]int)
	title := ""
	for line := range strings.Lines(Reference()) {
		line = strings.TrimSpace(line)
		if rest, is := strings.CutPrefix(line, "## "); is {
			title = rest
		}
		if !strings.HasPrefix(line, "|") {
			continue
		}
		if cells := strings.Split(line, "|"); len(cells) != 6 {
			t.Errorf("%d cells: %s", len(cells)-2, line)
		}
		rows[title]++
	}
	for kind, s := range everySchema() {
		title := fmt.Sprintf("[%s.NAME]", kind)
		if kind == "top" {
			title = "Top of the file"
		}
		if got, want := rows[title], len(s.Names())+2; got != want {
			t.Errorf("%s has %d rows, want %d", title, got, want)
		}
	}
	if !strings.Contains(Reference(), "| `lease_idle` | duration, 1s to 24h | 60s | Another port may take the modem after so long without a byte. |\n") {
		t.Error(Reference())
	}
}
