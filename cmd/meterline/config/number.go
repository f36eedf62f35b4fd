package config

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"meterline/bridge"
	"meterline/bridge/dialup"
	"meterline/bridge/modem"
	"meterline/cmd/meterline/config/table"
)

// longestNumber is how many digits a number may have: ITU-T E.164 allows 15, and prefixes come on top.
const longestNumber = 24

// readNumbers reads the telephone numbers of a modem, each as digits, with the + in front if it has one.
func readNumbers(t *table.Table, key string, m *modemDecl) {
	if v := t.Value(key); v.Node == nil { // in a list
		if s, _ := v.Raw.(string); rounded(s) {
			t.Fault(key, table.Flawf("give the column the format text in the spreadsheet, and type the number again", "%q was rounded by a spreadsheet", s))
			return
		}
	}
	for _, one := range t.TextsWithSpaces(key) {
		number, f := parseNumber(one.Text)
		if f != nil {
			t.FaultAt(key, one.At, f)
			continue
		}
		if m.checker.claim("number", strings.TrimPrefix(number, "+"), one.At, t.Label(),
			table.Flawf("each modem has its own", "%s number: %q is taken", t.Label(), one.Text)) {
			m.Numbers = append(m.Numbers, number)
		}
	}
}

// rounded reports whether a spreadsheet took the digits of an id or number for a quantity.
func rounded(s string) bool {
	return strings.Contains(s, "E+") && strings.Trim(s, "0123456789.,E+") == ""
}

// parseNumber removes what people write between digits.
func parseNumber(s string) (number string, f *table.Flaw) {
	const example = `write it like "+7 918 000-11-22", or short, like "12"`
	number = strings.NewReplacer(" ", "", "\u00a0", "", "(", "", ")", "", "-", "").Replace(s)
	digits := strings.TrimPrefix(number, "+")
	switch {
	case digits == "" || strings.Trim(digits, "0123456789") != "":
		return "", table.Flawf(example, "%q is no telephone number", s)
	case len(digits) > longestNumber:
		return "", table.Flawf(example, "%q is too long for a telephone number", s)
	}
	return number, nil
}

// PhoneNumber is a telephone number without what people write between its digits. The error says how one is written.
func PhoneNumber(text string) (string, error) {
	number, f := parseNumber(text)
	return number, f.Err()
}

// ring is the name of the dial-up ports that ring when the modem begins a session.
func (c *checker) ring(t *table.Table) string {
	name := t.Text("ring")
	if name == "" {
		return ""
	}
	names := make([]string, 0, len(c.tables["port"]))
	for _, p := range c.tables["port"] {
		if isDialup(p) {
			names = append(names, p.Name)
		} else if p.Name == name {
			t.Fault("ring", table.Flawf("write dialup = true in "+p.Label()+", or name another port", "%s cannot ring: it is no dial-up port", p.Label()))
			return ""
		}
	}
	switch calls := t.HasAny("id", "address", "listen"); {
	case !slices.Contains(names, name):
		t.Fault("ring", table.Missing("port", name, names))
	case !calls && t.Own("ring"):
		t.Fault("ring", table.Flawf("leave it out", "it goes with exchange or listen: a modem that is called begins no session"))
	case calls:
		return name
	}
	return ""
}

// checkNumbers reports numbers under which another modem is reached, since names and ids are tried first. It warns of
// numbers that are not found in every form in which they may be dialled.
func (c *checker) checkNumbers(s *bridge.Config) {
	words := make(map[string]string)
	for _, m := range s.Modems {
		words[m.ID] = m.Name
	}
	for _, m := range s.Modems {
		words[m.Name] = m.Name
	}
	c.checkSameNumbers(s)
	for _, m := range s.Modems {
		t := c.modems[m.Name].table
		for _, number := range m.Numbers {
			if other := words[strings.TrimPrefix(number, "+")]; other != "" && other != m.Name {
				t.Fault("number", table.Flawf("give it another number", "%s reaches modem %s, whose name or id it is", number, other))
			}
			for _, p := range s.Ports {
				if p.Dialup != nil && national(number, p.Dialup.Numbering) {
					country := p.Dialup.Numbering.Country
					c.found.Warn(t.Place("number"), "%s number: whoever dials it with +%s does not reach it: write +%s%s", t.Label(),
						country, country, strings.TrimPrefix(number, p.Dialup.Numbering.Trunk))
					break
				}
			}
		}
	}
}

// checkSameNumbers reports numbers of two modems that a dial-up port takes for one: with the country, and with the trunk in its place.
func (c *checker) checkSameNumbers(s *bridge.Config) {
	type plan struct{ country, trunk string }
	seen := map[plan]bool{{}: true}
	for _, p := range s.Ports {
		if p.Dialup == nil {
			continue
		}
		n := p.Dialup.Numbering
		if one := (plan{n.Country, n.Trunk}); !seen[one] {
			seen[one] = true
			c.checkSameUnder(n, s.Modems)
		}
	}
}

