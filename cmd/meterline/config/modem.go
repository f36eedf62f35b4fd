package config

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"time"

	"meterline/bridge"
	"meterline/bridge/modem"
	"meterline/relay"
	"meterline/relay/profile"
)

// modemDecl is a checked modem and the table or row it comes from.
type modemDecl struct {
	table  *section
	config modem.Config
}

// modem checks one modem.
func (c *checker) modem(t *section) *modemDecl {
	m := modem.Config{
		Name:      t.name,
		Note:      t.note(),
		Disabled:  t.flag("disabled"),
		LeaseIdle: t.duration("lease_idle", time.Minute, time.Second, 24*time.Hour),
		Link:      t.link(),
		Frame:     t.frames(),
		Numbers:   c.numbers(t),
		Ring:      c.ring(t),
	}
	c.callsIn(t, &m)
	c.callsAlone(t, &m)
	c.isCalled(t, &m)
	c.heartbeatFits(t, &m)
	m.Fallback = c.fallback(t, &m)
	reached := slices.ContainsFunc([]string{"id", "address", "listen", "dial"}, t.given) || t.given("exchange") && !t.keys["exchange"].soft
	switch {
	case reached:
	case t.given("exchange"):
		t.fault("id", flawf(`write its id at exchange `+fmt.Sprint(t.keys["exchange"].value)+`, or dial = "host:port" if it is called`, "there is no way to this modem"))
	default:
		t.fault("exchange", flawf(`write exchange and id if it calls in, or dial = "host:port" if it is called`, "there is no way to this modem"))
	}
	return &modemDecl{t, m}
}

func (t *section) given(key string) bool {
	_, there := t.keys[key]
	return there
}

// callsIn reads how the modem is known at an exchange. An exchange among the defaults is for the modems with an identity.
func (c *checker) callsIn(t *section, m *modem.Config) {
	identified := t.given("id") || t.given("address")
	names := slices.Sorted(maps.Keys(c.exchanges))
	switch {
	case !t.given("exchange") && identified:
		key := "id"
		if !t.given(key) {
			key = "address"
		}
		t.fault(key, flawf(fmt.Sprintf("write exchange = %s too", OrList(names, "NAME")), "it does not say at which exchange"))
		return
	case !t.given("exchange"), t.keys["exchange"].soft && !identified:
		return
	}
	name := t.text("exchange")
	if name == "" {
		return
	}
	e, there := c.exchanges[name]
	if !there {
		t.fault("exchange", missing("exchange", name, names))
		return
	}
	m.Exchange = name
	if e.known {
		m.ID = c.identity(t, e)
	}
}

// identity is what the exchange knows the modem by.
func (c *checker) identity(t *section, e *exchangeDecl) string {
	key, other, example := "id", "address", "356938035643809"
	if !e.config.Profile.Registers() {
		key, other, example = "address", "id", "10.7.3.21"
	}
	why := fmt.Sprintf("exchange %s, profile %s, knows modems by %s", e.config.Name, e.config.Profile.Name, key)
	if t.own(other) {
		t.fault(other, flawf(fmt.Sprintf("write %s = %q", key, example), "%s", why))
		return ""
	}
	if !t.given(key) {
		t.fault(key, flawf(fmt.Sprintf("write %s = %q", key, example), "missing: %s", why))
		return ""
	}
	id := t.text(key)
	if id == "" {
		return ""
	}
	id, f := canonicalID(e.config.Profile, id)
	if f != nil {
		t.fault(key, f)
		return ""
	}
	c.claim("id at "+e.config.Name, id, t.place(key), t.label(),
		flawf("each modem has its own", "%s %s: %q is taken at exchange %s", t.label(), key, id, e.config.Name))
	return id
}

// canonicalID is an identity as the exchange will see it.
func canonicalID(p profile.Profile, id string) (string, *flaw) {
	if p.Registers() {
		return p.CanonicalID(id), idFlaw(p, id)
	}
	addr, err := netip.ParseAddr(id)
	if err != nil {
		return "", flawf(`write one address, like "10.7.3.21"`, "%q is no address", id)
	}
	return addr.Unmap().String(), nil
}

// callsAlone reads the listening address that is the modem's own.
func (c *checker) callsAlone(t *section, m *modem.Config) {
	m.Listen = c.listen(t)
	allow, takeover := t.networks("allow"), t.takeover()
	if !t.given("listen") {
		for _, key := range []string{"allow", "takeover"} {
			if t.own(key) {
				t.fault(key, flawf("write it in the table of the exchange, or give the modem a listen of its own", "it goes with listen"))
			}
		}
		return
	}
	m.Allow, m.Takeover = allow, takeover
	if !t.given("allow") {
		t.fault("allow", flawf(`write who may call, like allow = ["10.7.3.21/32"]`, "missing: whoever calls at listen is taken for this modem"))
	}
	if slices.ContainsFunc(allow, func(p netip.Prefix) bool { return p.Bits() == 0 }) {
		c.found.warn(t.place("allow"), "%s: anybody may call in and is taken for this modem", t.label())
	}
}

