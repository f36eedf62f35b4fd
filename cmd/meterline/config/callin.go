package config

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"

	"meterline/bridge/modem"
	"meterline/cmd/meterline/config/table"
	"meterline/relay/profile"
)

// callsIn checks how the modem is known at an exchange. An exchange among the defaults is for modems with an identity.
func (c *checker) callsIn(t *table.Table, m *modem.Config) {
	identified := t.HasAny("id", "address")
	names := slices.Sorted(maps.Keys(c.exchanges))
	switch {
	case !t.Has("exchange") && identified:
		key := "id"
		if !t.Has(key) {
			key = "address"
		}
		t.Fault(key, table.Flawf(fmt.Sprintf("write exchange = %s too", table.OrList(names, "NAME")), "it does not say at which exchange"))
		return
	case !t.Has("exchange"), t.Value("exchange").Soft && !identified:
		return
	}
	name := t.Text("exchange")
	if name == "" {
		return
	}
	e, there := c.exchanges[name]
	if !there {
		t.Fault("exchange", table.Missing("exchange", name, names))
		return
	}
	m.Exchange = name
	if e.known {
		m.ID = c.identity(t, e)
	}
}

// identity is what the exchange knows the modem by.
func (c *checker) identity(t *table.Table, e *exchangeDecl) string {
	key, other, example := "id", "address", "356938035643809"
	if !e.Profile.Registers() {
		key, other, example = "address", "id", "10.7.3.21"
	}
	why := fmt.Sprintf("exchange %s, profile %s, knows modems by %s", e.Name, e.Profile.Name, key)
	hint := fmt.Sprintf("write %s = %q", key, example)
	if t.Meant(other) {
		t.Fault(other, table.Flawf(hint, "%s", why))
		return ""
	}
	if !t.Has(key) {
		t.Fault(key, table.Flawf(hint, "missing: %s", why))
		return ""
	}
	id := t.Text(key)
	if id == "" {
		return ""
	}
	id, f := canonicalID(e.Profile, id)
	if f != nil {
		t.Fault(key, f)
		return ""
	}
	if e.Profile.IMEIs() {
		c.warnOfCheckDigit(t, id)
	}
	c.claim("id at "+e.Name, id, t.Place(key), t.Label(),
		table.Flawf("each modem has its own", "%s %s: %q is taken at exchange %s", t.Label(), key, id, e.Name))
	return id
}

// mostCheckDigits is how many wrong check digits are told singly. Numbers that only look like IMEIs would all have one.
const mostCheckDigits = 10

// warnOfCheckDigit warns of an IMEI whose last digit does not fit the others: most slips of the pen are found by it.
func (c *checker) warnOfCheckDigit(t *table.Table, imei string) {
	digit, ok := profile.CheckDigit(imei)
	if !ok || imei[len(imei)-1] == digit {
		return
	}
	if c.checkDigits++; c.checkDigits <= mostCheckDigits {
		c.found.Warn(t.Place("id"), "%s id: %s is no whole IMEI: its last digit would be %c, or another digit is wrong: compare it with the modem's label",
			t.Label(), imei, digit)
	}
}

// warnOfCheckDigits tells how many more wrong check digits there are.
func (c *checker) warnOfCheckDigits(main *table.Document) {
	if more := c.checkDigits - mostCheckDigits; more > 0 {
		c.found.Warn(table.Place{Source: main.Source}, "%d more ids have a wrong check digit of an IMEI", more)
	}
}

// canonicalID is an identity in the form in which the exchange will see it.
func canonicalID(p profile.Profile, id string) (string, *table.Flaw) {
	if p.Registers() {
		return p.CanonicalID(id), idFlaw(p, id)
	}
	addr, err := netip.ParseAddr(id)
	if err != nil {
		return "", table.Flawf(`write one address, like "10.7.3.21"`, "%q is no address", id)
	}
	return addr.Unmap().String(), nil
}

// callsAlone checks the listening address that is the modem's own.
func (c *checker) callsAlone(t *table.Table, m *modem.Config) {
	m.Listen = c.listen(t)
	if !t.Has("listen") {
		m.Allow, m.Takeover = nil, ""
		for _, key := range []string{"allow", "takeover"} {
			if t.Own(key) {
				t.Fault(key, table.Flawf("write it in the table of the exchange, or give the modem a listen of its own", "it goes with listen"))
			}
		}
		return
	}
	if !t.Has("allow") {
		t.Fault("allow", table.Flawf(`write who may call, like allow = ["10.7.3.21/32"]`, "missing: whoever calls at listen is taken for this modem"))
	}
	if letsAnybody(m.Allow) {
		c.found.Warn(t.Place("allow"), "%s: anybody may call in and is taken for this modem", t.Label())
	}
}

// isCalled checks when and how we call the modem.
func (c *checker) isCalled(t *table.Table, m *modemDecl) {
	checkSerial(t, &m.Config)
	onOpen := m.connect == "on-open"
	m.OnOpen = onOpen && t.Has("dial")
	if onOpen && !m.OnOpen && t.Own("connect") {
		t.Fault("connect", table.Flawf("write dial too, or leave connect out", "on-open goes with dial: a modem that calls in comes when it wants"))
	}
	if !t.Good("retry_max") {
		m.RetryMax = max(m.RetryMax, m.RetryMin)
	}
	if m.RetryMax < m.RetryMin {
		t.Fault("retry_max", table.Flawf("write at least "+table.ShortDuration(m.RetryMin), "shorter than retry_min"))
	}
	m.Profile = c.callProfile(t, m.strip)
}
