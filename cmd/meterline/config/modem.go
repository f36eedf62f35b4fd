package config

import (
	"fmt"
	"net/netip"
	"time"

	"meterline/bridge/frame"
	"meterline/bridge/modem"
	"meterline/cmd/meterline/config/table"
	"meterline/relay"
	"meterline/relay/codec"
)

const day = 24 * time.Hour

// modemDecl is a modem as its table declares it.
type modemDecl struct {
	modem.Config
	checker *checker
	table   *table.Table
	connect string
	strip   []codec.Heartbeat
	port    access
}

// modemKeys are the keys of a modem, in the order in which config.example.toml explains them.
var modemKeys = join(reachKeys, secretKeys, ownPortKeys, callKeys,
	table.In(linkKeys, func(m *modemDecl) *relay.Link { return &m.Link }), packingKeys,
	table.In(fallbackKeys, func(m *modemDecl) *modem.FallbackConfig { return &m.Fallback }),
	table.In(frameKeys, func(m *modemDecl) *frame.Config { return &m.Frame }), noteKeys)

// join is one table of keys from those of several subjects.
func join[T any](parts ...table.Keys[T]) (all table.Keys[T]) {
	for _, keys := range parts {
		all = append(all, keys...)
	}
	return all
}

// reachKeys say how a session with the modem comes about.
var reachKeys = table.Keys[modemDecl]{
	{
		Name: "exchange", Form: table.Word[modemDecl]("NAME of an [exchange.NAME]"),
		Doc: "Where the modem calls in.",
	}, {
		Name: "id", Form: table.Word[modemDecl]("text"), Own: true,
		Doc: "Its identity, as it registers at the exchange: mostly the IMEI, in quotes.",
	}, {
		Name: "address", Form: table.Word[modemDecl]("IP address"), Own: true,
		Doc: "Its source address, by which exchanges without a registration know it.",
	}, {
		Name: "dial", Form: table.Func("`host:port` or `rfc2217://host:port`, or several", readDial), Own: true,
		Doc: "Addresses at which the modem is called, one after the other. Names are resolved at each attempt.",
	}, {
		Name: "listen", Form: listenText[modemDecl]("`host:port`", ":"), Own: true,
		Doc: "A listening address of its own, for a modem that does not say who it is.",
	}, {
		Name: "allow", Form: networks(func(m *modemDecl) *[]netip.Prefix { return &m.Allow }),
		Doc: "Who may call in at its own `listen`; required there.",
	}, {
		Name: "takeover", Form: table.OneOf(func(m *modemDecl) *modem.Takeover { return &m.Takeover }, takeovers...), Default: string(modem.TakeoverNewest),
		Doc: "Whether a new session at its own `listen` displaces the one that stands.",
	}, {
		Name: "number", Form: table.Func("telephone number, or several", readNumbers), Own: true,
		Doc: "Numbers by which the modem is dialled from dial-up ports. The fallback calls the first.",
	}, {
		Name: "ring", Form: table.Word[modemDecl]("NAME of a dial-up [port.NAME]"),
		Doc: "Dial-up ports of which a free one rings when the modem begins a session.",
	},
}

// callKeys say when the modem is called, and how long it is kept.
var callKeys = table.Keys[modemDecl]{
	{
		Name: "serial", Form: table.Func("text such as `9600 8N1`", readSerial),
		Doc: "How a far serial port is set when the session begins, under `rfc2217://` in `dial`.",
	}, {
		Name: "connect", Form: table.OneOf(func(m *modemDecl) *string { return &m.connect }, "always", "on-open"), Default: "always",
		Doc: "Under `dial`: keep the line, or call only while a program has the port open.",
	}, {
		Name: "linger", Form: table.Duration(time.Second, day, func(m *modemDecl) *time.Duration { return &m.Linger }), Default: "30s",
		Doc: "Under `on-open`: how long the session is kept after the program has left.",
	}, {
		Name: "retry_min", Form: table.Duration(100*time.Millisecond, time.Hour, func(m *modemDecl) *time.Duration { return &m.RetryMin }), Default: "2s",
		Doc: "First pause between attempts to call. Pauses grow, and vary at random.",
	}, {
		Name: "retry_max", Form: table.Duration(time.Second, day, func(m *modemDecl) *time.Duration { return &m.RetryMax }), Default: "60s",
		Doc: "Longest pause between attempts to call.",
	}, {
		Name: "lease_idle", Form: table.Duration(time.Second, day, func(m *modemDecl) *time.Duration { return &m.LeaseIdle }), Default: "60s",
		Doc: "Another port may take the modem after so long without a byte.",
	},
}

