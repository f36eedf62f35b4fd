package config

import (
	"fmt"
	"maps"
	"slices"

	"meterline/relay/profile"
)

// escape reads which bytes are sent in another form, and what frames begin and end with.
func (t *section) escape() profile.Escape {
	e := profile.Escape{Start: t.bytes("frame_start", 1), End: t.bytes("frame_end", 1)}
	g, there := t.keys["escape"]
	if !there {
		return e
	}
	const example = `write it like escape = { "hex:FD" = "hex:FD ED", "hex:FE" = "hex:FD EE" }`
	pairs, isTable := g.value.(map[string]any)
	if !isTable || len(pairs) == 0 {
		t.fault("escape", flawf(example, "%s, not a table of bytes and what is sent for them", kindOf(g.value)))
		return e
	}
	for _, key := range slices.Sorted(maps.Keys(pairs)) {
		at := t.place("escape")
		if n := g.node.Key(key); n != nil {
			at.line = n.Line
		}
		as, isText := pairs[key].(string)
		if !isText {
			t.faultAt("escape", at, flawf(example, "%q is sent as %s, not text", key, kindOf(pairs[key])))
			continue
		}
		from, f := parseBytes(key, 1)
		if f == nil {
			var to []byte
			if to, f = parseBytes(as, 8); f == nil {
				e.Bytes = append(e.Bytes, profile.Escaped{Byte: from[0], As: to})
				continue
			}
		}
		t.faultAt("escape", at, &flaw{fmt.Sprintf("%q = %q: %s", key, as, f.what), f.hint})
	}
	return e
}
