package config

import (
	"fmt"
	"time"

	"meterline/bridge"
	"meterline/bridge/modem"
	"meterline/relay/profile"
)

// exchangeDecl is a checked exchange and the table it comes from.
type exchangeDecl struct {
	table  *section
	config bridge.ExchangeConfig
	known  bool // the profile is one that we know
}

// profileOf is what an exchange reads callers with; known is false where the table says nothing usable.
func (c *checker) profileOf(t *section) (p profile.Profile, known bool) {
	if !t.ok("profile") {
		if !t.wrong["profile"] {
			t.fault("profile", flawf(`write profile = "imei", "address", another of meterline profile list or the NAME of a [profile.NAME]`, "it does not say how modems say who they are"))
		}
		return p, false
	}
	if name := t.text("profile"); name == "direct" || name == "none" {
		t.fault("profile", flawf("write listen and allow in the modem's own table, without an exchange", "modems that do not say who they are cannot share an address"))
		return p, false
	}
	return c.namedProfile(t)
}

// exchange checks one listening address.
func (c *checker) exchange(t *section) bridge.ExchangeConfig {
	t.inherit(c.defaults["exchange"])
	p, known := c.profileOf(t)
	p.Push = t.push(p, known)
	if known && p.Repeat == profile.EveryPacket {
		c.found.warn(t.place("profile"), "%s: modems of profile %s register with their first data: one that is silent until it is polled never does", t.label(), p.Name)
	}
	e := bridge.ExchangeConfig{
		Name:                t.name,
		Listen:              c.listen(t),
		Profile:             p,
		Allow:               t.networks("allow"),
		Takeover:            t.takeoverAt(p),
		RegistrationTimeout: t.duration("registration_timeout", 0, time.Second, time.Minute),
		MaxUnregistered:     t.number("max_unregistered", 0, 1, 100_000),
		Outage:              t.percent("outage"),
	}
	t.note()
	if _, there := t.keys["listen"]; !there {
		t.fault("listen", flawf(`write it like listen = ":7001"`, "it does not say where modems call in"))
	}
	c.exchanges[t.name] = &exchangeDecl{table: t, config: e, known: known}
	return e
}

// takeoverAt is the policy of an exchange. A meter that connects to push must not displace the session in which it is read.
func (t *section) takeoverAt(p profile.Profile) modem.Takeover {
	if p.Kind == profile.DLMSPush && !t.given("takeover") {
		return modem.TakeoverNever
	}
	return t.takeover()
}

// push says whether programs get what meters push.
func (t *section) push(p profile.Profile, known bool) string {
	switch {
	case !t.given("push"):
	case known && p.Kind != profile.DLMSPush:
		t.fault("push", flawf(fmt.Sprintf("leave it out, or write profile = %q", profile.DLMSPush), "modems of profile %s do not push", p.Name))
	default:
		return t.choice("push", profile.PushToProgram)
	}
	return ""
}

func (t *section) takeover() modem.Takeover {
	return modem.Takeover(t.choice("takeover", string(modem.TakeoverNewest), string(modem.TakeoverSameAddress),
		string(modem.TakeoverSamePrefix), string(modem.TakeoverNever)))
}

// note is free text, several lines if need be.
func (t *section) note() string {
	g, there := t.keys["note"]
	if !there {
		return ""
	}
	s, isText := g.value.(string)
	if !isText {
		t.fault("note", notA("text", "note", g.value))
	}
	return s
}

func (t *section) anyWrong() bool { return len(t.wrong) > 0 }

// inherit fills in what t does not say itself.
func (t *section) inherit(from *section) {
	if from == nil {
		return
	}
	for key, g := range from.keys {
		if _, there := t.keys[key]; !there {
			t.keys[key] = g
		}
	}
}
