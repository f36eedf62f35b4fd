package config

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/charmap"

	"meterline/cmd/meterline/config/configtest"
)

// TestListDialects: the same three modems as different spreadsheets save them.
func TestListDialects(t *testing.T) {
	plain := "name;id;disabled\nn1;861234567890001;\nn2;861234567890002;yes\nn3;861234567890003;0\n"
	dialects := map[string]string{
		"semicolons":            plain,
		"commas":                strings.ReplaceAll(plain, ";", ","),
		"tabs":                  strings.ReplaceAll(plain, ";", "\t"),
		"BOM and CRLF":          "\uFEFF" + strings.ReplaceAll(plain, "\n", "\r\n"),
		"CR alone":              strings.ReplaceAll(plain, "\n", "\r"),
		"sep line":              "sep=;\r\n" + plain,
		"no end of line":        strings.TrimSpace(plain),
		"empty lines":           strings.ReplaceAll(plain, "\n", "\n\n;;\n"),
		"quotes":                strings.ReplaceAll(strings.ReplaceAll(plain, "n1;", `"n1";`), "name", `"name"`),
		"spaces":                strings.ReplaceAll(plain, ";", " ; "),
		"trailing columns":      strings.ReplaceAll(plain, "\n", ";;\n"),
		"short rows":            strings.ReplaceAll(plain, ";\n", "\n"),
		"commas in a semicolon": strings.Replace(plain, "name;id;disabled", `name;id;disabled;"a,b,c,d"`, 1),
	}
	for dialect, text := range dialects {
		t.Run(dialect, func(t *testing.T) {
			s, dir := mustLoad(t, "main.toml", `
[exchange.gprs]
listen = ":7001"
profile = "imei"
[list.north]
file = "modems.csv"
ignore = ["a,b,c,d"]
exchange = "gprs"
port = "./ports/{name}"
`, "modems.csv", text)
			if len(s.Bridge.Modems) != 3 || len(s.Bridge.Ports) != 3 {
				t.Fatalf("%+v", s.Bridge.Modems)
			}
			for i, m := range s.Bridge.Modems {
				if m.Name != fmt.Sprintf("n%d", i+1) || m.ID != fmt.Sprintf("86123456789000%d", i+1) || m.Disabled != (i == 1) || m.Exchange != "gprs" {
					t.Errorf("%d: %+v", i, m)
				}
				if want := filepath.Join(dir, "ports", m.Name); s.Bridge.Ports[i].Spec.Address != want {
					t.Errorf("port %s, want %s", s.Bridge.Ports[i].Spec.Address, want)
				}
			}
		})
	}
}

// TestListTemplates: a cell wins over a template, a template over the defaults; a template with an empty cell is not given.
func TestListTemplates(t *testing.T) {
	s, _ := mustLoad(t, "main.toml", `
[defaults.modem]
linger = "1s"
note = "default"
connect = "on-open"
[list.north]
file = "l/modems.csv"
name = "meter-{No}"
dial = ["{IP}:4001", "{IP 2}:4001"]
port = "./ports/{No}"
note = "{Street}, {Town}"
linger = "2s"
heartbeat = "{[%]}=1,2*"
heartbeat_every = "1m"
`, "l/modems.csv", "No,IP,IP 2,Street,Town,linger,port\n1,10.0.0.1,10.0.1.1,A,B,3s,./here\n2,10.0.0.2,,A,,,\n")
	m := s.Bridge.Modems
	if len(m) != 2 {
		t.Fatalf("%+v", m)
	}
	if m[0].Name != "meter-1" || len(m[0].Dial) != 2 || m[0].Note != "A, B" || m[0].Linger != 3*time.Second || !m[0].OnOpen {
		t.Errorf("%+v", m[0])
	}
	if m[1].Name != "meter-2" || len(m[1].Dial) != 1 || m[1].Note != "default" || m[1].Linger != 2*time.Second {
		t.Errorf("%+v", m[1])
	}
	if m[0].Link.Heartbeat != "{[%]}=1,2*" {
		t.Errorf("heartbeat %q", m[0].Link.Heartbeat)
	}
	// What stands in the list is relative to the list, what stands in the file to the file.
	if got := filepath.Base(filepath.Dir(s.Bridge.Ports[0].Spec.Address)); got != "l" {
		t.Errorf("port of the list: %s", s.Bridge.Ports[0].Spec.Address)
	}
	if got := filepath.Base(filepath.Dir(s.Bridge.Ports[1].Spec.Address)); got != "ports" {
		t.Errorf("port of the template: %s", s.Bridge.Ports[1].Spec.Address)
	}
}

