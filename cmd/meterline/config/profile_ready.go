package config

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"sync"
)

//go:embed profiles.toml
var readyText string

// ReadyProfiles are the profiles that the program comes with, by name. They go through the same checks as any
// configuration; a fault of theirs is a fault of the program, which a test finds.
var ReadyProfiles = sync.OnceValues(func() (map[string]*DeclaredProfile, error) {
	l := NewLoader()
	doc, f := decodeTOML(&source{name: "profiles.toml"}, []byte(readyText))
	if f != nil {
		return nil, f
	}
	c := newChecker(l)
	c.gather(doc, false)
	for _, t := range c.tables["profile"] {
		c.profile(t)
	}
	return c.profiles, l.found.err()
})

// Registration is how the modem registers, as the profile's table writes it.
func (p *DeclaredProfile) Registration() string {
	s, _ := p.table.keys["registration"].value.(string)
	return s
}

// ReadyNames are their names in the order in which they stand.
func ReadyNames() []string {
	var names []string
	for line := range strings.Lines(readyText) {
		if name, is := profileHeader(line); is {
			names = append(names, name)
		}
	}
	return names
}

// profileHeader is the name in the line that opens a table.
func profileHeader(line string) (name string, is bool) {
	name, is = strings.CutPrefix(strings.TrimSpace(line), "[profile.")
	return strings.TrimSuffix(name, "]"), is
}

// ReadyTable is the table of a ready profile with what is said above it, under a name that a configuration may use.
func ReadyTable(name string) string {
	lines := slices.Collect(strings.Lines(readyText))
	at := slices.IndexFunc(lines, func(line string) bool { n, is := profileHeader(line); return is && n == name })
	if at < 0 {
		return ""
	}
	from, to := at, at+1
	for from > 0 && strings.HasPrefix(lines[from-1], "#") {
		from--
	}
	for to < len(lines) && !strings.HasPrefix(lines[to], "#") && !strings.HasPrefix(lines[to], "[") {
		to++
	}
	text := strings.Join(lines[from:at], "") + fmt.Sprintf("[profile.my-%s]\n", name) + strings.Join(lines[at+1:to], "")
	return strings.TrimRight(text, "\n") + "\n"
}
