package side_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"meterline/relay/familytest"
	"meterline/relay/profile/side"
)

// noon is when the modems are tested.
var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// simulate returns the modem of a profile of familytest.Declared, on a new connection.
func simulate(t testing.TB, name string) *side.Line {
	t.Helper()
	c := familytest.Declared[name]
	fresh, err := c.Profile.Simulate(side.Identity{ID: c.ID})
	if err != nil {
		t.Fatal(err)
	}
	return fresh()
}

// taken feeds a side in pieces of n bytes, in a copy that is spoilt behind it.
func taken(modem side.Side, in string, n int) (data, reply string, err error) {
	for rest := []byte(in); len(rest) > 0 && err == nil; {
		piece := rest[:min(n, len(rest))]
		rest = rest[len(piece):]
		var d, r []byte
		d, r, err = modem.Take(piece, noon)
		data, reply = data+string(d), reply+string(r)
		clear(piece)
	}
	return data, reply, err
}

// The bytes are those that the rules say.
func TestDeclaredSideSays(t *testing.T) {
	for name, c := range map[string]struct{ hello, beat, put string }{
		"greeted and answered": {"", "LOG", "\xC0\xFEab"},
		"every packet":         {"LOGIN:1001;17;", "", "LOGIN:1001;17;\xC0\xFEab"},
		"both":                 {"\x86\x12\x34\x5F012", "", "\x86\x12\x34\x5F012\xC0\xFEab"},
		"a prefix":             {"\xFA\x22\x11\x00\x48\xDE\xAC\xFF", "", "\xFA\x01897\xC0\xFEab"},
		"escape":               {"1001;", "\xFE", "\xC0\xFD\xEEab"},
		"frames":               {"", "LOG", "\xC2\xDB\xDC\xFEab\xC0"},
		"one flag":             {"", "", "\x7E\xC0\xFEab\x7E"},
		"length of all":        {"13912345678;", "\x7B\x0313912345678", "\x7B\x09\x00\x1413912345678\x7B\xC0\xFEab"},
		"length of data":       {"", "", "\x02\x0401\xC0\xFEab\x03"},
		"a watchdog":           {"", "\x1B\x08\xC0\x01\x00", "\xC0\xFEab"},
		"a terminal":           {login, "\x68\x32\x00\x32\x00\x68\xC9\x00\x02\x34\x12\x00\x02\x72\x00\x00\x04\x00\x89\x16", "\xC0\xFEab"},
		"addressed packets":    {"\x01\x41\x78\x56\x34\x12\x00\x00\x30\x01\x30\xA1\x27", "", "\x01\x41\x78\x56\x34\x12\x04\x00\x30\x02\x30\xC0\xFEab\x54\x8D"},
		"checked throughout":   {"\x02\x01100117\x57\xCE", "\x03\x00\x0301\x61", "\x04\x00\x0C\x02\x12\xC0\xFEab\x67\xB1\x05"},
		"length of rest":       {"", "\xFE", "\x02\x06\x00\x00\xC0\xFEab\x03"},
	} {
		modem := simulate(t, name)
		hello, put := string(modem.Connect(noon)), string(modem.Put([]byte("\xC0\xFEab")))
		if _, _, err := taken(modem, greeting(name), 5); err != nil {
			t.Error(err)
		}
		if beat := string(modem.Beat()); hello != c.hello || put != c.put || beat != c.beat {
			t.Errorf("%s: it says %q, %q, and beats %q", name, hello, put, beat)
		}
	}
}

// greeting is what a server says to put the modem of that profile on line.
func greeting(name string) string {
	return map[string]string{
		"greeted and answered": "WHO 23:59?OK 1001 20260301120000",
		"a terminal":           accept,
		"checked throughout":   "\x02\x011710012359\xD1\xDF",
	}[name]
}

// A terminal's login and what accepts it, as published; the terminal counts from 1.
const (
	login  = "\x68\x32\x00\x32\x00\x68\xC9\x00\x02\x34\x12\x00\x02\x71\x00\x00\x01\x00\x85\x16"
	accept = "\x68\x32\x00\x32\x00\x68\x0B\x00\x02\x34\x12\x00\x00\x61\x00\x00\x01\x00\xB5\x16"
)

