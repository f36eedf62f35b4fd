package table

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Nearest is the word that a mistyped one was most likely meant to be, "" if none is near. If exactly one word begins with
// what was typed, it is that one.
func Nearest(typed string, words []string) string {
	begins := func(word string) bool {
		return len(typed) > 3 && len(word) > len(typed) && strings.EqualFold(word[:len(typed)], typed)
	}
	if i := slices.IndexFunc(words, begins); i >= 0 && !slices.ContainsFunc(words[i+1:], begins) {
		return words[i]
	}
	best, least := "", max(1, len([]rune(typed))/3)+1
	for _, word := range words {
		if strings.EqualFold(typed, word) {
			return word
		}
		if d := distance(strings.ToLower(typed), strings.ToLower(word)); d < least {
			best, least = word, d
		}
	}
	return best
}

// distance counts the letters to insert, remove, change or swap with their neighbour between a and b.
func distance(a, b string) int {
	from, to := []rune(a), []rune(b)
	if len(from) > 64 || len(to) > 64 {
		return max(len(from), len(to)) // no key is so long
	}
	var before, last []int
	row := make([]int, len(to)+1)
	for j := range row {
		row[j] = j
	}
	for i, r := range from {
		before, last, row = last, row, make([]int, len(to)+1)
		row[0] = i + 1
		for j, s := range to {
			cost := 1
			if r == s {
				cost = 0
			}
			row[j+1] = min(row[j]+1, last[j+1]+1, last[j]+cost)
			if i > 0 && j > 0 && r == to[j-1] && from[i-1] == s {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
	}
	return row[len(to)]
}

// UnknownKey is the flaw of an unknown key, with the known key that was probably meant.
func UnknownKey(key, where string, known []string) *Flaw {
	near := Nearest(key, known)
	if under := strings.ReplaceAll(key, "-", "_"); slices.Contains(known, under) {
		near = under
	}
	switch {
	case near == "":
		return Flawf("known are "+strings.Join(known, ", "), "unknown key %q %s", key, where)
	case strings.EqualFold(near, key):
		return Flawf("write "+near, "key %q %s: capital and small letters differ", key, where)
	default:
		return Flawf(fmt.Sprintf("write %s, if that is meant", near), "unknown key %q %s", key, where)
	}
}

// Missing is the flaw of a name that no table of a kind has. names are those that exist.
func Missing(kind, name string, names []string) *Flaw {
	hint := "declare " + Header(kind, name)
	if near := Nearest(name, names); near != "" {
		hint = fmt.Sprintf("write %q, or declare %s", near, Header(kind, name))
	} else if len(names) > 0 && len(names) <= 5 {
		hint += ", or write " + OrList(names, "")
	}
	return Flawf(hint, "no %s %q", kind, name)
}

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
