package render

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"meterline/cmd/meterline/config/table"
	"meterline/cmd/meterline/control"
)

// Unknown returns TOML for a system: a table for each caller that could be a modem, and comments for all others.
func Unknown(callers []control.Caller, goos string, now time.Time) string {
	if len(callers) == 0 {
		return "# nobody unknown has called\n"
	}
	var parts []string
	var others strings.Builder
	seen := make(map[[2]string]bool)
	for _, c := range callers {
		id, key := identity(c)
		who := [2]string{c.Exchange, id}
		if key == "" || seen[who] {
			fmt.Fprintf(&others, "# %s\n", story(c, now))
			continue
		}
		seen[who] = true
		parts = append(parts, callerTable(c, key, id, goos, now))
	}
	if others.Len() > 0 {
		parts = append(parts, others.String())
	}
	return strings.Join(parts, "\n")
}

// callerTable returns a table with a name and a port that are made of the id, so that they are as unique.
func callerTable(c control.Caller, key, id, goos string, now time.Time) string {
	name := "new-" + strings.Map(func(r rune) rune {
		if r < 0x80 && (r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r)) {
			return r
		}
		return '-'
	}, id)
	return fmt.Sprintf("# %s\n[modem.%s]\nexchange = %s\n%-8s = %s\nport     = %s\n", story(c, now),
		name, table.Quote(c.Exchange), key, table.Quote(id), portFor(goos, name))
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

// identity returns the configuration's key and value that identify a caller; the key is empty if the caller cannot be a modem.
func identity(c control.Caller) (id, key string) {
	if c.Exchange == "" {
		return "", ""
	}
	switch c.Reason {
	case "unknown address":
		return c.Peer, "address"
	case "unknown id":
		id, err := strconv.Unquote(c.ID) // an id that is too long to be shown whole has no quotes
		if err == nil && utf8.ValidString(id) && id != "" {
			return id, "id"
		}
	}
	return "", ""
}

// story describes in one line who called, and when.
func story(c control.Caller, now time.Time) string {
	where := cmp.Or(c.Exchange, "a modem's own address")
	id := ""
	if c.ID != "" {
		id = " as " + c.ID
	}
	return Printable(fmt.Sprintf("%s at %s%s: %s, %d times, last %s", c.Peer, where, id, c.Reason, c.Count, humanTime(now, c.Last)))
}

// SortCallers sorts callers, the latest first.
func SortCallers(callers []control.Caller) {
	slices.SortStableFunc(callers, func(a, b control.Caller) int { return b.Last.Compare(a.Last) })
}