// packingKeys say what a modem adds to its meter's bytes.
var packingKeys = table.Keys[modemDecl]{
	{
		Name: "profile", Form: table.Word[modemDecl]("NAME of a profile"),
		Doc: "Under `dial` and `listen`: the profile, without registration, of what the modem adds to its meter's bytes.",
	}, {
		Name: "strip", Form: table.Literal(table.Func("bytes, or several", func(t *table.Table, key string, m *modemDecl) { m.strip = heartbeats(t, key) })),
		Doc: "Under `dial` and `listen`: heartbeats to take out, as `heartbeats` of a profile.",
	}, {
		Name: "heartbeat_anywhere", Form: table.Flag(func(m *modemDecl) *bool { return &m.HeartbeatAnywhere }), Default: "false",
		Doc: "As in a profile, for this modem.",
	},
}

var noteKeys = table.Keys[modemDecl]{
	{
		Name: "note", Form: table.FreeText(func(m *modemDecl) *string { return &m.Note }), Doc: "Free text, which `show` prints.",
	}, {
		Name: "disabled", Form: table.Flag(func(m *modemDecl) *bool { return &m.Disabled }), Default: "false",
		Doc: "The modem is off for a while, and keeps its place in the files.",
	}, {
		Name: "tls", Refused: notYet("TLS"),
	},
}

// notYet refuses a key that a later version will know.
func notYet(what string) *table.Flaw {
	return table.Flawf("take it out", "not yet: this version does not know %s", what)
}

var modemDefaults = modemKeys.Defaults()

// modem checks one modem.
func (c *checker) modem(t *table.Table) *modemDecl {
	m := modemDefaults
	m.Name, m.table, m.checker = t.Name, t, c
	modemKeys.Read(t, &m)
	checkBeats(t)
	checkFrame(t, &m.Frame)
	m.Ring = c.ring(t)
	c.callsIn(t, &m.Config)
	c.callsAlone(t, &m.Config)
	c.isCalled(t, &m)
	c.credentials(t, &m)
	c.heartbeatFits(t, &m.Config)
	m.Fallback = c.fallback(t, &m.Config)
	exchange := t.Value("exchange")
	switch {
	case t.HasAny("id", "address", "listen", "dial"), t.Has("exchange") && !exchange.Soft:
	case t.Has("exchange"):
		t.Fault("id", table.Flawf(`write its id at exchange `+fmt.Sprint(exchange.Raw)+`, or dial = "host:port" if it is called`, "there is no way to this modem"))
	default:
		t.Fault("exchange", table.Flawf(`write exchange and id if it calls in, or dial = "host:port" if it is called`, "there is no way to this modem"))
	}
	return &m
}

// warnOfUnused warns of what is declared and used by nothing.
func (c *checker) warnOfUnused(main *table.Document, s *Settings) {
	used := make(map[string]bool)
	for _, m := range s.Bridge.Modems {
		used["exchange "+m.Exchange], used["profile "+m.Profile.Name], used["usb "+m.Fallback.USB] = true, true, true
	}
	for _, p := range s.Bridge.Ports {
		used["modem "+p.Modem] = true
	}
	for _, e := range s.Bridge.Exchanges {
		used["profile "+e.Profile.Name] = true
	}
	for kind, what := range map[string]string{"usb": "nothing uses it", "exchange": "no modem calls in here", "profile": "nothing uses it"} {
		for _, t := range c.tables[kind] {
			if !used[kind+" "+t.Name] {
				c.found.Warn(t.At, "%s: %s", t.Label(), what)
			}
		}
	}
	c.warnOfUnreached(s, used)
	if len(s.Bridge.Modems) == 0 {
		c.found.Warn(table.Place{Source: main.Source}, "there is no modem yet: write [modem.NAME]")
	}
}

// warnOfUnreached warns of modems that no program can reach. From a dial-up port any modem can be dialled, by its name if
// it has no number.
func (c *checker) warnOfUnreached(s *Settings, used map[string]bool) {
	dialled, numbered := false, false
	for _, p := range s.Bridge.Ports {
		dialled = dialled || p.Dialup != nil
	}
	for _, m := range s.Bridge.Modems {
		t := c.modems[m.Name].table
		numbered = numbered || len(m.Numbers) > 0
		switch {
		case m.Disabled, dialled:
		case len(m.Numbers) > 0 && m.Fallback.USB == "" && !t.Wrong("fallback"):
			c.found.Warn(t.Place("number"), "%s number: there is no port to dial it from: write dialup = true in a [port.NAME]", t.Label())
		case !used["modem "+m.Name]:
			c.found.Warn(t.At, "%s: it has no port, so that no program can reach it", t.Label())
		}
	}
	if dialled && !numbered && len(s.Bridge.Modems) > 0 {
		for _, t := range c.tables["port"] {
			if isDialup(t) {
				c.found.Warn(t.At, "%s: no modem has a number, so that only names and ids can be dialled", t.Label())
			}
		}
	}
}
