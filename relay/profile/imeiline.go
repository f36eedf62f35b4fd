package profile

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"meterline/relay/wire"
)

// imeiFacts returns what stands behind an id on its line, such as ",CSQ=17,VER=1.02" or ";ICCID:8970100000000000001". Only values
// with names are kept.
func imeiFacts(rest []byte) (facts []wire.Fact) {
	fields := strings.FieldsFunc(string(rest), func(c rune) bool { return strings.ContainsRune(",;&|", c) })
	for _, field := range fields {
		at := strings.IndexAny(field, "=:")
		if at < 0 {
			continue
		}
		facts = addSaid(facts, field[:at], field[at+1:])
	}
	return facts
}

// saidAs are the names of facts that modems have other words for, in small letters.
var saidAs = map[string]string{
	"csq": wire.FactSignal, "rssi": wire.FactSignal, "signal": wire.FactSignal,
	"iccid": wire.FactICCID, "ccid": wire.FactICCID, "scid": wire.FactICCID,
	"ver": wire.FactFirmware, "version": wire.FactFirmware, "fw": wire.FactFirmware, "sw": wire.FactFirmware,
	"hw": wire.FactHardware, "hdw": wire.FactHardware,
	"dev": wire.FactModel, "model": wire.FactModel, "typ": wire.FactModel, "type": wire.FactModel,
	"phone": wire.FactPhone, "tel": wire.FactPhone, "ip": wire.FactAddress,
}

// secrets are the names of what is neither kept nor shown.
var secrets = []string{"psw", "pwd", "pass", "passwd", "passwort", "password", "pin", "puk", "log", "login", "user", "key", "token", "secret", "auth"}

// addSaid adds a value that a modem has given a name of its own.
func addSaid(facts []wire.Fact, name, value string) []wire.Fact {
	name = strings.ToLower(strings.Trim(name, ` "'$`))
	text := wire.Text([]byte(strings.Trim(value, ` "'`)))
	switch {
	case !wire.IsWord(name) || slices.Contains(secrets, name):
		return facts
	case saidAs[name] == wire.FactSignal:
		if csq, err := strconv.Atoi(text); err == nil && signalText(csq) != "" {
			text = signalText(csq)
		}
	}
	if known := saidAs[name]; known != "" {
		name = known
	}
	return wire.AddFact(facts, name, text)
}

// object is a JSON object, as far as it has come.
type object struct {
	text   []byte
	depth  int
	quoted bool // inside a string
	escape bool // behind a backslash there
}

// add adds a byte, and reports whether the object is complete.
func (o *object) add(c byte) (complete bool) {
	o.text = append(o.text, c)
	switch {
	case o.escape:
		o.escape = false
	case o.quoted:
		o.escape, o.quoted = c == '\\', c != '"'
	case c == '"':
		o.quoted = true
	case c == '{':
		o.depth++
	case c == '}':
		o.depth--
		return o.depth == 0
	}
	return false
}

// imei returns the value with that name, empty if there is none, and what the others tell.
func (o *object) imei() (id string, facts []wire.Fact) {
	var values map[string]any
	d := json.NewDecoder(bytes.NewReader(o.text))
	d.UseNumber() // digits are kept as they are
	if d.Decode(&values) != nil {
		return "", nil
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		var text string
		switch v := values[name].(type) {
		case string:
			text = v
		case json.Number:
			text = v.String()
		}
		if strings.EqualFold(name, "imei") {
			id = text
		} else {
			facts = addSaid(facts, name, text)
		}
	}
	return id, facts
}
