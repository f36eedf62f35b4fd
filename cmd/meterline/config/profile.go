package config

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"meterline/relay/profile"
)

// longestHeartbeat is how many bytes a heartbeat of ours may have; manuals of configurable modems stop at 80.
const longestHeartbeat = 256

// DeclaredProfile is a checked profile and the table it comes from.
type DeclaredProfile struct {
	table  *section
	Config profile.Profile
}

// profile checks one declared family of modems.
func (c *checker) profile(t *section) {
	if f := c.reserved(t.name); f != nil {
		c.found.fault(t.at, &flaw{t.label() + ": " + f.what, f.hint})
		return
	}
	p := profile.Profile{
		Name:                t.name,
		Kind:                profile.Declared,
		Greeting:            t.template("greeting"),
		Registration:        t.template("registration"),
		IDPattern:           t.text("id_pattern"),
		IDFormat:            profile.IDFormat(t.word("id_format")),
		Answer:              t.template("answer"),
		Repeat:              profile.Repeat(t.word("repeat")),
		Packet:              t.template("packet"),
		Heartbeats:          t.heartbeats("heartbeats"),
		Escape:              t.escape(),
		Framing:             profile.Framing{In: t.template("packet_in"), Out: t.template("packet_out"), Counts: profile.Counts(t.word("length_counts"))},
		PacketMax:           t.number("packet_max", 0, 1, 65535),
		RegistrationTimeout: t.duration("registration_timeout", 0, time.Second, time.Minute),
		RegistrationMax:     t.number("registration_max", 0, 1, 4096),
	}
	source, note := t.text("source"), t.note()
	if c.ready == nil { // these are the ready ones
		p.Source, p.Note = source, note
	}
	t.validate(p)
	c.profiles[t.name] = &DeclaredProfile{t, p}
}

// reserved refuses the names of profiles that need no declaration.
func (c *checker) reserved(name string) *flaw {
	natives, _ := profile.Kinds()
	if slices.Contains(natives, profile.Kind(name)) {
		return flawf("give yours another name", "this profile is built in")
	}
	if _, there := c.ready[name]; there {
		return flawf(fmt.Sprintf("give yours another name, like [profile.my-%s]", name), "there is a ready profile of that name, see meterline profile show %s", name)
	}
	return nil
}

// word is a text that the profile's own rules check.
func (t *section) word(key string) string {
	s := t.text(key)
	if s == "ascii" || s == "once" {
		return "" // as if it were not there, so that profiles compare
	}
	return s
}

// validate tells what is wrong with a profile at the keys where it is. A key that has a fault of its own is left alone, with
// what follows from it.
func (t *section) validate(p profile.Profile) {
	packing := []string{"packet", "packet_in", "packet_out", "escape", "frame_start", "frame_end", "repeat"}
	if slices.ContainsFunc(packing, func(key string) bool { return t.wrong[key] }) {
		return
	}
	if t.wrong["registration"] {
		p.Registration = profile.Template{{Name: "id", Length: 1}, {Literal: []byte("\n")}} // any will do for the rest
	}
	before := maps.Clone(t.wrong)
	for _, f := range profileFaults(p.Validate()) {
		switch {
		case before[f.Key]:
		case f.Key == "":
			t.found.fault(t.at, &flaw{what: t.label() + ": " + f.Text})
			t.wrong[""] = true
		default:
			t.fault(f.Key, &flaw{what: f.Text})
		}
	}
}

// profileFaults takes joined faults apart.
func profileFaults(err error) []*profile.Error {
	joined, several := err.(interface{ Unwrap() []error })
	if !several {
		return nil
	}
	var all []*profile.Error
	for _, one := range joined.Unwrap() {
		if f, ok := errors.AsType[*profile.Error](one); ok {
			all = append(all, f)
		}
	}
	return all
}

// template is a key's text in the notation for bytes with places in them.
func (t *section) template(key string) profile.Template {
	g, there := t.keys[key]
	if !there || t.wrong[key] {
		return nil
	}
	s, isText := g.value.(string)
	if !isText {
		t.fault(key, notA("text", key, g.value))
		return nil
	}
	tm, f := parseTemplate(s)
	if f != nil {
		t.fault(key, f)
	}
	return tm
}

func parseTemplate(s string) (profile.Template, *flaw) {
	tm, err := profile.ParseTemplate(s)
	if wrong, is := errors.AsType[*profile.NotationError](err); is {
		return nil, &flaw{wrong.What, wrong.Hint}
	}
	return tm, nil
}

// heartbeats are texts of bytes, or tables of bytes and answer.
func (t *section) heartbeats(key string) []profile.Heartbeat {
	g, there := t.keys[key]
	if !there || t.wrong[key] {
		return nil
	}
	var entries []any
	switch v := g.value.(type) {
	case []any:
		entries = v
	case []map[string]any: // [[profile.NAME.heartbeats]]
		for _, entry := range v {
			entries = append(entries, entry)
		}
	default:
		entries = []any{v}
	}
	var all []profile.Heartbeat
	for i, entry := range entries {
		at := t.elementPlace(key, i)
		h, f := parseHeartbeat(entry)
		if f == nil && slices.ContainsFunc(all, func(o profile.Heartbeat) bool { return reflect.DeepEqual(o.Bytes, h.Bytes) }) {
			f = flawf("take one out", "%s stands twice", heartbeatText(entry))
		}
		if f != nil {
			t.faultAt(key, at, f)
			continue
		}
		all = append(all, h)
	}
	return all
}

// heartbeatText is how an entry of heartbeats is written.
func heartbeatText(entry any) string {
	if keys, isTable := entry.(map[string]any); isTable {
		entry = keys["bytes"]
	}
	return fmt.Sprintf("%q", entry)
}

// parseHeartbeat reads one entry of heartbeats or strip.
func parseHeartbeat(entry any) (h profile.Heartbeat, f *flaw) {
	const example = `write "LOG", "hex:FE", or { bytes = "PING", answer = "PONG" }`
	if s, isText := entry.(string); isText {
		h.Bytes, f = parseTemplate(s)
		return h, f
	}
	keys, isTable := entry.(map[string]any)
	if !isTable {
		return h, flawf(example, "%s, neither text nor a table", kindOf(entry))
	}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		s, isText := keys[key].(string)
		switch {
		case key != "bytes" && key != "answer":
			return h, flawf(example, "unknown key %q", key)
		case !isText:
			return h, notA("text", key, keys[key])
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
		return h, flawf(example, "a heartbeat without bytes")
	}
	return h, nil
}

// idFlaw says what is wrong with a modem's id under a profile.
func idFlaw(p profile.Profile, id string) *flaw {
	switch {
	case strings.Contains(id, "E+") && strings.Trim(id, "0123456789.,E+") == "":
		return flawf("give the column the format text in the spreadsheet, and type the id again", "%q was rounded by a spreadsheet", id)
	case strings.TrimSpace(id) != id:
		return flawf(fmt.Sprintf("write %q", strings.TrimSpace(id)), "%q has spaces around it", id)
	}
	err := p.CheckID(id)
	if err == nil {
		return nil
	}
	if wrong, is := errors.AsType[*profile.NotationError](err); is {
		return &flaw{wrong.What, wrong.Hint}
	}
	if p.Kind == profile.IMEI {
		return flawf("write the 14 to 16 digits of the IMEI", "%q is no IMEI", id)
	}
	return flawf("write it as these modems send it", "%q: %v", id, err)
}

// CheckID is what is wrong with a modem's id under a profile and what to write instead, nil if it is well written.
func CheckID(p profile.Profile, id string) error { return idFlaw(p, id).err() }
