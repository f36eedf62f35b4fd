package main

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"meterline/relay"
)

// Bounds of what a family of modems sends: a caller gets at most 512 bytes to say who it is, and manuals of configurable
// modems stop at 80 bytes for a registration and 40 for a heartbeat.
const (
	longestRegistration = 512
	longestHeartbeat    = 256
	idMark              = "{id}"
)

// profileDecl is a checked profile and the table it comes from.
type profileDecl struct {
	table  *section
	config relay.Profile
}

// profile checks one declared family of modems.
func (c *checker) profile(t *section) {
	if t.name == "imei" || t.name == "address" {
		c.found.fault(t.at, &flaw{t.label() + ": this profile is built in", "give yours another name"})
		return
	}
	p := relay.Profile{
		Name:       t.name,
		Kind:       relay.Declared,
		IDLength:   t.number("id_length", 0, 1, 64),
		IDPattern:  t.text("id_pattern"),
		IDHex:      t.choice("id_format", "ascii", "hex") == "hex",
		Heartbeats: t.heartbeats("heartbeats"),
	}
	p.Prefix, p.Suffix = t.registration()
	p.Answer = t.answer()
	t.note()
	if _, err := regexp.Compile(p.IDPattern); err != nil {
		t.fault("id_pattern", flawf(`write a regular expression for the whole id, like "[0-9]{4,8}"`, "%v", err))
	}
	switch {
	case t.anyWrong():
	case p.IDHex && p.IDLength == 0:
		t.fault("id_length", flawf("write id_length, the number of its bytes", "an id of raw bytes has no end that can be seen"))
	case len(p.Suffix) == 0 && p.IDLength == 0:
		t.fault("id_length", flawf(`write id_length, or what follows the id, like registration = "LOGIN:{id}\r\n"`, "nothing says where the id ends"))
	default:
		if err := p.Validate(); err != nil {
			c.found.fault(t.at, &flaw{what: t.label() + ": " + err.Error()})
		}
	}
	c.profiles[t.name] = &profileDecl{t, p}
}

// registration is what stands before and behind the id.
func (t *section) registration() (prefix, suffix []byte) {
	g, there := t.keys["registration"]
	s, isText := g.value.(string)
	switch {
	case !there:
		t.fault("registration", flawf(`write it with {id} for the id, like registration = "LOGIN:{id}\r\n"`, "it does not say what modems send first"))
		return nil, nil
	case !isText:
		t.fault("registration", notA("text", "registration", g.value))
		return nil, nil
	case strings.Count(s, idMark) != 1:
		t.fault("registration", flawf(`write {id} once, like registration = "LOGIN:{id}\r\n"`, "%q says {id} %d times", s, strings.Count(s, idMark)))
		return nil, nil
	}
	before, behind, _ := strings.Cut(s, idMark)
	if strings.HasPrefix(s, "hex:") {
		behind = "hex:" + behind
	}
	return t.around(before), t.around(behind)
}

// around is a part of a registration beside the id; it may be empty.
func (t *section) around(s string) []byte {
	if s == "" || strings.TrimSpace(s) == "hex:" {
		return nil
	}
	b, f := parseBytes(s, longestRegistration/2)
	if f != nil {
		t.fault("registration", f)
	}
	return b
}

// answer is what we send to a registered modem, with {id} in it as it is.
func (t *section) answer() []byte {
	g, there := t.keys["answer"]
	s, isText := g.value.(string)
	if !there || !isText || !strings.HasPrefix(s, "hex:") || !strings.Contains(s, idMark) {
		return t.bytes("answer", longestRegistration)
	}
	b, f := parseBytes(strings.ReplaceAll(s, idMark, hex.EncodeToString([]byte(idMark))), longestRegistration)
	if f != nil {
		t.fault("answer", flawf(f.hint, "%q is no hexadecimal", s))
	}
	return b
}

// heartbeats are texts of bytes, or tables of bytes and answer.
func (t *section) heartbeats(key string) []relay.Heartbeat {
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
	var all []relay.Heartbeat
	for i, entry := range entries {
		at := t.elementPlace(key, i)
		h, f := parseHeartbeat(entry)
		if f == nil {
			for _, other := range all {
				if bytes.Equal(h.Bytes, other.Bytes) {
					f = flawf("take one out", "%q stands twice", h.Bytes)
				}
			}
		}
		if f != nil {
			t.faultAt(key, at, f)
			continue
		}
		all = append(all, h)
	}
	return all
}

// parseHeartbeat reads one entry of heartbeats or strip.
func parseHeartbeat(entry any) (h relay.Heartbeat, f *flaw) {
	const example = `write "LOG", "hex:FE", or { bytes = "PING", answer = "PONG" }`
	if s, isText := entry.(string); isText {
		h.Bytes, f = parseBytes(s, longestHeartbeat)
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
			h.Bytes, f = parseBytes(s, longestHeartbeat)
		default:
			h.Answer, f = parseBytes(s, longestHeartbeat)
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
func idFlaw(p relay.Profile, id string) *flaw {
	switch {
	case strings.Contains(id, "E+") && strings.Trim(id, "0123456789.,E+") == "":
		return flawf("give the column the format text in the spreadsheet, and type the id again", "%q was rounded by a spreadsheet", id)
	case strings.TrimSpace(id) != id:
		return flawf(fmt.Sprintf("write %q", strings.TrimSpace(id)), "%q has spaces around it", id)
	case p.Kind == relay.IMEI:
		if len(id) < 14 || len(id) > 16 || strings.Trim(id, "0123456789") != "" {
			return flawf("write the 14 to 16 digits of the IMEI", "%q is no IMEI", id)
		}
		return nil
	}
	raw := []byte(id)
	if p.IDHex {
		var err error
		if raw, err = hex.DecodeString(id); err != nil {
			return flawf(`write its bytes in hexadecimal without spaces, like "0123ABCD"`, "%q is no hexadecimal", id)
		}
	}
	switch matches, err := regexp.MatchString("^(?:"+p.IDPattern+")$", id); {
	case p.IDLength > 0 && len(raw) != p.IDLength:
		return flawf(fmt.Sprintf("the profile %s says id_length = %d", p.Name, p.IDLength), "%q has %d bytes", id, len(raw))
	case p.IDLength == 0 && bytes.Contains(raw, p.Suffix):
		return flawf("the profile's registration ends the id there", "%q holds %q", id, p.Suffix)
	case p.IDPattern != "" && err == nil && !matches:
		return flawf("the profile "+p.Name+" says id_pattern = "+fmt.Sprintf("%q", p.IDPattern), "%q does not match", id)
	case p.IDPattern == "" && !p.IDHex && strings.ContainsFunc(id, func(r rune) bool { return r < ' ' || r > '~' }):
		return flawf("write printable ASCII", "%q cannot be registered", id)
	}
	return nil
}
