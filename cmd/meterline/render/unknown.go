package render

import (
	"encoding/csv"
	"fmt"
	"strings"
	"time"
	"unicode"

	"meterline/cmd/meterline/config/table"
	"meterline/relay"
)

// Unknown renders callers that matched no modem, in order.
type Unknown struct {
	GOOS string // the system whose ports are proposed
	Now  time.Time
	Test func(profile string) string // the command that plays bytes by a profile
}

// TOML returns a table for each caller that could be a modem, and comments for all others.
func (u Unknown) TOML(callers []relay.UnknownCaller) string {
	if len(callers) == 0 {
		return "# nobody unknown has called\n"
	}
	var tables, others []string
	names := newcomers(callers)
	for i, c := range callers {
		if names[i] == "" {
			others = append(others, u.story(c))
			continue
		}
		tables = append(tables, fmt.Sprintf("%s[modem.%s]\nexchange = %s\n%-8s = %s\nport     = %s\n", u.story(c),
			names[i], table.Quote(c.Exchange), c.Key, table.Quote(c.ID), portFor(u.GOOS, names[i])))
	}
	return strings.Join(append(tables, others...), "\n")
}

// CSV returns a list with a row for each caller that could be a modem.
func (u Unknown) CSV(callers []relay.UnknownCaller) string {
	var b strings.Builder
	w := csv.NewWriter(&b)
	w.Comma = ';'
	_ = w.Write([]string{"name", "exchange", "id", "address", "note"}) // a builder takes everything
	for i, name := range newcomers(callers) {
		if c := callers[i]; name != "" && !isFormula(c.ID) {
			row := []string{name, c.Exchange, c.ID, "", "called from " + c.Peer}
			if c.Key == "address" {
				row[2], row[3] = "", c.ID
			}
			_ = w.Write(row)
		}
	}
	w.Flush()
	return b.String()
}

// isFormula reports whether a spreadsheet would calculate with an id: strangers must not have it do so. Such ids have no row.
func isFormula(id string) bool {
	return strings.ContainsAny(id[:1], "=@\t") || strings.ContainsAny(id[:1], "+-") && strings.Trim(id[1:], "0123456789") != ""
}

// newcomers returns a name for each caller that could be a modem, made of its id and unique as that. It is empty for the others, and where
// a modem has called from several addresses for all but the first.
func newcomers(callers []relay.UnknownCaller) []string {
	names := make([]string, len(callers))
	seen, taken := make(map[[2]string]bool), make(map[string]bool)
	for i, c := range callers {
		who := [2]string{c.Exchange, c.ID}
		if c.Key != "id" && c.Key != "address" || c.ID == "" || strings.TrimSpace(c.ID) != c.ID || c.Exchange == "" || seen[who] {
			continue
		}
		seen[who] = true
		plain := "new-" + strings.Map(func(r rune) rune {
			if r < 0x80 && (r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r)) {
				return r
			}
			return '-'
		}, c.ID)
		names[i] = plain
		for n := 2; taken[names[i]]; n++ {
			names[i] = fmt.Sprintf("%s-%d", plain, n)
		}
		taken[names[i]] = true
	}
	return names
}

// portFor proposes a port on a system. Except on Linux, only the operator knows which numbers are free.
func portFor(goos, name string) string {
	switch goos {
	case "linux":
		return table.Quote("/run/meterline/" + name)
	case "windows":
		return table.Quote("COM12") + ` # give it a number of its own, or "rfc2217://127.0.0.1:4012"`
	}
	return table.Quote("rfc2217://127.0.0.1:4012") + " # give it a number of its own"
}

// story returns comments on who called, when, what it nearly was, what it sent, and how to try that.
func (u Unknown) story(c relay.UnknownCaller) string {
	who := c.Reason
	if c.ID != "" && c.ID != c.Peer {
		who += " " + c.ID
	}
	lines := []string{fmt.Sprintf("%s at %s: %s, %s, last %s", c.Peer, c.Exchange, who, Counted(int(c.Count), "time"), humanTime(u.Now, c.Last))}
	if c.Near != "" {
		lines = append(lines, "  nearly: "+c.Near)
	}
	dump := HexDump(c.Bytes)
	if scanner := strings.HasPrefix(c.Reason, "scanner"); len(dump) > 1 && scanner {
		dump = dump[:1] // what it is after is clear
	} else if more := c.Size - len(c.Bytes); more > 0 && !scanner {
		dump = append(dump, "and "+Counted(more, "byte")+" more")
	}
	for _, line := range dump {
		lines = append(lines, "    "+line)
	}
	if c.Masked {
		lines = append(lines, "  its credentials are masked; --raw shows them")
	}
	if len(c.Bytes) > 0 && !strings.HasPrefix(c.Reason, "scanner") {
		lines = append(lines, fmt.Sprintf(`  %s --hex "% x"`, u.Test(c.Profile), []byte(c.Bytes)))
	}
	var b strings.Builder
	for _, line := range lines {
		b.WriteString("# " + strings.TrimRight(Printable(line), " ") + "\n")
	}
	return b.String()
}