// TestManyModems: an operator's whole spreadsheet, first without and then with faults in every row.
func TestManyModems(t *testing.T) {
	const modems = 800
	main := `
[exchange.gprs]
listen = ":7001"
profile = "imei"
[list.all]
file = "modems.csv"
exchange = "gprs"
port = "/run/meterline/{name}"
`
	var good, bad strings.Builder
	good.WriteString("name;id;note\n")
	bad.WriteString("name;id;note\n")
	for i := range modems {
		fmt.Fprintf(&good, "m%d;8612345678%05d;\"Hauptstr. %d; Keller\"\n", i, i, i)
		fmt.Fprintf(&bad, "m%d;8612345678%05dX;\n", i, i)
	}
	start := time.Now()
	s, _ := mustLoad(t, "main.toml", main, "modems.csv", good.String())
	t.Logf("%d modems loaded in %v", modems, time.Since(start))
	if len(s.Bridge.Modems) != modems || len(s.Bridge.Ports) != modems || s.Bridge.Modems[799].Note != "Hauptstr. 799; Keller" {
		t.Errorf("%d modems, %d ports", len(s.Bridge.Modems), len(s.Bridge.Ports))
	}
	dir := configtest.Write(t, "main.toml", main, "modems.csv", bad.String())
	start = time.Now()
	_, err := Load(filepath.Join(dir, "main.toml"))
	t.Logf("%d faults found in %v", modems, time.Since(start))
	if err == nil || strings.Count(err.Error(), "is no IMEI") != modems {
		t.Errorf("got %.200v", err)
	}
}

// BenchmarkLoad loads 10,000 modems, as tables of their own and as rows of a list.
func BenchmarkLoad(b *testing.B) {
	const top = "[exchange.gprs]\nlisten = \":7001\"\nprofile = \"imei\"\n"
	var tables, rows strings.Builder
	rows.WriteString("name;id;silence;note\n")
	for i := range 10_000 {
		fmt.Fprintf(&tables, "[modem.m%d]\nexchange = \"gprs\"\nid = \"8612345678%05d\"\nport = \"/run/meterline/m%d\"\nsilence = \"6h\"\nnote = \"roof %d\"\n", i, i, i, i)
		fmt.Fprintf(&rows, "m%d;8612345678%05d;6h;roof %d\n", i, i, i)
	}
	list := top + "[list.all]\nfile = \"list.csv\"\nexchange = \"gprs\"\nport = \"/run/meterline/{name}\"\n"
	for name, files := range map[string]map[string]string{
		"tables": {"main.toml": top + tables.String()},
		"list":   {"main.toml": list, "list.csv": rows.String()},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				s, err := memoryLoader(files).Load("main.toml")
				if err != nil || len(s.Bridge.Modems) != 10_000 {
					b.Fatal(err)
				}
			}
		})
	}
}

// TestListAsSpreadsheetsSaveIt: column names in any case, a code page, and words for yes.
func TestListAsSpreadsheetsSaveIt(t *testing.T) {
	const main = `
[exchange.gprs]
listen = ":7001"
profile = "imei"
[list.north]
file = "modems.csv"
exchange = "gprs"
port = "./ports/{Port}"
`
	// "Port" is a column of the operator's own: the list's table names it.
	const rows = "Name;ID;Port;Disabled\nкотельная;861234567890001;1;ДА\nшкола;861234567890002;2;ложь\n"
	text, err := charmap.Windows1251.NewEncoder().String(rows)
	if err != nil {
		t.Fatal(err)
	}
	s, dir := mustLoad(t, "main.toml", main, "modems.csv", text)
	m := s.Bridge.Modems
	if len(m) != 2 || m[0].Name != "котельная" || m[1].ID != "861234567890002" || !m[0].Disabled || m[1].Disabled {
		t.Fatalf("%+v", m)
	}
	if want := filepath.Join(dir, "ports", "1"); s.Bridge.Ports[0].Spec.Address != want {
		t.Errorf("port %s, want %s", s.Bridge.Ports[0].Spec.Address, want)
	}
	if got := strings.Join(s.Warnings, "\n"); !strings.Contains(got, `modems.csv is no UTF-8 and was read as cp1251: write encoding = "cp1251"`) {
		t.Errorf("warnings: %s", got)
	}
}

// TestListAdvice: advice for a row speaks of its column.
func TestListAdvice(t *testing.T) {
	dir := configtest.Write(t, "main.toml", "[exchange.gprs]\nlisten = \":7001\"\nprofile = \"imei\"\n[list.north]\nfile = \"m.csv\"\nport = \"./{name}\"\n",
		"m.csv", "name;id;exchange;disabled;heartbeat\na;861234567890001;gprs;maybe;\nb;861234567890002;;;\nc;861234567890003;gprs;;beat\n")
	_, err := Load(filepath.Join(dir, "main.toml"))
	for _, want := range []string{
		`m.csv:2:24: [modem.a] disabled: "maybe" says neither yes nor no: write yes or no, true or false, 1 or 0, да or нет`,
		`m.csv:3:3: [modem.b] id: it does not say at which exchange: write "gprs" in the column exchange too`,
		`m.csv:4:25: [modem.c] heartbeat: it does not say how often: write "60s" in the column heartbeat_every too`,
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v\nwant %s", err, want)
		}
	}
}
