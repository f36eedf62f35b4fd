package config

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"meterline/cmd/meterline/config/configtest"
)

const secretsMain = `state = "s.json"
[defaults.modem]
secret = "common"
[profile.hello]
greeting = "{login}/{secret},"
[exchange.irz]
listen = ":7001"
profile = "irz"
[exchange.imei]
listen = ":7002"
profile = "imei"
[modem.a]
exchange = "irz"
id = "861234567890101"
[modem.b]
exchange = "irz"
id = "861234567890102"
secret_file = "sub/b"
login = "hex:41 42"
[modem.c]
exchange = "imei"
id = "861234567890103"
[modem.d]
dial = "10.0.0.1:1"
profile = "hello"
secret = "own"
login = "me"
[list.l]
file = "l.csv"
exchange = "irz"
secret_file = "sub/{name}"
`

// A secret comes from the modem's table, its file, its row in a list, or the defaults, in this order; relative files are relative to
// the file that names them.
func TestSecrets(t *testing.T) {
	dir := configtest.Write(t, "main.toml", secretsMain, "sub/b", "\uFEFFfrom-b\r\n", "sub/f", "hex:30 31\n",
		"l.csv", "name;id;secret;login\ne;861234567890104;in a cell;u\nf;861234567890105;;\n")
	s, err := Load(filepath.Join(dir, "main.toml"))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][2]string{"a": {"common", ""}, "b": {"from-b", "AB"}, "c": {}, "d": {"own", "me"}, "e": {"in a cell", "u"}, "f": {"01", ""}}
	for _, m := range s.Bridge.Modems {
		got := [2]string{string(m.Credentials.Secret.Reveal()), string(m.Credentials.Login.Reveal())}
		if got != want[m.Name] {
			t.Errorf("%s: %q, want %q", m.Name, got, want[m.Name])
		}
		delete(want, m.Name)
	}
	if len(want) > 0 {
		t.Errorf("missing: %v", want)
	}
	if text := fmt.Sprintf("%+v %#v %v", s.Bridge, s.Bridge.Modems, s.Warnings); strings.Contains(text, "common") || strings.Contains(text, "from-b") || strings.Contains(text, "in a cell") {
		t.Errorf("a secret is shown: %s", text)
	}
	if got := strings.Join(s.Warnings, "\n"); strings.Contains(got, "everybody can read") {
		t.Error(got)
	}
}

// Whoever writes a secret where everybody can read it is warned, once for each file.
func TestSecretsThatEverybodyCanRead(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("files there have no modes")
	}
	dir := configtest.Write(t, "main.toml", secretsMain, "sub/b", "from-b", "sub/f", "from-f", "l.csv", "name;id;secret\ne;861234567890104;cell\nf;861234567890105;\n")
	for _, name := range []string{"main.toml", "sub/b", "l.csv"} {
		if err := os.Chmod(filepath.Join(dir, name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	s, err := Load(filepath.Join(dir, "main.toml"))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, w := range s.Warnings {
		if strings.Contains(w, "everybody can read") {
			got = append(got, strings.ReplaceAll(w, dir+string(filepath.Separator), ""))
		}
	}
	want := []string{
		"main.toml: everybody can read it: there are secrets in it: chmod o= main.toml",
		"main.toml:18: everybody can read it: a secret stands in sub/b: chmod o= sub/b",
		"l.csv: everybody can read it: there are secrets in it: chmod o= l.csv",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// The parser's messages hold values, and the lines around a fault.
func TestSyntaxErrorsHideSecrets(t *testing.T) {
	for _, text := range []string{
		"[modem.a]\nsecret = TOPSECRET\n",
		"[modem.a]\nsecret = 4711TOPSECRET\n",
		"[modem.a]\nsecret = \"TOPSECRET\nport = \"a\"\n",
		"[modem.a]\nsecret = \"TOP\\qSECRET\"\n",
		"[modem.a]\nsecret = \"TOPSECRET\"TOPSECRET\n",
		"[modem.a]\nsecret = \"TOPSECRET\"\nport = a\n",
		"[modem.a]\n  \"login\" = \"TOPSECRET\"\n'secret'='TOPSECRET'\nport = \"\n",
		"modem.a = { id = \"1\", secret = \"TOPSECRET\" }\nport = \n",
		"[modem.a]\nsecret = \"\"\"\nTOPSECRET\"\"\"\nport = \n",
		"[modem.a]\nsecret = \"\"\"\nTOPSECRET\n",
		"[modem.a]\nSecret = TOPSECRET",
		"[modem.a]\nsecret = 1.TOPSECRET",
		"[modem.a]\nsecret = \"TOPSECRET\"\nsecret = \"TOPSECRET\"\n",
	} {
		for _, include := range []bool{false, true} {
			dir := configtest.Write(t, "main.toml", `include = "more.toml"`, "more.toml", text)
			file := "main.toml"
			if !include {
				file = "more.toml"
			}
			_, err := Load(filepath.Join(dir, file))
			if err == nil {
				t.Errorf("%q is good", text)
			} else if got := err.Error(); strings.Contains(got, "SECRET") || strings.Contains(got, "4711") || !strings.Contains(got, "more.toml:") {
				t.Errorf("%q:\n%s", text, got)
			}
		}
	}
}
