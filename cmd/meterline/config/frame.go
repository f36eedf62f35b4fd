package config

import (
	"fmt"
	"strings"
	"time"

	"meterline/bridge/frame"
	"meterline/cmd/meterline/config/table"
)

// frameKeys say what the meter speaks, and what is done about it.
var frameKeys = table.Keys[frame.Config]{
	{
		Name: "protocol", Form: table.OneOf(func(f *frame.Config) *frame.Protocol { return &f.Protocol }, frame.Protocols()...), Default: string(frame.None),
		Doc: "What the meter speaks. Its answers are handed over whole, and a late one is never taken for that of another request.",
	}, {
		Name: "hold", Form: table.Duration(10*time.Millisecond, time.Minute, func(f *frame.Config) *time.Duration { return &f.Hold }), Otherwise: table.ShortDuration(frame.DefaultHold),
		Doc: "The longest that the beginning of an answer may be held back for its end.",
	}, {
		Name: "gap", Form: table.Duration(10*time.Millisecond, 10*time.Second, func(f *frame.Config) *time.Duration { return &f.Gap }), Otherwise: table.ShortDuration(frame.DefaultGap),
		Doc: "Under `protocol = \"gap\"`: the silence that ends a message.",
	}, {
		Name: "guard", Form: table.Func("`on`, `off` or `strict`", readGuard), Otherwise: "on where the protocol says where messages end",
		Doc: "Whether a late answer is kept from being taken for that of a new request; `strict`: also for that of the same request.",
	}, {
		Name: "answer_max", Form: table.Duration(100*time.Millisecond, 10*time.Minute, func(f *frame.Config) *time.Duration { return &f.AnswerMax }), Otherwise: table.ShortDuration(frame.DefaultAnswerMax),
		Doc: "How long the slowest answer takes, modem and network included. A later one is not known as late any more.",
	}, {
		Name: "echo", Form: table.OneOf(func(f *frame.Config) *frame.Echo { return &f.Echo }, frame.EchoPass, frame.EchoDrop), Otherwise: string(frame.EchoPass),
		Doc: "Whether the program gets requests that the line returns, as some RS-485 adapters do. They never count as the answer.",
	}, {
		Name: "parity", Form: table.Func("`8n1`, `7e1`, `7o1`, `7s1`, `7m1` or `7n2`", func(t *table.Table, key string, f *frame.Config) {
			f.Parity = frame.Parity(strings.ToLower(t.Text(key)))
		}), Otherwise: "8n1",
		Doc: "What programs mean that set their port to seven bits. It is converted to and from the 8N1 of the modem's own line.",
	}, {
		Name: "fixed_speed", Form: table.Number(300, 19200, func(f *frame.Config) *int { return &f.FixedSpeed }), Otherwise: "it is left alone",
		Doc: "Under IEC 62056-21, mode C: the speed of the modem's own line, which acknowledgements are made to name.",
	},
}

// readGuard refuses true and false with the words that are wanted in their place.
func readGuard(t *table.Table, key string, f *frame.Config) {
	if on, isBool := t.Value(key).Raw.(bool); isBool {
		word := map[bool]string{true: "on", false: "off"}[on]
		t.Fault(key, table.Flawf(fmt.Sprintf("write guard = %q", word), "%t is no text", on))
	}
	f.Guard = frame.Guard(t.Choice(key, string(frame.On), string(frame.Off), string(frame.Strict)))
}

// checkFrame checks that the keys of a protocol fit it. Those among the defaults are for modems with another protocol.
func checkFrame(t *table.Table, f *frame.Config) {
	if f.Protocol == frame.None {
		for _, key := range []string{"hold", "guard", "answer_max", "echo"} {
			if t.Own(key) && !t.Wrong("protocol") {
				t.Fault(key, table.Flawf(`write protocol too, like protocol = "modbus-rtu"`, "it goes with protocol"))
			}
		}
		f.Protocol, f.Hold, f.Guard, f.AnswerMax, f.Echo = "", 0, "", 0, ""
	}
	if f.Protocol != frame.Gap {
		if t.Own("gap") && !t.Wrong("protocol") {
			t.Fault("gap", table.Flawf(`write protocol = "gap", or leave it out`, "messages of other protocols end by themselves"))
		}
		f.Gap = 0
	}
	if f.Protocol != frame.IEC && !t.Own("fixed_speed") {
		f.FixedSpeed = 0
	}
	for _, k := range frameKeys {
		if t.Wrong(k.Name) {
			return // what package frame would find may follow from it
		}
	}
	checkByFrame(t, *f)
}

// checkByFrame reports what package frame finds wrong, each fault at the key that its text begins with.
func checkByFrame(t *table.Table, f frame.Config) {
	for _, err := range table.Joined(f.Validate()) {
		key, what, _ := strings.Cut(err.Error(), " ")
		t.Fault(key, &table.Flaw{What: what})
	}
}
