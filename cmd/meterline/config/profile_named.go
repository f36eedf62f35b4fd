package config

import (
	_ "embed"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"meterline/bridge/modem"
	"meterline/cmd/meterline/config/table"
	"meterline/relay/codec"
	"meterline/relay/profile"
)

// namedProfile is the profile that a table names. known is false if the name is missing or unknown, or the profile has a
// fault.
func (c *checker) namedProfile(t *table.Table) (p profile.Profile, known bool) {
	name := t.Text("profile")
	if name == "" {
		return p, false
	}
	if declared, there := c.profiles[name]; there {
		return declared.Config, !declared.table.AnyWrong()
	}
	if ready, there := c.ready[name]; there {
		return ready.Config, true
	}
	natives, _ := profile.Kinds()
	if slices.Contains(natives, profile.Kind(name)) {
		return profile.Profile{Name: name, Kind: profile.Kind(name)}, true
	}
	if c.misdeclared(name) {
		return p, false // reported where it stands
	}
	names := slices.Sorted(maps.Keys(c.profiles))
	names = append(names, slices.Sorted(maps.Keys(c.ready))...)
	for _, kind := range natives {
		names = append(names, string(kind))
	}
	hint := fmt.Sprintf("declare [profile.%s], or write one of meterline profile list", table.KeyText(name))
	if near := table.Nearest(name, names); near != "" {
		hint = fmt.Sprintf("write %q, or another of meterline profile list", near)
	}
	t.Fault("profile", table.Flawf(hint, "no profile %q", name))
	return p, false
}

// misdeclared reports whether a profile of that name is declared under a name that is reserved.
func (c *checker) misdeclared(name string) bool {
	return slices.ContainsFunc(c.tables["profile"], func(t *table.Table) bool { return t.Name == name })
}

// heartbeatFits refuses a heartbeat of ours for a modem that takes packets only. One among the defaults is for others.
func (c *checker) heartbeatFits(t *table.Table, m *modem.Config) {
	profiles := []profile.Profile{m.Profile}
	if e := c.exchanges[m.Exchange]; e != nil && m.Exchange != "" && e.known {
		profiles = append(profiles, e.Profile)
	}
	i := slices.IndexFunc(profiles, func(p profile.Profile) bool { return p.Kind != "" && p.Packs() })
	if i < 0 {
		return
	}
	m.Link.Heartbeat, m.Link.HeartbeatEvery = "", 0
	for _, key := range []string{"heartbeat", "heartbeat_every"} {
		if t.Own(key) {
			t.Fault(key, table.Flawf("leave it out", "modems of profile %s take packets only: bytes of ours among them would break them", profiles[i].Name))
			return
		}
	}
}

// callProfile is the profile of a modem without an exchange: one that we call, or that has its own listening address.
func (c *checker) callProfile(t *table.Table, strip []codec.Heartbeat) (p profile.Profile) {
	if !t.HasAny("dial", "listen") {
		if t.Own("strip") {
			t.Fault("strip", table.Flawf("write it as heartbeats in the exchange's [profile.NAME]", "it goes with dial or listen"))
		}
		if t.Own("profile") {
			t.Fault("profile", table.Flawf("write it in the table of the exchange", "it goes with dial or listen"))
		}
		return p
	}
	if !t.Has("profile") {
		if len(strip) > 0 {
			p = profile.Profile{Name: "direct", Kind: profile.Direct, Heartbeats: strip}
			for _, f := range profileFaults(p.Validate()) {
				t.Fault("strip", &table.Flaw{What: f.Text})
			}
		}
		return p
	}
	named, known := c.namedProfile(t)
	switch {
	case !known:
		return p
	case named.Registers():
		t.Fault("profile", table.Flawf("write exchange and id in place of it, or a profile without registration", "modems of profile %s say who they are, and belong to an exchange", named.Name))
		return p
	case t.Own("strip"):
		t.Fault("strip", table.Flawf("write its heartbeats in "+table.Header("profile", named.Name), "it goes with no profile"))
	}
	return named
}

//go:embed profiles.toml
var readyText string

// ReadyProfiles are the profiles that the program comes with, by name. They are checked as those of any configuration; a
// test makes sure that they have no fault.
var ReadyProfiles = sync.OnceValues(func() (map[string]*DeclaredProfile, error) {
	l := NewLoader()
	doc, f := table.Decode(&table.Source{Name: "profiles.toml"}, []byte(readyText))
	if f != nil {
		return nil, f.Err()
	}
	c := newChecker(l)
	c.gather(doc, false)
	for _, t := range c.tables["profile"] {
		c.profile(t)
	}
	return c.profiles, l.found.Err()
})

// Registration is the modem's registration, as the profile's table writes it.
func (p *DeclaredProfile) Registration() string {
	s, _ := p.table.Value("registration").Raw.(string)
	return s
}

// ReadyNames are the names of the ready profiles, in the order in which they stand.
func ReadyNames() []string {
	var names []string
	for line := range strings.Lines(readyText) {
		if name, is := profileHeader(line); is {
			names = append(names, name)
		}
	}
	return names
}

// profileHeader is the name of the profile whose table a line opens.
func profileHeader(line string) (name string, is bool) {
	name, is = strings.CutPrefix(strings.TrimSpace(line), "[profile.")
	return strings.TrimSuffix(name, "]"), is
}

// ReadyTable is the table of a ready profile with the comment above it, under a name that a configuration may use.
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
