package table

import (
	"fmt"
	"slices"
	"strings"
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
