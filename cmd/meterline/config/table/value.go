package table

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Text is the text of a key; it may not be empty.
func (t *Table) Text(key string) string {
	v, there := t.values[key]
	if !there || t.wrong[key] {
		return ""
	}
	s, isText := v.Raw.(string)
	switch {
	case !isText:
		t.Fault(key, NotA("text", key, v.Raw))
	case strings.TrimSpace(s) == "":
		t.Fault(key, Flawf("leave the key out", "empty"))
	case strings.ContainsFunc(s, isControl):
		t.Fault(key, Flawf("take it out", "%q has a control character in it", s))
	default:
		return s
	}
	return ""
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

// FreeText is a text that may be empty and have several lines.
func (t *Table) FreeText(key string) string {
	v, there := t.values[key]
	if !there || t.wrong[key] {
		return ""
	}
	s, isText := v.Raw.(string)
	if !isText {
		t.Fault(key, NotA("text", key, v.Raw))
	}
	return s
}

// Choice is a text that is one of several.
func (t *Table) Choice(key string, of ...string) string {
	s := t.Text(key)
	if s == "" || slices.Contains(of, s) {
		return s
	}
	hint := "write one of " + Quoted(of)
	if near := Nearest(s, of); near != "" {
		hint = fmt.Sprintf("write %q (one of %s)", near, Quoted(of))
	}
	t.Fault(key, Flawf(hint, "%q is unknown", s))
	return ""
}

// Duration is a length of time between shortest and longest. ok is false where the key is missing or wrong.
func (t *Table) Duration(key string, shortest, longest time.Duration) (d time.Duration, ok bool) {
	if n, isNumber := t.values[key].Raw.(int64); isNumber {
		t.Fault(key, Flawf(fmt.Sprintf(`write "%ds" for %d seconds`, n, n), "a number without a unit"))
		return 0, false
	}
	s := t.Text(key)
	if s == "" {
		return 0, false
	}
	if n, err := strconv.Atoi(s); err == nil {
		t.Fault(key, Flawf(fmt.Sprintf(`write "%ds" for %d seconds`, n, n), "a number without a unit"))
		return 0, false
	}
	d, err := time.ParseDuration(strings.ReplaceAll(s, " ", ""))
	switch {
	case err != nil:
		t.Fault(key, Flawf(`write it like "500ms", "90s", "5m" or "24h"`, "%q is no length of time", s))
	case d < shortest || d > longest:
		t.Fault(key, Flawf(fmt.Sprintf("write something from %s to %s", ShortDuration(shortest), ShortDuration(longest)), "%q is out of range", s))
	default:
		return d, true
	}
	return 0, false
}

// ShortDuration writes a duration without the zero units that time.Duration adds: 1h0m0s becomes 1h.
func ShortDuration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// Number is a whole number between least and most. ok is false where the key is missing or wrong.
func (t *Table) Number(key string, least, most int) (n int, ok bool) {
	v, there := t.values[key]
	if !there || t.wrong[key] {
		return 0, false
	}
	given, isNumber := v.Raw.(int64)
	if s, isText := v.Raw.(string); isText && v.Cell {
		parsed, err := strconv.ParseInt(strings.TrimSpace(s), 10, 64)
		given, isNumber = parsed, err == nil
	}
	switch {
	case !isNumber:
		t.Fault(key, NotA("a whole number", key, v.Raw))
	case given < int64(least) || given > int64(most):
		t.Fault(key, Flawf(fmt.Sprintf("write something from %d to %d", least, most), "%d is out of range", given))
	default:
		return int(given), true
	}
	return 0, false
}

// Percent is a number from 1 to 100, with or without its sign.
func (t *Table) Percent(key string) int {
	v, there := t.values[key]
	if !there || t.wrong[key] {
		return 0
	}
	n, isNumber := v.Raw.(int64)
	if s, isText := v.Raw.(string); isText {
		parsed, err := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(s, "%")))
		n, isNumber = int64(parsed), err == nil
	}
	if !isNumber || n < 1 || n > 100 {
		t.Fault(key, Flawf(fmt.Sprintf(`write it like %s = "20%%"`, key), "%v is no percentage from 1 to 100", v.Raw))
		return 0
	}
	return int(n)
}

var sizeForm = regexp.MustCompile(`^(\d{1,9}) ?(?i:(k|M|G)i?B?)$`)

// Size is a size in bytes between least and most, written as a number of MB or as text with a unit. ok is false where the
// key is missing or wrong. The limits are also given in words.
func (t *Table) Size(key string, least, most int64, inWords string) (size int64, ok bool) {
	v, there := t.values[key]
	if !there {
		return 0, false
	}
	if mb, isNumber := v.Raw.(int64); isNumber {
		size = min(max(mb, 0), most) << 20
	} else {
		s := t.Text(key)
		if s == "" {
			return 0, false
		}
		parts := sizeForm.FindStringSubmatch(strings.TrimSpace(s))
		if parts == nil {
			t.Fault(key, Flawf(`write it in MB, like 10, or like "500 kB", "10 MB" or "1 GB"`, "%q is no size", s))
			return 0, false
		}
		size, _ = strconv.ParseInt(parts[1], 10, 64) // nine digits at most: no error
		size <<= map[string]int{"k": 10, "m": 20, "g": 30}[strings.ToLower(parts[2])]
	}
	if size < least || size > most {
		t.Fault(key, Flawf("write something from "+inWords, "%v is out of range", v.Raw))
		return 0, false
	}
	return size, true
}

// Flag is true or false; ok is false where the key is missing or wrong. A cell of a list may also say yes, no, 1 or 0,
// or what a Russian spreadsheet makes of it.
func (t *Table) Flag(key string) (on, ok bool) {
	v, there := t.values[key]
	if !there {
		return false, false
	}
	if b, isBool := v.Raw.(bool); isBool {
		return b, true
	}
	if s, isText := v.Raw.(string); isText && v.Cell {
		switch strings.ToLower(strings.TrimSpace(s)) {
		case "true", "yes", "1", "да", "истина":
			return true, true
		case "false", "no", "0", "нет", "ложь":
			return false, true
		}
		t.Fault(key, Flawf("write yes or no, true or false, 1 or 0, да or нет", "%q says neither yes nor no", s))
		return false, false
	}
	t.Fault(key, NotA("true or false", key, v.Raw))
	return false, false
}