// checkSameUnder is checkSameNumbers for ports with this numbering.
func (c *checker) checkSameUnder(n dialup.Numbering, modems []modem.Config) {
	first := make(map[string]*table.Table)
	for _, m := range modems {
		t := c.modems[m.Name].table
		for _, number := range m.Numbers {
			whole := strings.TrimPrefix(number, "+")
			if national(number, n) {
				whole = n.Country + strings.TrimPrefix(number, n.Trunk)
			}
			if other := first[whole]; other != nil && other != t {
				t.Fault("number", table.Flawf("each modem has its own", "%s is +%s, the number of %s at %s", number, whole, other.Label(), other.Place("number")))
			} else {
				first[whole] = t
			}
		}
	}
}

// national reports whether a number has the trunk prefix in place of the country. Short numbers never have it.
func national(number string, n dialup.Numbering) bool {
	return n.Trunk != "" && len(number) > 7 && strings.HasPrefix(number, n.Trunk)
}

// numberingKeys say how a dial-up port takes dialled numbers.
var numberingKeys = table.Keys[dialup.Numbering]{
	{
		Name: "country", Form: prefix("7", func(n *dialup.Numbering) *string { return &n.Country }),
		Doc: "Country of dialled numbers without one: with `7` and trunk `8`, 89180001122 and 9180001122 reach +79180001122.",
	}, {
		Name: "trunk", Form: prefix("8", func(n *dialup.Numbering) *string { return &n.Trunk }),
		Doc: "What a number of the same country has in its place. Goes with `country`.",
	}, {
		Name: "rewrite", Form: table.Func("table such as `{ \"00\" = \"+\" }`", readRewrites),
		Doc: "Beginnings of dialled numbers that stand for others; of several the longest is replaced, once, before all else. A comma is a pause that must have been dialled (`,` or `W`), as in `9,` for an outside line or `*70,`.",
	}, {
		Name: "allow_direct", Form: networks(func(n *dialup.Numbering) *[]netip.Prefix { return &n.Direct }), Otherwise: "none",
		Doc: "Networks in which addresses without a modem can be dialled, as `ATD10.8.0.12:4001`.",
	},
}

// checkNumbering checks that the keys of dialled numbers fit together.
func (c *checker) checkNumbering(t *table.Table, n *dialup.Numbering) {
	switch {
	case n.Country != "" || t.Wrong("country") || !t.Has("trunk"):
	case t.Own("trunk"):
		t.Fault("trunk", table.Flawf(`write country = "7" too, or leave it out`, "it does not say for which country it stands"))
	default:
		n.Trunk = ""
	}
	for _, p := range n.Direct {
		if p.Bits() == 0 {
			c.found.Warn(t.Place("allow_direct"), "%s: whoever can open the port can connect to any address from this machine", t.Label())
		}
	}
}

// prefix is a form of a few digits.
func prefix(example string, field func(*dialup.Numbering) *string) table.Form[dialup.Numbering] {
	return table.Func("up to four digits", func(t *table.Table, key string, n *dialup.Numbering) {
		s := t.Text(key)
		if s == "" {
			return
		}
		if strings.Trim(s, "0123456789") != "" || len(s) > 4 {
			hint := fmt.Sprintf("write digits only, like %q", example)
			if digits := strings.TrimLeft(s, "+0 "); digits != "" && len(digits) <= 4 && strings.Trim(digits, "0123456789") == "" {
				hint = fmt.Sprintf("write %q", digits)
			}
			t.Fault(key, table.Flawf(hint, "%q is no prefix", s))
			return
		}
		*field(n) = s
	})
}

// readRewrites reads which beginnings of dialled numbers stand for others.
func readRewrites(t *table.Table, key string, n *dialup.Numbering) {
	const example = `write it like rewrite = { "9," = "", "00" = "+" }`
	t.Pairs(key, "a table of beginnings and what they become", "becomes", example, func(from, to string) *table.Flaw {
		digits := strings.ReplaceAll(from, ",", "")
		if digits == "" || strings.HasPrefix(from, ",") || !dialable(digits) || !dialable(to) {
			return table.Flawf(example, "%q = %q: only digits, *, # and a + in front can be dialled; in what is replaced a comma after a digit is a pause", from, to)
		}
		n.Rewrite = append(n.Rewrite, dialup.Rewrite{From: from, To: to})
		return nil
	})
}

// dialable reports whether s can be the beginning of a number.
func dialable(s string) bool {
	return strings.Trim(strings.TrimPrefix(s, "+"), "0123456789*#") == ""
}
