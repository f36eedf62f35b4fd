package config

import (
	"fmt"
	"strings"
	"time"

	"meterline/bridge/frame"
)

// frames reads what stands between the modem and its programs: the meter's protocol and what goes with it.
func (t *section) frames() frame.Config {
	protocols := make([]string, 0, len(frame.Protocols()))
	for _, p := range frame.Protocols() {
		protocols = append(protocols, string(p))
	}
	if on, isBool := t.keys["guard"].value.(bool); isBool {
		word := map[bool]string{true: "on", false: "off"}[on]
		t.fault("guard", flawf(fmt.Sprintf("write guard = %q", word), "%t is no text", on))
	}
	c := frame.Config{
		Protocol:   frame.Protocol(t.choiceOr(string(frame.None), "protocol", protocols...)),
		Hold:       t.duration("hold", 0, 10*time.Millisecond, time.Minute),
		Gap:        t.duration("gap", 0, 10*time.Millisecond, 10*time.Second),
		Guard:      frame.Guard(t.choiceOr("", "guard", string(frame.On), string(frame.Off), string(frame.Strict))),
		AnswerMax:  t.duration("answer_max", 0, 100*time.Millisecond, 10*time.Minute),
		Echo:       frame.Echo(t.choiceOr("", "echo", string(frame.EchoPass), string(frame.EchoDrop))),
		Parity:     frame.Parity(strings.ToLower(t.text("parity"))),
		FixedSpeed: t.number("fixed_speed", 0, 300, 19200),
	}
	for _, key := range []string{"hold", "guard", "answer_max", "echo"} {
		if t.own(key) && c.Protocol == frame.None {
			t.fault(key, flawf(`write protocol too, like protocol = "modbus-rtu"`, "it goes with protocol"))
		}
	}
	if t.own("gap") && c.Protocol != frame.Gap {
		t.fault("gap", flawf(`write protocol = "gap", or leave it out`, "messages of other protocols end by themselves"))
	}
	if c.Protocol == frame.None { // from the defaults
		c.Protocol, c.Hold, c.Guard, c.AnswerMax, c.Echo = "", 0, "", 0, ""
	}
	if c.Protocol != frame.Gap {
		c.Gap = 0
	}
	if c.Protocol != frame.IEC && !t.own("fixed_speed") {
		c.FixedSpeed = 0
	}
	if t.anyWrong() {
		return c
	}
	t.frameFaults(c)
	return c
}

// frameFaults tells what package frame finds wrong, at the key that each fault begins with.
func (t *section) frameFaults(c frame.Config) {
	joined, ok := c.Validate().(interface{ Unwrap() []error })
	if !ok {
		return
	}
	for _, err := range joined.Unwrap() {
		key, what, _ := strings.Cut(err.Error(), " ")
		t.fault(key, &flaw{what: what})
	}
}

// choiceOr is choice with a value for the missing key that is not the first.
func (t *section) choiceOr(usual, key string, of ...string) string {
	if !t.given(key) {
		return usual
	}
	return t.choice(key, of...)
}
