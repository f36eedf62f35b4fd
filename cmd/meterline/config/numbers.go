package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"meterline/bridge"
	"meterline/bridge/dialup"
)

// longestNumber is how many digits a number may have: ITU-T E.164 has 15, prefixes come on top.
const longestNumber = 24

// numbering reads how a dial-up port takes dialled numbers.
func (t *section) numbering(c *checker) dialup.Numbering {
	n := dialup.Numbering{
		Country: t.prefix("country", "7"),
		Trunk:   t.prefix("trunk", "8"),
		Rewrite: t.rewrites(),
		Direct:  t.networks("allow_direct"),
	}
	switch {
	case n.Country != "" || t.wrong["country"] || !t.given("trunk"):
	case t.own("trunk"):
		t.fault("trunk", flawf(`write country = "7" too, or leave it out`, "it does not say for which country it stands"))
	default:
		n.Trunk = ""
	}
	for _, p := range n.Direct {
		if p.Bits() == 0 {
			c.found.warn(t.place("allow_direct"), "%s: whoever can open the port can connect to any address from this machine", t.label())
		}
	}
	return n
}

// prefix is a few digits.
func (t *section) prefix(key, example string) string {
	s := t.text(key)
	if s == "" {
		return ""
	}
	if strings.Trim(s, "0123456789") != "" || len(s) > 4 {
		hint := fmt.Sprintf("write digits only, like %q", example)
		if digits := strings.TrimLeft(s, "+0 "); digits != "" && len(digits) <= 4 && strings.Trim(digits, "0123456789") == "" {
			hint = fmt.Sprintf("write %q", digits)
		}
		t.fault(key, flawf(hint, "%q is no prefix", s))
		return ""
	}
	return s
}

// rewrites reads which beginnings of dialled numbers stand for others.
func (t *section) rewrites() []dialup.Rewrite {
	g, there := t.keys["rewrite"]
	if !there {
		return nil
	}
	const example = `write it like rewrite = { "9" = "", "00" = "+" }`
	pairs, isTable := g.value.(map[string]any)
	if !isTable {
		t.fault("rewrite", flawf(example, "%s, not a table of beginnings and what they become", kindOf(g.value)))
		return nil
	}
	var all []dialup.Rewrite
	for _, from := range slices.Sorted(maps.Keys(pairs)) {
		at := t.place("rewrite")
		if n := g.node.Key(from); n != nil {
			at.line = n.Line
		}
		to, isText := pairs[from].(string)
		switch {
		case !isText:
			t.faultAt("rewrite", at, flawf(example, "%q becomes %s, not text", from, kindOf(pairs[from])))
		case from == "" || !dialable(from) || !dialable(to):
			t.faultAt("rewrite", at, flawf(example, "%q = %q: only digits, *, # and a + in front can be dialled", from, to))
		default:
			all = append(all, dialup.Rewrite{From: from, To: to})
		}
	}
	return all
}

// dialable reports whether s can be the beginning of a number.
func dialable(s string) bool {
	return strings.Trim(strings.TrimPrefix(s, "+"), "0123456789*#") == ""
}

// numbers reads the telephone numbers of a modem, each as digits with a + in front of it where it has one.
func (c *checker) numbers(t *section) []string {
	var all []string
	for _, one := range t.numberTexts() {
		number, f := parseNumber(one.text)
		if f != nil {
			t.faultAt("number", one.at, f)
			continue
		}
		if c.claim("number", strings.TrimPrefix(number, "+"), one.at, t.label(),
			flawf("each modem has its own", "%s number: %q is taken", t.label(), one.text)) {
			all = append(all, number)
		}
	}
	return all
}

// numberTexts are the numbers as they are written. In a list, where spaces are part of a number, commas and semicolons
// separate them.
func (t *section) numberTexts() []part {
	g := t.keys["number"]
	s, isText := g.value.(string)
	if !isText || g.node != nil {
		return t.texts("number")
	}
	if f := roundedFlaw(s); f != nil {
		t.fault("number", f)
		return nil
	}
	return partsAt(strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ';' }), g.at)
}

// roundedFlaw finds a number that a spreadsheet took for a quantity.
func roundedFlaw(s string) *flaw {
	if strings.Contains(s, "E+") && strings.Trim(s, "0123456789.,E+") == "" {
		return flawf("give the column the format text in the spreadsheet, and type the number again", "%q was rounded by a spreadsheet", s)
	}
	return nil
}

// parseNumber takes out what people write between digits.
func parseNumber(s string) (number string, f *flaw) {
	const example = `write it like "+7 918 000-11-22", or short, like "12"`
	number = strings.NewReplacer(" ", "", "\u00a0", "", "(", "", ")", "", "-", "").Replace(s)
	digits := strings.TrimPrefix(number, "+")
	switch {
	case digits == "" || strings.Trim(digits, "0123456789") != "":
		return "", flawf(example, "%q is no telephone number", s)
	case len(digits) > longestNumber:
		return "", flawf(example, "%q is too long for a telephone number", s)
	}
	return number, nil
}

// PhoneNumber is a telephone number without what people write between its digits. The error says how one is written.
func PhoneNumber(text string) (string, error) {
	number, f := parseNumber(text)
	return number, f.err()
}

// ring is the name of the dial-up ports that ring when the modem begins a session.
func (c *checker) ring(t *section) string {
	name := t.text("ring")
	if name == "" {
		return ""
	}
	dialup := make([]string, 0, len(c.tables["port"]))
	for _, p := range c.tables["port"] {
		if on, _ := p.keys["dialup"].value.(bool); on {
			dialup = append(dialup, p.name)
		}
		if p.name == name && p.keys["dialup"].value != true {
			t.fault("ring", flawf("write dialup = true in "+p.label()+", or name another port", "%s cannot ring: it is no dial-up port", p.label()))
			return ""
		}
	}
	switch calls := slices.ContainsFunc([]string{"id", "address", "listen"}, t.given); {
	case !slices.Contains(dialup, name):
		t.fault("ring", missing("port", name, dialup))
	case !calls && t.own("ring"):
		t.fault("ring", flawf("leave it out", "it goes with exchange or listen: a modem that is called begins no session"))
	case calls:
		return name
	}
	return ""
}

// checkNumbers finds numbers that reach another modem than the one that has them, since names and ids go first, and
// numbers that are not found in every form in which they may be dialled.
func (c *checker) checkNumbers(s *bridge.Config) {
	words := make(map[string]string)
	for _, m := range s.Modems {
		words[m.ID] = m.Name
	}
	for _, m := range s.Modems {
		words[m.Name] = m.Name
	}
	for _, m := range s.Modems {
		t := c.modems[m.Name].table
		for _, number := range m.Numbers {
			if other := words[strings.TrimPrefix(number, "+")]; other != "" && other != m.Name {
				t.fault("number", flawf("give it another number", "%s reaches modem %s, whose name or id it is", number, other))
			}
			for _, p := range s.Ports {
				if p.Dialup != nil && national(number, p.Dialup.Numbering) {
					c.found.warn(t.place("number"), "%s number: whoever dials it with +%s does not reach it: write +%s%s", t.label(),
						p.Dialup.Numbering.Country, p.Dialup.Numbering.Country, strings.TrimPrefix(number, p.Dialup.Numbering.Trunk))
					break
				}
			}
		}
	}
}

// national reports whether a number is written with the trunk prefix in place of the country. Short ones are not meant so.
func national(number string, n dialup.Numbering) bool {
	return n.Trunk != "" && len(number) > 7 && strings.HasPrefix(number, n.Trunk)
}
