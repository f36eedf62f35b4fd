package hayes

import (
	"strconv"
	"strings"
)

// extended is a command of several characters (V.250, 5.4): a parameter, which has a value, or one that does or tells
// something.
type extended struct {
	name    string
	allowed string // of a parameter: the values it takes, in the form of the answer to =?
	factory string // and the one it has at first
	firm    bool   // a value that is not allowed is refused in any case

	test string                              // the answer to =? where it is not allowed; "": OK alone
	read func(m *Modem) string               // the answer to ?; "": OK alone
	exec func(m *Modem) ([]string, outcome)  // the plain form
	put  func(m *Modem, text string) outcome // the form with =, where it is no parameter
}

func (e *extended) isParameter() bool { return e.allowed != "" }

// known are all extended commands by name.
var known = func() map[string]*extended {
	all := map[string]*extended{}
	for _, table := range [][]extended{generic, cellular} {
		for i := range table {
			all[table[i].name] = &table[i]
		}
	}
	return all
}()

// param is the value of a parameter; "" where there is none such.
func (m *Modem) param(name string) string { return m.set.ext[name] }

// nameMarks are what names of extended commands may have besides letters and digits (V.250, 5.4.1).
const nameMarks = "!%-./:_"

func (m *Modem) extendedCommand(s *script, mark byte) outcome {
	name := []byte{mark}
	for c := s.peek(); isNameChar(c); c = s.peek() {
		name = append(name, c)
		s.pos++
	}
	form := ""
	if s.skip('=') {
		form = "="
	}
	if s.skip('?') {
		form += "?"
	}
	value := s.value()
	e := known[string(name)]
	switch {
	case m.refuses(string(name)):
		return cme(cmeNotAllowed)
	case e == nil || m.cfg.HayesOnly && strings.HasPrefix(e.name, "+C"):
		return m.unknownExtended()
	}
	return m.runExtended(e, form, value)
}

func isNameChar(c byte) bool {
	return c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c != 0 && strings.IndexByte(nameMarks, c) >= 0
}

func (m *Modem) unknownExtended() outcome {
	if m.cfg.RefuseUnknown {
		return cme(cmeUnknown)
	}
	return goOn
}

func (m *Modem) runExtended(e *extended, form, value string) outcome {
	switch {
	case m.booting && (form != "=" || !e.isParameter()):
		return refused
	case form == "=?":
		m.report(e.testText())
		return goOn
	case form == "?" && (e.read != nil || e.isParameter()):
		m.report(m.readText(e))
		return goOn
	case form == "=" && e.isParameter():
		return m.setParam(e, value)
	case form == "=" && e.put != nil:
		return e.put(m, value)
	case form == "" && e.exec != nil:
		lines, o := e.exec(m)
		for _, l := range lines {
			m.report(l)
		}
		return o
	case m.cfg.Strict:
		return cme(cmeNotAllowed)
	}
	return goOn
}

func (m *Modem) report(text string) {
	if text != "" {
		m.text(text)
	}
}

func (e *extended) testText() string {
	if text := e.test + e.allowed; text == "" {
		return ""
	}
	if e.test != "" {
		return e.name + ": " + e.test
	}
	return e.name + ": " + e.allowed
}

func (m *Modem) readText(e *extended) string {
	if e.read != nil {
		return e.read(m)
	}
	return e.name + ": " + m.param(e.name)
}

// setParam takes the values between commas. One that is left out stays as it was. One that is not allowed is refused, or,
// where the modem is tolerant, ignored.
func (m *Modem) setParam(e *extended, text string) outcome {
	if text == "" {
		m.set.ext[e.name] = e.factory
		return goOn
	}
	groups := strings.Split(strings.TrimSuffix(strings.TrimPrefix(e.allowed, "("), ")"), "),(")
	current := strings.Split(m.param(e.name), ",")
	for i, v := range strings.Split(text, ",") {
		v = strings.TrimSpace(v)
		switch {
		case i < len(groups) && v == "":
		case i < len(groups) && fits(groups[i], v):
			for len(current) <= i {
				current = append(current, "")
			}
			current[i] = v
		case m.cfg.Strict || e.firm:
			return cme(cmeParameters)
		}
	}
	m.set.ext[e.name] = strings.Join(current, ",")
	return goOn
}

// fits reports whether v is in a group such as 0-7,12,14-16 or "GSM","IRA" (V.250, 5.7.3).
func fits(group, v string) bool {
	n, err := strconv.Atoi(v)
	for item := range strings.SplitSeq(group, ",") {
		low, high, span := strings.Cut(item, "-")
		l, _ := strconv.Atoi(low)
		h, _ := strconv.Atoi(high)
		if strings.EqualFold(item, v) || err == nil && span && n >= l && n <= h {
			return true
		}
	}
	return false
}
