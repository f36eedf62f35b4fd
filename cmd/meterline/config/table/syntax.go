package table

import (
	"bytes"
	"regexp"
	"strings"

	"github.com/BurntSushi/toml"
)

// faultLine returns the line at which a syntax error is to be looked for. Where a line ends too early, the library names the next one.
func faultLine(pe toml.ParseError) int {
	if strings.Contains(pe.Message, `got '\n' instead`) {
		return max(1, pe.Position.Line-1)
	}
	return pe.Position.Line
}

// lineOf returns the text of a line, which counts from 1.
func lineOf(text []byte, line int) string {
	lines := bytes.Split(text, []byte("\n"))
	if line < 1 || line > len(lines) {
		return ""
	}
	return strings.TrimRight(string(lines[line-1]), "\r")
}

// syntaxFlaw is a syntax error in the library's words, with the lines around it, and with a hint for common mistakes. line is the text at
// which it is to be looked for.
func syntaxFlaw(pe toml.ParseError, line string) Flaw {
	f := Flaw{What: strings.TrimSuffix(pe.Message, ".")}
	_, lines, _ := strings.Cut(pe.ErrorWithPosition(), ":\n\n")
	switch {
	case strings.Contains(pe.Message, "to end table name"):
		f.Hint = headerHint(line)
	case strings.Contains(pe.Message, "expected '.' or '='"), strings.Contains(pe.Message, "expected '=' or '.'"):
		f.Hint = "keys have letters from a to z, and = behind them"
	case strings.Contains(pe.Message, "leading zero"):
		f.Hint = "if it is an id, put it in quotes"
	case strings.Contains(pe.Message, "invalid escape"), strings.Contains(pe.Message, "escaped"):
		f.Hint = `write \\ for one \, or put the text in single quotes`
	case strings.Contains(pe.Message, "already been defined"), strings.Contains(pe.Message, "already created"):
		f.Hint = "a key stands once in its table, and a table once in the file"
	case strings.Contains(pe.Message, "expected value but found"), strings.HasPrefix(pe.Message, "invalid float"),
		strings.Contains(pe.Message, "to end with a newline"):
		f.Hint = "text stands in quotes"
	}
	if lines = strings.TrimRight(lines, "\n"); lines != "" {
		if f.Hint != "" {
			f.What, f.Hint = f.What+": "+f.Hint, ""
		}
		f.What += "\n" + lines
	}
	return f
}

// header is the opening of a table whose name is not in quotes: its brackets, its kind, its name and its end.
var header = regexp.MustCompile(`^\s*\[\s*([A-Za-z_-]+)\s*\.([^\]"']*)(\]?)`)

// headerHint returns how the opening of a table has to be written. Spaces and the like cannot stand in a name.
func headerHint(line string) string {
	part := header.FindStringSubmatch(line)
	if part == nil {
		return "a table opens like [modem.NAME]"
	}
	name := strings.TrimSpace(strings.Map(func(r rune) rune {
		if strings.ContainsRune(` /\{}*?`, r) {
			return '-'
		}
		return r
	}, strings.TrimSpace(part[2])))
	if name == "" {
		return "a table opens like [modem.NAME]"
	}
	return "write " + Header(part[1], name)
}