// isCalled reads the addresses at which we call the modem.
func (c *checker) isCalled(t *section, m *modem.Config) {
	m.Dial = c.dial(t)
	m.Serial = t.serial(m.Dial)
	onOpen := t.choice("connect", "always", "on-open") == "on-open"
	m.OnOpen = onOpen && t.given("dial")
	if onOpen && !m.OnOpen && t.own("connect") {
		t.fault("connect", flawf("write dial too, or leave connect out", "on-open goes with dial: a modem that calls in comes when it wants"))
	}
	m.Linger = t.duration("linger", 30*time.Second, 0, 24*time.Hour)
	m.RetryMin = t.duration("retry_min", 2*time.Second, 100*time.Millisecond, time.Hour)
	m.RetryMax = t.duration("retry_max", max(time.Minute, m.RetryMin), time.Second, 24*time.Hour)
	if m.RetryMax < m.RetryMin {
		t.fault("retry_max", flawf("write at least "+shortDuration(m.RetryMin), "shorter than retry_min"))
	}
	m.Profile = c.callProfile(t)
}

// link reads how the connection is kept. Seconds are what TCP_KEEPIDLE and TCP_KEEPINTVL count in (tcp(7)), up to 32767.
func (t *section) link() relay.Link {
	const longest = 32767 * time.Second
	var l relay.Link
	if t.keys["keepalive_idle"].value == "off" {
		l.KeepaliveIdle = -1
	} else {
		l.KeepaliveIdle = t.seconds("keepalive_idle", 60*time.Second, longest)
	}
	l.KeepaliveInterval = t.seconds("keepalive_interval", 20*time.Second, longest)
	l.KeepaliveCount = t.number("keepalive_count", 3, 1, 127)
	l.SendBuffer = t.number("send_buffer", 16384, 2048, 16<<20)
	l.Heartbeat = string(t.bytes("heartbeat", longestHeartbeat))
	l.HeartbeatEvery = t.duration("heartbeat_every", 0, time.Second, 24*time.Hour)
	l.Silence = t.duration("silence", 0, time.Second, 30*24*time.Hour)
	switch {
	case t.given("heartbeat") && !t.given("heartbeat_every"):
		t.fault("heartbeat", flawf(`write heartbeat_every = "60s" too`, "it does not say how often"))
	case t.given("heartbeat_every") && !t.given("heartbeat"):
		t.fault("heartbeat_every", flawf(`write heartbeat = "…" too`, "it does not say what to send"))
	}
	return l
}

// seconds is a duration of whole seconds.
func (t *section) seconds(key string, usual, longest time.Duration) time.Duration {
	d := t.duration(key, usual, time.Second, longest)
	if d != d.Truncate(time.Second) {
		t.fault(key, flawf("write whole seconds", "TCP counts in seconds"))
	}
	return d
}

// missing says that nothing of a kind has that name.
func missing(kind, name string, names []string) *flaw {
	hint := "declare " + Header(kind, name)
	if near := Nearest(name, names); near != "" {
		hint = fmt.Sprintf("write %q, or declare %s", near, Header(kind, name))
	} else if len(names) > 0 && len(names) <= 5 {
		hint += ", or write " + OrList(names, "")
	}
	return flawf(hint, "no %s %q", kind, name)
}

// OrList offers names to choose from, or a word in their place where there are none or too many.
func OrList(names []string, none string) string {
	all := make([]string, 0, len(names))
	for _, name := range names {
		all = append(all, fmt.Sprintf("%q", name))
	}
	if len(all) == 0 || len(all) > 5 {
		return fmt.Sprintf("%q", none)
	}
	return strings.Join(all, " or ")
}

// warnOfIdle tells of what is declared and serves nobody.
func (c *checker) warnOfIdle(main *document, s *Settings) {
	used := make(map[string]bool)
	for _, m := range s.Bridge.Modems {
		used["exchange "+m.Exchange], used["profile "+m.Profile.Name] = true, true
	}
	for _, p := range s.Bridge.Ports {
		used["modem "+p.Modem] = true
	}
	c.warnOfIdleUSB(s)
	for _, e := range s.Bridge.Exchanges {
		used["profile "+e.Profile.Name] = true
		if !used["exchange "+e.Name] {
			c.found.warn(c.exchanges[e.Name].table.at, "%s: no modem calls in here", Header("exchange", e.Name))
		}
	}
	c.warnOfUnreached(s, used)
	for _, t := range c.tables["profile"] {
		if !used["profile "+t.name] {
			c.found.warn(t.at, "%s: nothing uses it", t.label())
		}
	}
	if len(s.Bridge.Modems) == 0 {
		c.found.warn(place{src: main.src}, "there is no modem yet: write [modem.NAME]")
	}
}

// warnOfUnreached tells of modems that no program can reach: through a dial-up port each can be, by its name if it has no
// number.
func (c *checker) warnOfUnreached(s *Settings, used map[string]bool) {
	dialled := slices.ContainsFunc(s.Bridge.Ports, func(p bridge.PortConfig) bool { return p.Dialup != nil })
	numbered := false
	for _, m := range s.Bridge.Modems {
		t := c.modems[m.Name].table
		numbered = numbered || len(m.Numbers) > 0
		switch {
		case m.Disabled, dialled:
		case len(m.Numbers) > 0 && m.Fallback.USB == "" && !t.wrong["fallback"]:
			c.found.warn(t.place("number"), "%s number: there is no port to dial it from: write dialup = true in a [port.NAME]", t.label())
		case !used["modem "+m.Name]:
			c.found.warn(t.at, "%s: it has no port, so that no program can reach it", t.label())
		}
	}
	if dialled && !numbered && len(s.Bridge.Modems) > 0 {
		for _, t := range c.tables["port"] {
			if t.isDialup() {
				c.found.warn(t.at, "%s: no modem has a number, so that only names and ids can be dialled", t.label())
			}
		}
	}
}
