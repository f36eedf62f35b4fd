package config

import (
	"time"

	"meterline/cmd/meterline/config/table"
	"meterline/vport/hayes"
)

// hayesKeys say how an emulated modem behaves. Their defaults are those of the preset; the ones that are shown are those of
// the preset tolerant.
var hayesKeys = table.Keys[hayes.Config]{
	{
		Name: "connect_delay", Form: table.Duration(300*time.Millisecond, 3*time.Second, func(h *hayes.Config) *time.Duration { return &h.ConnectDelay }), Otherwise: "1s",
		Doc: "`CONNECT` follows so long after the session: programs miss one that comes at once.",
	}, {
		Name: "connect_speed", Form: table.Number(1, 10_000_000, func(h *hayes.Config) *int { return &h.ConnectSpeed }), Otherwise: "9600",
		Doc: "Speed behind `CONNECT`.",
	}, {
		Name: "connect_text", Form: table.Func("text", readConnectText), Otherwise: "`CONNECT` and the speed",
		Doc: "The whole result of a call that came about.",
	}, {
		Name: "wait", Form: table.Duration(time.Second, 255*time.Second, func(h *hayes.Config) *time.Duration { return &h.Wait }), Otherwise: "50s",
		Doc: "How long a call may take to come about (register S7).",
	}, {
		Name: "timed_out", Form: result(func(h *hayes.Config) *hayes.Result { return &h.TimedOut }, hayes.NoCarrier, hayes.NoAnswer, hayes.Busy), Otherwise: "NO CARRIER",
		Doc: "Result of a call that takes longer.",
	}, {
		Name: "unknown_number", Form: result(func(h *hayes.Config) *hayes.Result { return &h.UnknownNumber }, hayes.NoCarrier, hayes.Error, hayes.NoDialtone, hayes.Busy, hayes.NoAnswer), Otherwise: "NO CARRIER",
		Doc: "Result of dialling a number that nobody has (register S90).",
	}, {
		Name: "phonebook", Form: result(func(h *hayes.Config) *hayes.Result { return &h.Phonebook }, hayes.NoCarrier, hayes.Error), Otherwise: "NO CARRIER",
		Doc: "Result of dialling by phonebook (`ATD>`).",
	}, {
		Name: "ring_every", Form: table.Duration(time.Second, time.Minute, func(h *hayes.Config) *time.Duration { return &h.RingEvery }), Otherwise: "5s",
		Doc: "Time between two `RING`.",
	}, {
		Name: "escape_guard", Form: table.Duration(20*time.Millisecond, 5100*time.Millisecond, func(h *hayes.Config) *time.Duration { return &h.Guard }), Otherwise: "400ms",
		Doc: "Silence before and after the escape `+++` (register S12).",
	}, {
		Name: "escape_pace", Form: table.Duration(20*time.Millisecond, 5*time.Second, func(h *hayes.Config) *time.Duration { return &h.Pace }), Otherwise: "800ms",
		Doc: "The longest pause between the characters of the escape.",
	}, {
		Name: "refuse", Form: table.Func("command or several", readRefuse), Otherwise: "none",
		Doc: "Commands that are answered by `ERROR`.",
	}, {
		Name: "refuse_unknown", Form: table.Flag(func(h *hayes.Config) *bool { return &h.RefuseUnknown }), Otherwise: "false",
		Doc: "Whether unknown commands are answered by `ERROR`; otherwise they do nothing and are `OK`.",
	}, {
		Name: "hayes_only", Form: table.Flag(func(h *hayes.Config) *bool { return &h.HayesOnly }), Otherwise: "false",
		Doc: "No commands of GSM modems (`AT+C…`).",
	}, {
		Name: "strict", Form: table.Flag(func(h *hayes.Config) *bool { return &h.Strict }), Otherwise: "false",
		Doc: "V.250 by the letter: values out of range are `ERROR`, a lone line feed ends no command.",
	}, {
		Name: "abort_any", Form: table.Flag(func(h *hayes.Config) *bool { return &h.AbortAny }), Otherwise: "false",
		Doc: "Any character ends an attempt at a call; otherwise only `ATH`, `ATZ`, `+++` and another number do.",
	}, {
		Name: "lf_wait", Form: table.Duration(time.Millisecond, 5*time.Second, func(h *hayes.Config) *time.Duration { return &h.LFWait }), Otherwise: "500ms",
		Doc: "How long a line feed is awaited, and swallowed, after a command's carriage return.",
	}, {
		Name: "line_max", Form: table.Number(40, 4096, func(h *hayes.Config) *int { return &h.LineMax }), Otherwise: "255",
		Doc: "The longest command line, in bytes.",
	}, {
		Name: "hold_max", Form: table.Number(256, 16<<20, func(h *hayes.Config) *int { return &h.HoldMax }), Otherwise: "65536",
		Doc: "Bytes from the meter that are held while the program is not on line.",
	}, {
		Name: "init", Form: table.Text("command line without AT", func(h *hayes.Config) *string { return &h.Init }), Otherwise: "none",
		Doc: "Settings that differ from the factory's. `ATZ` and `AT&F` set them, too.",
	},
}

// presetOf is the name of the preset that a table names, "" for the first one.
func presetOf(t *table.Table) string { return t.Choice("preset", hayes.Presets()...) }

func readConnectText(t *table.Table, key string, h *hayes.Config) {
	h.ConnectText = t.Text(key)
	if h.ConnectText != "" && (hayes.Config{ConnectText: h.ConnectText}).Validate() != nil {
		t.Fault(key, table.Flawf(`write it like "CONNECT 9600/RLP": CONNECT first, at most 80 characters, no quotes`, "%q is no result of a call", h.ConnectText))
	}
}

func readRefuse(t *table.Table, key string, h *hayes.Config) {
	for _, one := range t.Texts(key) {
		if (hayes.Config{Refuse: []string{one.Text}}).Validate() != nil {
			t.FaultAt(key, one.At, table.Flawf(`write it like ["+CMGS", "&T"]`, "%q is not one command", one.Text))
			continue
		}
		h.Refuse = append(h.Refuse, one.Text)
	}
}

// checkHayes checks the settings by the rules of package hayes. They can be told apart only where nothing else is wrong.
func checkHayes(t *table.Table, h hayes.Config) {
	if h.Init != "" && !t.AnyWrong() && h.Validate() != nil {
		t.Fault("init", table.Flawf(`write it like "E0X1S0=1", without AT`, "%q holds more than settings, or values out of range", h.Init))
	}
}

// result is a result code, in words as programs see them.
func result(field func(*hayes.Config) *hayes.Result, of ...hayes.Result) table.Form[hayes.Config] {
	byWord := make(map[string]hayes.Result, len(of))
	words := make([]string, 0, len(of))
	for _, r := range of {
		byWord[r.String()] = r
		words = append(words, r.String())
	}
	return table.Words(words, func(h *hayes.Config, word string) { *field(h) = byWord[word] })
}