func TestDeclaredSideNoticesFaults(t *testing.T) {
	for name, c := range map[string]struct{ profile, says, want string }{
		"another greeting":        {"greeted and answered", "HELLO", "greeted with"},
		"another hour":            {"greeted and answered", "WHO 24:00?", "greeted with"},
		"another answer":          {"greeted and answered", "WHO 12:00?NO", "answered with"},
		"another's id":            {"greeted and answered", "WHO 12:00?OK 1002 ", "answered with"},
		"another month":           {"greeted and answered", "WHO 12:00?OK 1001 202613", "answered with"},
		"letters in the date":     {"greeted and answered", "WHO 12:00?OK 1001 2026x", "answered with"},
		"not escaped":             {"escape", "ab\xFE", "FE is not escaped right"},
		"escaped otherwise":       {"escape", "\xFD\xFF", "FD is not escaped right"},
		"outside of frames":       {"frames", "\xC2a\xC0b", "62 has no place"},
		"an answer without beats": {"frames", "ok", "6F has no place"},
		"a frame in a frame":      {"frames", "\xC2a\xC2", "C2 has no place"},
		"a frame too long":        {"frames", "\xC2" + strings.Repeat("a", 101), "more than 100 bytes"},
		"before any frame":        {"a start only", "a", "61 has no place"},
		"before the flag":         {"one flag", "a\x7E", "61 has no place"},
		"another packet":          {"length of all", "\x7B\x09", "where 7B 89 belongs"},
		"another's packet":        {"length of all", "\x7B\x89\x00\x1413912345679", "where"},
		"too short for its head":  {"length of all", "\x7B\x89\x00\x0F", "shorter than its head"},
		"too long":                {"length of data", "\x02\x01\x04", "1025 bytes, more than 1024"},
		"another sequence":        {"a terminal", strings.Replace(accept, "\x61", "\x62", 1), "answered with"},
		"a wrong sum":             {"a terminal", strings.Replace(accept, "\xB5", "\xB6", 1), "answered with"},
		"another's signal":        {"checked throughout", "\x02\x0116", "answered with"},
		"a wrong checksum":        {"addressed packets", "\x01\x41\x78\x56\x34\x12\x01\x00\x30\x00\x30r\x36\x8D", "where 36 8C belongs"},
		"another port":            {"addressed packets", "\x01\x41\x78\x56\x34\x12\x01\x00\x31\x00\x30s\xF6\xB0", "a packet with 31 where 30 belongs"},
		"a count that jumps":      {"addressed packets", "\x01\x41\x78\x56\x34\x12\x01\x00\x30\x01\x30s\xA6\x8C", "a packet with 01 where 00 belongs"},
		"another end":             {"length of data", "\x02\x01\x00a\x02", "where 03 belongs"},
	} {
		for _, n := range []int{1, 100} {
			modem := simulate(t, c.profile)
			_ = modem.Connect(noon)
			if _, _, err := taken(modem, c.says, n); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// Answers to heartbeats are nobody's data, and only as many as are owed.
func TestDeclaredSideIsAnswered(t *testing.T) {
	for _, c := range []struct {
		profile     string
		beats       int
		says, meant string
	}{
		{"greeted and answered", 0, "okdata", "okdata"},
		{"greeted and answered", 1, "data", "data"},
		{"greeted and answered", 1, "okdata", "data"},
		{"greeted and answered", 1, "dataok", "data"},
		{"greeted and answered", 1, "okok", "ok"},
		{"greeted and answered", 2, "okok", ""},
		{"greeted and answered", 2, "okdataok", "data"},
		{"frames", 2, "\xC2a\xC0ok\xC2ok\xC0ok", "aok"},
		{"a watchdog", 2, "a\x1B\x08\x40\x02\x00", "a"},
		{"a watchdog", 2, "\x1B\x08\x40\x01\x00a\x1B\x08\x40\x02\x00", "a"},
		{"a terminal", 1, "a" + strings.NewReplacer("\x61", "\x62", "\xB5", "\xB6").Replace(accept), "a"},
		{"a terminal", 1, "a" + accept, "a" + accept}, // not the answer to that heartbeat
		{"addressed packets", 0, "\x01\x41\x78\x56\x34\x12\x01\x00\x30\x00\x30r\x36\x8C\x01\x41\x78\x56\x34\x12\x01\x00\x30\x01\x30s\xA6\x8C", "rs"},
		{"checked throughout", 1, "\x03\x00\x020117\x05\x00\x00\x00", ""},
		{"length of all", 1, "\x7B\x8313912345678\x7B\x89\x00\x1113912345678\x7Ba", "a"},
	} {
		modem := simulate(t, c.profile)
		_ = modem.Connect(noon)
		if _, _, err := taken(modem, greeting(c.profile), 5); err != nil {
			t.Fatal(err)
		}
		for range c.beats {
			_ = modem.Beat()
		}
		if data, _, err := taken(modem, c.says, 100); data != c.meant || err != nil {
			t.Errorf("%s, %d heartbeats: %q became %q, %v", c.profile, c.beats, c.says, data, err)
		}
	}
}

// FuzzDeclaredSide: whatever a server says, in whatever pieces, the same is understood.
func FuzzDeclaredSide(f *testing.F) {
	names := make([]string, 0, len(familytest.Declared))
	for name := range familytest.Declared {
		names = append(names, name)
	}
	slices.Sort(names)
	for i, name := range names {
		f.Add(uint8(i), []byte(greeting(name)+"\xC2a\xC0\x7B\x89\x00\x1113912345678\x7Ba"), uint8(3))
		f.Add(uint8(i), []byte("\x7E\x7D\x5E\x7E\x02\x01\x00a\x03\x03\x03a"), uint8(1))
	}
	f.Fuzz(func(t *testing.T, which uint8, says []byte, size uint8) {
		name := names[int(which)%len(names)]
		whole, all := simulate(t, name), simulate(t, name)
		_, _ = whole.Connect(noon), all.Connect(noon)
		want, reply, wantErr := whole.Take(bytes.Clone(says), noon)
		got, again, err := taken(all, string(says), int(size)%8+1)
		if (err == nil) != (wantErr == nil) || wantErr == nil && (got != string(want) || again != string(reply) || all.Online() != whole.Online()) {
			t.Errorf("%q: %q, %v in pieces, %q, %v at once", says, got, err, want, wantErr)
		}
	})
}
