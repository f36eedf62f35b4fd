package config

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"meterline/bridge/fallback"
	"meterline/bridge/modem"
	"meterline/cmd/meterline/control"
	"meterline/relay/usb/at"
)

// fallbackKeys are those that go with fallback.
var fallbackKeys = []string{"fallback_after", "wake", "wake_text", "wake_answers", "wake_wait", "data_call", "fallback_idle"}

// fallback reads how a modem is reached by telephone when its TCP session cannot be had. One among the defaults is for the modems
// that have a number.
func (c *checker) fallback(t *section, m *modem.Config) modem.FallbackConfig {
	f := modem.FallbackConfig{
		After:    t.duration("fallback_after", 2*time.Minute, time.Second, 24*time.Hour),
		Wake:     modem.Wake(t.choiceOrNone("wake", string(modem.WakeCall), string(modem.WakeSMS))),
		WakeWait: t.duration("wake_wait", 90*time.Second, time.Second, control.MaxWakeWait),
		Call:     !t.given("data_call") || t.flag("data_call"),
		Idle:     t.duration("fallback_idle", time.Minute, 5*time.Second, time.Hour),
	}
	if !t.given("fallback") {
		for _, key := range fallbackKeys {
			if t.own(key) {
				t.fault(key, flawf(fmt.Sprintf("write fallback = %s too", OrList(slices.Sorted(maps.Keys(c.usbs)), "NAME")), "it goes with fallback"))
			}
		}
		return modem.FallbackConfig{}
	}
	if len(m.Numbers) == 0 {
		if t.own("fallback") && !t.wrong["number"] {
			t.fault("fallback", flawf(`write number = "+7 918 000-11-22" too`, "it does not say which number to call"))
		}
		return modem.FallbackConfig{}
	}
	f.USB, f.WakeText, f.Answers = t.text("fallback"), t.wakeText(f.Wake), t.wakeAnswers(f.Wake)
	u, there := c.usbs[f.USB]
	switch {
	case f.USB == "":
	case !there:
		t.fault("fallback", missing("usb", f.USB, slices.Sorted(maps.Keys(c.usbs))))
	case at.CheckNumber(m.Numbers[0]) != nil:
		t.fault("number", flawf("write the number that the network knows it by", "%s cannot be called", m.Numbers[0]))
	default:
		c.fallbackServes(t, f, u)
	}
	return f
}

// fallbackServes warns of a fallback that can do less than it says.
func (c *checker) fallbackServes(t *section, f modem.FallbackConfig, u fallback.Config) {
	wakes, calls := u.MayWake(f.Wake), f.Call && u.Calls
	switch {
	case !wakes && !calls:
		c.found.warn(t.place("fallback"), "%s fallback: it can neither be woken nor called: see wake and data_call here, and may in %s", t.label(), Header("usb", f.USB))
	case f.Wake != "" && !wakes:
		c.found.warn(t.place("wake"), "%s wake: [usb.%s] may not do that: see its may", t.label(), keyText(f.USB))
	}
}

// choiceOrNone is one of several words, "" if the key is missing.
func (t *section) choiceOrNone(key string, of ...string) string {
	if !t.given(key) {
		return ""
	}
	return t.choice(key, of...)
}

// percent is a number from 1 to 100, with or without its sign, 0 if the key is missing.
func (t *section) percent(key string) int {
	g, there := t.keys[key]
	if !there || t.wrong[key] {
		return 0
	}
	n, isNumber := g.value.(int64)
	if s, isText := g.value.(string); isText {
		parsed, err := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(s, "%")))
		n, isNumber = int64(parsed), err == nil
	}
	if !isNumber || n < 1 || n > 100 {
		t.fault(key, flawf(fmt.Sprintf(`write it like %s = "20%%"`, key), "%v is no percentage from 1 to 100", g.value))
		return 0
	}
	return int(n)
}

// warnOfIdleUSB tells of plugged-in modems that no modem falls back to.
func (c *checker) warnOfIdleUSB(s *Settings) {
	for _, u := range c.tables["usb"] {
		if !slices.ContainsFunc(s.Bridge.Modems, func(m modem.Config) bool { return m.Fallback.USB == u.name }) {
			c.found.warn(u.at, "%s: nothing uses it", u.label())
		}
	}
}

// takeReplies has the plugged-in modems take in text messages by which modems are woken that way. Others leave them where they are.
func takeReplies(s *Settings) {
	for i := range s.Bridge.USB {
		u := &s.Bridge.USB[i]
		u.AT.Inbox = u.SMS && slices.ContainsFunc(s.Bridge.Modems, func(m modem.Config) bool {
			return m.Fallback.USB == u.Name && m.Fallback.Wake == modem.WakeSMS && !m.Disabled
		})
	}
}
