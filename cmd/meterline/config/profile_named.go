package config

import (
	"fmt"
	"maps"
	"slices"

	"meterline/bridge/modem"
	"meterline/relay/profile"
)

// namedProfile is what the key profile of a table means; known is false where it says nothing usable.
func (c *checker) namedProfile(t *section) (p profile.Profile, known bool) {
	name := t.text("profile")
	if name == "" {
		return p, false
	}
	if declared, there := c.profiles[name]; there {
		return declared.Config, !declared.table.anyWrong()
	}
	if ready, there := c.ready[name]; there {
		return ready.Config, true
	}
	natives, _ := profile.Kinds()
	if slices.Contains(natives, profile.Kind(name)) {
		return profile.Profile{Name: name, Kind: profile.Kind(name)}, true
	}
	if c.misdeclared(name) {
		return p, false // told of where it stands
	}
	names := slices.Sorted(maps.Keys(c.profiles))
	names = append(names, slices.Sorted(maps.Keys(c.ready))...)
	for _, kind := range natives {
		names = append(names, string(kind))
	}
	hint := fmt.Sprintf("declare [profile.%s], or write one of meterline profile list", keyText(name))
	if near := Nearest(name, names); near != "" {
		hint = fmt.Sprintf("write %q, or another of meterline profile list", near)
	}
	t.fault("profile", flawf(hint, "no profile %q", name))
	return p, false
}

// misdeclared reports whether there is a table of that name that could not be used.
func (c *checker) misdeclared(name string) bool {
	return slices.ContainsFunc(c.tables["profile"], func(t *section) bool { return t.name == name })
}

// heartbeatFits refuses to send bytes as they are to a modem that takes packets only. Among the defaults they are for others.
func (c *checker) heartbeatFits(t *section, m *modem.Config) {
	profiles := []profile.Profile{m.Profile}
	if e := c.exchanges[m.Exchange]; e != nil && m.Exchange != "" && e.known {
		profiles = append(profiles, e.config.Profile)
	}
	i := slices.IndexFunc(profiles, func(p profile.Profile) bool { return p.Kind != "" && p.Packs() })
	if i < 0 {
		return
	}
	m.Link.Heartbeat, m.Link.HeartbeatEvery = "", 0
	for _, key := range []string{"heartbeat", "heartbeat_every"} {
		if t.own(key) {
			t.fault(key, flawf("leave it out", "modems of profile %s take packets only: bytes of ours among them would break them", profiles[i].Name))
			return
		}
	}
}

// callProfile is what a modem that we call, or that has a listening address of its own, adds to its meter's bytes.
func (c *checker) callProfile(t *section) (p profile.Profile) {
	strip := t.heartbeats("strip")
	if !t.given("dial") && !t.given("listen") {
		if t.own("strip") {
			t.fault("strip", flawf("write it as heartbeats in the exchange's [profile.NAME]", "it goes with dial or listen"))
		}
		if t.own("profile") {
			t.fault("profile", flawf("write it in the table of the exchange", "it goes with dial or listen"))
		}
		return p
	}
	if !t.given("profile") {
		if len(strip) > 0 {
			p = profile.Profile{Name: "direct", Kind: profile.Direct, Heartbeats: strip}
			for _, f := range profileFaults(p.Validate()) {
				t.fault("strip", &flaw{what: f.Text})
			}
		}
		return p
	}
	named, known := c.namedProfile(t)
	switch {
	case !known:
		return p
	case named.Registers():
		t.fault("profile", flawf("write exchange and id in place of it, or a profile without registration", "modems of profile %s say who they are, and belong to an exchange", named.Name))
		return p
	case t.own("strip"):
		t.fault("strip", flawf("write its heartbeats in "+Header("profile", named.Name), "it goes with no profile"))
	}
	return named
}
