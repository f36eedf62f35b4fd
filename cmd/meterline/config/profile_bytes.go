package config

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"meterline/cmd/meterline/config/table"
	"meterline/relay/codec"
	"meterline/relay/profile"
	"meterline/relay/wire"
)

// template is the form of bytes with places such as {id}.
func template(field func(*profile.Profile) *wire.Template) table.Form[profile.Profile] {
	return table.Func("bytes with places", func(t *table.Table, key string, p *profile.Profile) {
		s, isText := t.Value(key).Raw.(string)
		if !isText {
			t.Fault(key, table.NotA("text", key, t.Value(key).Raw))
			return
		}
		tm, f := parseTemplate(s)
		if f != nil {
			t.Fault(key, f)
		}
		*field(p) = tm
	})
}

func parseTemplate(s string) (wire.Template, *table.Flaw) {
	tm, err := wire.ParseTemplate(s)
	if wrong, is := errors.AsType[*wire.NotationError](err); is {
		return nil, &table.Flaw{What: wrong.What, Hint: wrong.Hint}
	}
	return tm, nil
}

// heartbeats reads one or several entries: bytes, or a table of bytes and the answer to them.
func heartbeats(t *table.Table, key string) []codec.Heartbeat {
	var entries []any
	switch v := t.Value(key).Raw.(type) {
	case []any:
		entries = v
	case []map[string]any: // [[profile.NAME.heartbeats]]
		for _, entry := range v {
			entries = append(entries, entry)
		}
	default:
		entries = []any{v}
	}
	var all []codec.Heartbeat
	for i, entry := range entries {
		h, f := parseHeartbeat(entry)
		if f == nil && slices.ContainsFunc(all, func(o codec.Heartbeat) bool { return reflect.DeepEqual(o.Bytes, h.Bytes) }) {
			f = table.Flawf("take one out", "%s stands twice", heartbeatText(entry))
		}
		if f != nil {
			t.FaultAt(key, t.ElementPlace(key, i), f)
			continue
		}
		all = append(all, h)
	}
	return all
}

// heartbeatText is an entry of heartbeats as it is written.
func heartbeatText(entry any) string {
	if keys, isTable := entry.(map[string]any); isTable {
		entry = keys["bytes"]
	}
	return fmt.Sprintf("%q", entry)
}

// parseHeartbeat reads one entry of heartbeats or strip.
func parseHeartbeat(entry any) (h codec.Heartbeat, f *table.Flaw) {
	const example = `write "LOG", "hex:FE", or { bytes = "PING", answer = "PONG" }`
	if s, isText := entry.(string); isText {
		h.Bytes, f = parseTemplate(s)
		return h, f
	}
	keys, isTable := entry.(map[string]any)
	if !isTable {
		return h, table.Flawf(example, "%s, neither text nor a table", table.KindOf(entry))
	}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		s, isText := keys[key].(string)
		switch {
		case key != "bytes" && key != "answer":
			return h, table.Flawf(example, "unknown key %q", key)
		case !isText:
			return h, table.NotA("text", key, keys[key])
		case key == "bytes":
			h.Bytes, f = parseTemplate(s)
		default:
			h.Answer, f = parseTemplate(s)
		}
		if f != nil {
			return h, f
		}
	}
	if len(h.Bytes) == 0 {
		return h, table.Flawf(example, "a heartbeat without bytes")
	}
	return h, nil
}

// frameByte is the form of the one byte that frames begin or end with.
func frameByte(field func(*profile.Profile) *[]byte) table.Form[profile.Profile] {
	return table.Func("one byte", func(t *table.Table, key string, p *profile.Profile) { *field(p) = t.Bytes(key, 1) })
}

// readEscape reads which bytes are sent in another form.
func readEscape(t *table.Table, key string, p *profile.Profile) {
	const what, example = "a table of bytes and what is sent for them", `write it like escape = { "hex:FD" = "hex:FD ED", "hex:FE" = "hex:FD EE" }`
	if pairs, isTable := t.Value(key).Raw.(map[string]any); isTable && len(pairs) == 0 {
		t.Fault(key, table.Flawf(example, "a table, not %s", what))
		return
	}
	t.Pairs(key, what, "is sent as", example, func(text, as string) *table.Flaw {
		from, f := table.ParseBytes(text, 1)
		var to []byte
		if f == nil {
			to, f = table.ParseBytes(as, 8)
		}
		if f != nil {
			return &table.Flaw{What: fmt.Sprintf("%q = %q: %s", text, as, f.What), Hint: f.Hint}
		}
		p.Escape.Bytes = append(p.Escape.Bytes, codec.Escaped{Byte: from[0], As: to})
		return nil
	})
}
