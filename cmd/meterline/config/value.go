package config

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// number is a whole number between least and most, usual if the key is missing.
func (t *section) number(key string, usual, least, most int) int {
	g, there := t.keys[key]
	if !there || t.wrong[key] {
		return usual
	}
	n, isNumber := g.value.(int64)
	if s, isText := g.value.(string); isText && g.cell {
		parsed, err := strconv.ParseInt(strings.TrimSpace(s), 10, 64)
		n, isNumber = parsed, err == nil
	}
	switch {
	case !isNumber:
		t.fault(key, notA("a whole number", key, g.value))
	case n < int64(least) || n > int64(most):
		t.fault(key, flawf(fmt.Sprintf("write something from %d to %d", least, most), "%d is out of range", n))
	default:
		return int(n)
	}
	return usual
}

// flag is true or false, false if the key is missing. A list may say it as spreadsheets do.
func (t *section) flag(key string) bool {
	g, there := t.keys[key]
	if !there {
		return false
	}
	if b, isBool := g.value.(bool); isBool {
		return b
	}
	if s, isText := g.value.(string); isText && g.cell {
		switch strings.ToLower(strings.TrimSpace(s)) {
		case "true", "yes", "1":
			return true
		case "false", "no", "0":
			return false
		}
		t.fault(key, flawf("write yes or no, true or false, 1 or 0", "%q says neither yes nor no", s))
		return false
	}
	t.fault(key, notA("true or false", key, g.value))
	return false
}

// part is one of several texts of a key.
type part struct {
	text string
	at   place
}

// texts is a key's one text or array of texts. A cell of a list separates them by spaces, commas or semicolons.
func (t *section) texts(key string) []part {
	g, there := t.keys[key]
	if !there || t.wrong[key] {
		return nil
	}
	if s, isText := g.value.(string); isText && g.cell {
		return partsAt(strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(" ,;\t\r\n", r) }), g.at)
	}
	values, isArray := g.value.([]any)
	if !isArray {
		if s := t.text(key); s != "" {
			return []part{{s, g.at}}
		}
		return nil
	}
	var all []part
	for i, v := range values {
		at := t.elementPlace(key, i)
		s, isText := v.(string)
		switch {
		case !isText:
			t.faultAt(key, at, notA("text", key, v))
		case strings.TrimSpace(s) == "":
			t.faultAt(key, at, flawf("take it out", "an empty text"))
		default:
			all = append(all, part{s, at})
		}
	}
	return all
}

func partsAt(texts []string, at place) []part {
	all := make([]part, 0, len(texts))
	for _, s := range texts {
		all = append(all, part{s, at})
	}
	return all
}

// elementPlace is where an element of an array stands.
func (t *section) elementPlace(key string, i int) place {
	at := t.place(key)
	if n := t.keys[key].node.Item(i); n != nil {
		at.line = n.Line
	}
	return at
}

// bytes is a key's text in the notation for bytes, see parseBytes.
func (t *section) bytes(key string, most int) []byte {
	g, there := t.keys[key]
	if !there || t.wrong[key] {
		return nil
	}
	s, isText := g.value.(string)
	if !isText {
		t.fault(key, notA("text", key, g.value))
		return nil
	}
	b, f := parseBytes(s, most)
	if f != nil {
		t.fault(key, f)
	}
	return b
}

// parseBytes reads bytes as a configuration writes them: ASCII as it is, with TOML's escapes, or "hex:" and pairs of
// hexadecimal digits.
func parseBytes(s string, most int) ([]byte, *flaw) {
	digits, isHex := strings.CutPrefix(s, "hex:")
	b := []byte(s)
	if isHex {
		var err error
		if b, err = hex.DecodeString(strings.ReplaceAll(digits, " ", "")); err != nil {
			return nil, flawf(`write pairs of hexadecimal digits, like "hex:7B 01 0D"`, "%q is no hexadecimal", s)
		}
	} else if i := strings.IndexFunc(s, func(r rune) bool { return r >= 0x80 }); i >= 0 {
		return nil, flawf(`write such bytes in hexadecimal, like "hex:FE"`, "%q is not all ASCII", s)
	}
	switch {
	case len(b) == 0:
		return nil, flawf("write at least one byte, or leave it out", "no bytes")
	case len(b) > most:
		return nil, flawf(fmt.Sprintf("write at most %d", most), "%d bytes are too many", len(b))
	}
	return b, nil
}

// notA says that a value is of the wrong kind, and how the right kind is written.
func notA(wanted, key string, value any) *flaw {
	what := kindOf(value) + ", not " + wanted
	switch v := value.(type) {
	case int64, float64, bool, time.Time:
		if wanted == "text" {
			return &flaw{what, fmt.Sprintf(`put it in quotes: %s = "%s"`, key, plainText(v))}
		}
	case string:
		if wanted == "a whole number" {
			if _, err := strconv.Atoi(v); err == nil {
				return &flaw{what, fmt.Sprintf("write it without quotes: %s = %s", key, v)}
			}
		}
	}
	switch wanted {
	case "text":
		return &flaw{what, fmt.Sprintf(`write %s = "…"`, key)}
	case "a whole number":
		return &flaw{what, fmt.Sprintf("write %s = NUMBER, without quotes", key)}
	default:
		return &flaw{what, fmt.Sprintf("write %s = true or %s = false, without quotes", key, key)}
	}
}

func plainText(v any) string {
	switch v := v.(type) {
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case time.Time:
		return v.Format("2006-01-02")
	default:
		return fmt.Sprint(v)
	}
}

func kindOf(value any) string {
	switch v := value.(type) {
	case string:
		return "text"
	case int64:
		return "a number"
	case float64, bool:
		return plainText(v)
	case time.Time:
		return "a date or time"
	case []any, []map[string]any:
		return "an array"
	default:
		return "a table"
	}
}

// Quote is s as a basic string of TOML, which is a string of JSON in all that matters here.
func Quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteRune('\\')
			b.WriteRune(r)
		case r < ' ' || r == 0x7f:
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
