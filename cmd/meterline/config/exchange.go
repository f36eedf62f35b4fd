package config

import (
	"fmt"
	"net/netip"
	"time"

	"meterline/bridge"
	"meterline/bridge/modem"
	"meterline/cmd/meterline/config/table"
	"meterline/relay/codec"
	"meterline/relay/profile"
)

// exchangeDecl is an exchange as its table declares it.
type exchangeDecl struct {
	bridge.ExchangeConfig
	known      bool // its profile exists and has no fault
	heartbeats []codec.Heartbeat
}

var takeovers = []modem.Takeover{modem.TakeoverNewest, modem.TakeoverSameAddress, modem.TakeoverSamePrefix, modem.TakeoverNever}

// exchangeKeys are the keys of an exchange, in the order in which config.example.toml explains them.
var exchangeKeys = table.Keys[exchangeDecl]{
	{
		Name: "listen", Form: listenText[exchangeDecl]("`host:port`", ":"), Own: true,
		Doc: "Where modems call in; `:7001` is all addresses of this machine.",
	}, {
		Name: "profile", Form: table.Word[exchangeDecl]("NAME of a profile"),
		Doc: "How modems say who they are: one of `meterline profile list` or a [profile.NAME].",
	}, {
		Name: "heartbeats", Form: table.Func("bytes or `{ bytes = …, answer = … }`, or several", func(t *table.Table, key string, e *exchangeDecl) {
			e.heartbeats = heartbeats(t, key)
		}), Own: true,
		Doc: "Under `profile = \"imei\"`: heartbeats, as those of a profile. The id again is one without being written here.",
	}, {
		Name: "push", Form: table.OneOf(func(e *exchangeDecl) *string { return &e.Profile.Push }, profile.PushToProgram), Own: true,
		Doc: "What meters push is kept as events; programs get it as well, under a profile with pushes.",
	}, {
		Name: "allow", Form: networks(func(e *exchangeDecl) *[]netip.Prefix { return &e.Allow }), Otherwise: "everybody",
		Doc: "Who may call at all.",
	}, {
		Name: "takeover", Form: table.OneOf(func(e *exchangeDecl) *modem.Takeover { return &e.Takeover }, takeovers...),
		Otherwise: "newest; under `profile = \"dlms-push\"` never",
		Doc:       "Whether a new session displaces the one that the modem has.",
	}, {
		Name: "registration_timeout", Form: table.Duration(time.Second, time.Minute, func(e *exchangeDecl) *time.Duration { return &e.RegistrationTimeout }),
		Otherwise: table.ShortDuration(profile.DefaultRegistrationTimeout),
		Doc:       "Time that a caller has to register.",
	}, {
		Name: "max_unregistered", Form: table.Number(1, 100_000, func(e *exchangeDecl) *int { return &e.MaxUnregistered }),
		Otherwise: "256, or twice the number of modems if that is more",
		Doc:       "Callers at one time that have not registered.",
	}, {
		Name: "outage", Form: table.Func("percentage, 1 to 100", func(t *table.Table, key string, e *exchangeDecl) { e.Outage = t.Percent(key) }), Otherwise: "20%",
		Doc: "So many of its modems away at once, and at least five, are an outage of the exchange, in which no fallback is tried.",
	}, {
		Name: "note", Form: table.FreeText[exchangeDecl](nil), Doc: "Free text.",
	}, {
		Name: "tls", Refused: notYet("TLS"),
	},
}

// profileOf is what an exchange reads callers with; known is false where the table names no usable profile.
func (c *checker) profileOf(t *table.Table) (p profile.Profile, known bool) {
	if !t.Good("profile") {
		if !t.Wrong("profile") {
			t.Fault("profile", table.Flawf(`write profile = "imei", "address", another of meterline profile list or the NAME of a [profile.NAME]`, "it does not say how modems say who they are"))
		}
		return p, false
	}
	if name := t.Text("profile"); name == "direct" || name == "none" {
		t.Fault("profile", table.Flawf("write listen and allow in the modem's own table, without an exchange", "modems that do not say who they are cannot share an address"))
		return p, false
	}
	return c.namedProfile(t)
}

// exchangeHeartbeats adds an exchange's heartbeats to a profile that has no table of its own for them.
func (c *checker) exchangeHeartbeats(t *table.Table, e *exchangeDecl) {
	switch {
	case !t.Has("heartbeats") || !e.known:
		return
	case e.Profile.Kind != profile.IMEI:
		t.Fault("heartbeats", table.Flawf("write it in "+table.Header("profile", e.Profile.Name)+", or leave it out where the profile is built in", "an exchange has heartbeats under profile = \"imei\" only"))
		return
	}
	e.Profile.Heartbeats = e.heartbeats
	for _, f := range profileFaults(e.Profile.Validate()) {
		t.Fault("heartbeats", &table.Flaw{What: f.Text})
	}
}

// exchange checks one exchange.
func (c *checker) exchange(t *table.Table) bridge.ExchangeConfig {
	t.Inherit(c.defaults["exchange"])
	var e exchangeDecl
	exchangeKeys.Read(t, &e)
	push := e.Profile.Push
	e.Name, e.Listen = t.Name, c.listen(t)
	e.Profile, e.known = c.profileOf(t)
	e.Profile.Push = push
	c.exchangeHeartbeats(t, &e)
	if t.Has("push") && e.known && e.Profile.Kind != profile.DLMSPush {
		t.Fault("push", table.Flawf(fmt.Sprintf("leave it out, or write profile = %q", profile.DLMSPush), "modems of profile %s do not push", e.Profile.Name))
	}
	if login, secret := e.Profile.Sends(); e.known && (login || secret) {
		t.Fault("profile", table.Flawf("write it in the table of a modem with dial", "the greeting of profile %s has {secret} or {login}, and would tell them to whoever calls", e.Profile.Name))
	}
	if e.known && e.Profile.Repeat == profile.EveryPacket {
		c.found.Warn(t.Place("profile"), "%s: modems of profile %s register with their first data: one that is silent until it is polled never does", t.Label(), e.Profile.Name)
	}
	switch {
	case e.Takeover != "":
	case e.Profile.Kind == profile.DLMSPush:
		e.Takeover = modem.TakeoverNever // a meter that connects to push must not displace the session in which it is read
	default:
		e.Takeover = modem.TakeoverNewest
	}
	if !t.Has("listen") {
		t.Fault("listen", table.Flawf(`write it like listen = ":7001"`, "it does not say where modems call in"))
	}
	c.exchanges[t.Name] = &e
	return e.ExchangeConfig
}
