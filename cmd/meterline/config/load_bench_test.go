package config

import (
	"fmt"
	"strings"
	"testing"
)

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
