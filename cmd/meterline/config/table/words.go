package table

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// OrList joins names in quotes by "or". It is none in quotes where there are no names or more than five.
func OrList(names []string, none string) string {
	if len(names) == 0 || len(names) > 5 {
		names = []string{none}
	}
	return quoted(names, " or ")
}

// Quoted joins words in quotes by commas.
func Quoted(words []string) string { return quoted(words, ", ") }

func quoted(words []string, separator string) string {
	all := make([]string, 0, len(words))
	for _, s := range words {
		all = append(all, strconv.Quote(s))
	}
	return strings.Join(all, separator)
}

// NotA is the flaw of a value of the wrong type. wanted is "text", "a whole number" or "true or false".
func NotA(wanted, key string, value any) *Flaw {
	what := KindOf(value) + ", not " + wanted
	switch v := value.(type) {
	case int64, float64, bool, time.Time:
		if wanted == "text" {
			return &Flaw{what, fmt.Sprintf(`put it in quotes: %s = "%s"`, key, plainText(v))}
		}
	case string:
		if wanted == "a whole number" {
			if _, err := strconv.Atoi(v); err == nil {
				return &Flaw{what, fmt.Sprintf("write it without quotes: %s = %s", key, v)}
			}
		}
	}
	switch wanted {
	case "text":
		return &Flaw{what, fmt.Sprintf(`write %s = "…"`, key)}
	case "a whole number":
		return &Flaw{what, fmt.Sprintf("write %s = NUMBER, without quotes", key)}
	default:
		return &Flaw{what, fmt.Sprintf("write %s = true or %s = false, without quotes", key, key)}
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

// KindOf names the type of a TOML value in an operator's words.
func KindOf(value any) string {
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

// Quote is s as a basic string of TOML.
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
