package config

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"meterline/bridge/fallback"
	"meterline/bridge/modem"
	"meterline/cmd/meterline/config/table"
	"meterline/cmd/meterline/control"
	"meterline/relay/usb/at"
)

// fallbackKeys say how a modem is reached by telephone when its TCP session cannot be had.
var fallbackKeys = table.Keys[modem.FallbackConfig]{
	{
		Name: "fallback", Form: table.Text("NAME of a [usb.NAME]", func(f *modem.FallbackConfig) *string { return &f.USB }), Otherwise: "none",
		Doc: "The plugged-in modem by which it is reached when its session cannot be had. Goes with `number`.",
	}, {
		Name: "fallback_after", Form: table.Duration(time.Second, day, func(f *modem.FallbackConfig) *time.Duration { return &f.After }), Default: "120s",
		Doc: "How long the modem must have been away.",
	}, {
		Name: "wake", Form: table.OneOf(func(f *modem.FallbackConfig) *modem.Wake { return &f.Wake }, modem.WakeCall, modem.WakeSMS), Otherwise: "it is not woken",
		Doc: "How the modem is made to open its session before it is called: by a missed call or a text message.",
	}, {
		Name: "wake_text", Form: table.Text("up to 160 characters of ASCII", func(f *modem.FallbackConfig) *string { return &f.WakeText }),
		Doc: "The text message, in the words that the modem's manual names.",
	}, {
		Name: "wake_answers", Form: table.Later[modem.FallbackConfig]("text or several"),
		Otherwise: "any text or none; a call that has rung for three seconds",
		Doc:       "Replies, with `*` and `?`, or ends of a missed call, that tell that the modem has understood.",
	}, {
		Name: "wake_wait", Form: table.Duration(time.Second, control.MaxWakeWait, func(f *modem.FallbackConfig) *time.Duration { return &f.WakeWait }), Default: "90s",
		Doc: "How long the session of a woken modem is awaited.",
	}, {
		Name: "data_call", Form: table.Flag(func(f *modem.FallbackConfig) *bool { return &f.Call }), Default: "true",
		Doc: "Whether the modem is called then; `false` for modems or networks without data calls.",
	}, {
		Name: "fallback_idle", Form: table.Duration(5*time.Second, time.Hour, func(f *modem.FallbackConfig) *time.Duration { return &f.Idle }), Default: "60s",
		Doc: "A data call ends after so long without a byte.",
	},
}

// fallback checks how a modem is reached by telephone. A fallback among the defaults is for modems with a number.
func (c *checker) fallback(t *table.Table, m *modem.Config) modem.FallbackConfig {
	f := m.Fallback
	if !t.Has("fallback") {
		for _, k := range fallbackKeys {
			if t.Own(k.Name) {
				t.Fault(k.Name, table.Flawf(fmt.Sprintf("write fallback = %s too", table.OrList(slices.Sorted(maps.Keys(c.usbs)), "NAME")), "it goes with fallback"))
			}
		}
		return modem.FallbackConfig{}
	}
	if len(m.Numbers) == 0 {
		if t.Own("fallback") && !t.Wrong("number") {
			t.Fault("fallback", table.Flawf(`write number = "+7 918 000-11-22" too`, "it does not say which number to call"))
		}
		return modem.FallbackConfig{}
	}
	checkWakeText(t, &f)
	f.Answers = wakeAnswers(t, f.Wake)
	u, there := c.usbs[f.USB]
	switch {
	case f.USB == "":
	case !there:
		t.Fault("fallback", table.Missing("usb", f.USB, slices.Sorted(maps.Keys(c.usbs))))
	case at.CheckNumber(m.Numbers[0]) != nil:
		t.Fault("number", table.Flawf("write the number that the network knows it by", "%s cannot be called", m.Numbers[0]))
	default:
		c.fallbackServes(t, f, u)
	}
	return f
}

// fallbackServes warns where the plugged-in modem may not do what the fallback needs.
func (c *checker) fallbackServes(t *table.Table, f modem.FallbackConfig, u fallback.Config) {
	wakes, calls := u.MayWake(f.Wake), f.Call && u.Calls
	switch {
	case !wakes && !calls:
		c.found.Warn(t.Place("fallback"), "%s fallback: it can neither be woken nor called: see wake and data_call here, and may in %s", t.Label(), table.Header("usb", f.USB))
	case f.Wake != "" && !wakes:
		c.found.Warn(t.Place("wake"), "%s wake: %s may not do that: see its may", t.Label(), table.Header("usb", f.USB))
	}
}

// checkWakeText checks the text message that wakes a modem. One among the defaults is for modems that are woken so.
func checkWakeText(t *table.Table, f *modem.FallbackConfig) {
	switch bySMS := f.Wake == modem.WakeSMS; {
	case bySMS && !t.Has("wake_text"):
		t.Fault("wake", table.Flawf(`write wake_text = "…" too, the words that the modem's manual names`, "it does not say what to send"))
	case !bySMS && t.Own("wake_text"):
		t.Fault("wake_text", table.Flawf(`write wake = "sms" too, or leave it out`, "it goes with text messages"))
	case f.WakeText != "" && at.CheckText(f.WakeText) != nil:
		t.Fault("wake_text", table.Flawf("write at most 160 characters of ASCII, without ` and line ends; [ ] { } \\ ^ | ~ count twice", "%q cannot be sent", f.WakeText))
	case !bySMS:
		f.WakeText = ""
	}
}

// maxAnswers is how many answers to a wake-up may be expected.
const maxAnswers = 16

// wakeAnswers are the answers that tell that a wake-up has succeeded: ends of a missed call, or patterns of the reply.
// Those among the defaults are for modems that are woken.
func wakeAnswers(t *table.Table, by modem.Wake) []string {
	if !t.Has("wake_answers") {
		return nil
	}
	answers := t.Texts("wake_answers")
	switch {
	case by == "" && t.Own("wake_answers") && !t.Wrong("wake"):
		t.Fault("wake_answers", table.Flawf(`write wake = "call" or "sms" too, or leave it out`, "nothing that could be answered"))
	case t.Wrong("wake_answers"):
	case len(answers) == 0:
		t.Fault("wake_answers", table.Flawf("leave it out, if any answer will do", "none that is expected"))
	case len(answers) > maxAnswers:
		t.Fault("wake_answers", table.Flawf("write patterns with * for what differs", "%d answers are more than %d", len(answers), maxAnswers))
	}
	if by == "" || t.Wrong("wake") {
		return nil
	}
	var sound []string
	for _, one := range answers {
		if err := fallback.CheckAnswer(by, one.Text); err != nil {
			t.FaultAt("wake_answers", one.At, table.Flawf(answerHint(by), "%v", err))
			continue
		}
		sound = append(sound, one.Text)
	}
	return sound
}

// answerHint says what an answer looks like.
func answerHint(by modem.Wake) string {
	if by == modem.WakeSMS {
		return `write a part of it, like "*CONNECT OK*"`
	}
	var words []string
	for _, r := range fallback.Rungs {
		words = append(words, string(r))
	}
	return "write some of " + table.Quoted(words)
}

// openInboxes sets which plugged-in modems take in text messages: those by which modems are woken by SMS. Others leave
// messages on the SIM.
func openInboxes(s *Settings) {
	for i := range s.Bridge.USB {
		u := &s.Bridge.USB[i]
		u.AT.Inbox = u.SMS && slices.ContainsFunc(s.Bridge.Modems, func(m modem.Config) bool {
			return m.Fallback.USB == u.Name && m.Fallback.Wake == modem.WakeSMS && !m.Disabled
		})
	}
}
