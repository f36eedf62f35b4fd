package config

import (
	"fmt"
	"slices"
	"strings"
)

// Keys by kind of table, in the order in which config.example.toml explains them.
var (
	topKeys = []string{"control", "control_group", "state", "log_level", "log_format", "log_file", "log_size", "log_keep", "include"}

	exchangeKeys = []string{"listen", "profile", "push", "allow", "takeover", "registration_timeout", "max_unregistered", "outage", "note"}
	modemKeys    = []string{
		"exchange", "id", "address", "dial", "listen", "allow", "takeover", "number", "ring", "port", "mode", "owner", "group", "pair", "port_allow", "port_kick_old", "serial",
		"connect", "linger", "retry_min", "retry_max", "lease_idle",
		"keepalive_idle", "keepalive_interval", "keepalive_count", "send_buffer",
		"heartbeat", "heartbeat_every", "silence", "profile", "strip",
		"fallback", "fallback_after", "wake", "wake_text", "wake_answers", "wake_wait", "data_call", "fallback_idle",
		"protocol", "hold", "gap", "guard", "answer_max", "echo", "parity", "fixed_speed", "note", "disabled",
	}
	portKeys    = append([]string{"path", "listen", "allow", "kick_old", "modem", "mode", "owner", "group", "pair", "dialup", "count", "note"}, dialupKeys...)
	profileKeys = []string{
		"registration", "id_pattern", "id_format", "greeting", "answer", "registration_timeout", "registration_max",
		"repeat", "packet", "heartbeats", "escape", "frame_start", "frame_end",
		"packet_in", "packet_out", "length_counts", "packet_max", "source", "note",
	}
	simKeys = []string{"modem", "meter", "unit", "address", "delay", "delay_max", "fragment", "lose_every", "note"}
	usbKeys = []string{
		"usb", "serial", "product", "interface", "path", "speed", "rtscts", "pin_file", "init", "kind", "bearer", "prefix", "min_signal",
		"may", "minutes_a_day", "calls_a_day", "modem_minutes_a_day", "modem_calls_a_day", "hours", "note",
	}
	listKeys = append([]string{"file", "name", "ignore"}, modemKeys...)
)

// kinds are the tables of a configuration with the keys that they may have.
var kinds = map[string][]string{
	"exchange": exchangeKeys,
	"modem":    modemKeys,
	"port":     portKeys,
	"profile":  profileKeys,
	"list":     listKeys,
	"sim":      simKeys,
	"usb":      usbKeys,
}

// defaultKeys are the keys that [defaults.KIND] may have: what tells one table from its siblings has no default.
var defaultKeys = map[string][]string{
	"modem":    without(modemKeys, "id", "address", "listen", "dial", "number"),
	"exchange": without(exchangeKeys, "listen", "push"),
	"port":     without(portKeys, "modem", "listen", "dialup", "count"),
}

func without(keys []string, not ...string) []string {
	return slices.DeleteFunc(slices.Clone(keys), func(key string) bool { return slices.Contains(not, key) })
}

// laterKeys are known words that this version cannot serve; the value says what they are for.
var laterKeys = map[string]map[string]string{
	"exchange": {"tls": "TLS"},
	"modem":    {"tls": "TLS"},
}

// goneKeys are words of earlier versions, with what is written in their place.
var goneKeys = map[string]map[string]string{
	"profile": {"id_length": `write it in the registration, like "{id:11}" for 11 bytes`},
}

// secretKeys are what people want to write here, and what they do instead.
var secretKeys = map[string]map[string]string{
	"usb": {"pin": `write it alone into a file that only meterline can read, and pin_file = "/etc/meterline/gsm1.pin"`},
}

func notYet(what string) *flaw {
	return flawf("take it out", "not yet: this version does not know %s", what)
}

// unknownKey says what an unknown key should probably be called.
func unknownKey(key, where string, known []string) *flaw {
	near := Nearest(key, known)
	if under := strings.ReplaceAll(key, "-", "_"); slices.Contains(known, under) {
		near = under
	}
	switch {
	case near == "":
		return flawf("known are "+strings.Join(known, ", "), "unknown key %q %s", key, where)
	case strings.EqualFold(near, key):
		return flawf("write "+near, "key %q %s: capital and small letters differ", key, where)
	default:
		return flawf(fmt.Sprintf("write %s, if that is meant", near), "unknown key %q %s", key, where)
	}
}

// Nearest is the word that a mistyped one was most likely to be, "" if none is near. A word of which the beginning alone was
// typed comes first.
func Nearest(typed string, words []string) string {
	begins := func(word string) bool {
		return len(typed) > 3 && len(word) > len(typed) && strings.EqualFold(word[:len(typed)], typed)
	}
	if i := slices.IndexFunc(words, begins); i >= 0 && !slices.ContainsFunc(words[i+1:], begins) {
		return words[i]
	}
	best, least := "", max(1, len([]rune(typed))/3)+1
	for _, word := range words {
		if strings.EqualFold(typed, word) {
			return word
		}
		if d := distance(strings.ToLower(typed), strings.ToLower(word)); d < least {
			best, least = word, d
		}
	}
	return best
}

// distance counts the letters to insert, remove, change or swap with their neighbour between a and b.
func distance(a, b string) int {
	from, to := []rune(a), []rune(b)
	if len(from) > 64 || len(to) > 64 {
		return max(len(from), len(to)) // no key is so long
	}
	var before, last []int
	row := make([]int, len(to)+1)
	for j := range row {
		row[j] = j
	}
	for i, r := range from {
		before, last, row = last, row, make([]int, len(to)+1)
		row[0] = i + 1
		for j, s := range to {
			cost := 1
			if r == s {
				cost = 0
			}
			row[j+1] = min(row[j]+1, last[j+1]+1, last[j]+cost)
			if i > 0 && j > 0 && r == to[j-1] && from[i-1] == s {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
	}
	return row[len(to)]
}
