package hayes

import (
	"strconv"
	"strings"
)

// extended is a command with a name of several characters (V.250, 5.4): a parameter, which has a value, or one that does or
// shows something.
type extended struct {
	name    string
	allowed string // of a parameter: its values, in the form of the answer to =?
	factory string // its initial value
	firm    bool   // a value that is not allowed is refused, also where the modem is not strict
	bare    bool   // its values are shown without its name and parentheses

	test string                              // the answer to =? if that is not allowed; "": OK only
	read func(m *Modem) string               // the answer to ?; "": OK only
	exec func(m *Modem) ([]string, outcome)  // the form without a value
	put  func(m *Modem, text string) outcome // the form with =, if it is no parameter
}

func (e *extended) isParameter() bool { return e.allowed != "" }

// known has all extended commands by name.
var known = func() map[string]*extended {
	all := map[string]*extended{}
	for _, table := range [][]extended{generic, cellular} {
		for i := range table {
			all[table[i].name] = &table[i]
		}
	}
	return all
}()

// extendedCommand executes a command of V.250, 5.4: a name, and = with a value, ? or =?. It ends at a semicolon or with the line.
// A maker's own that has neither = nor ? may also be followed by another command, such as $A1 &W.
func (in *interpreter) extendedCommand(mark byte) outcome {
	name := in.extendedName(mark)
	form := ""
	if in.skip('=') {
		form = "="
	}
	if in.skip('?') {
		form += "?"
	}
	value := ""
	if form != "" || mark == '+' || !in.atCommand() {
		value = in.value()
	}
	e := known[name]
	switch {
	case in.m.cfg.refuses(name):
		return cme(cmeNotAllowed)
	case e == nil || in.m.cfg.HayesOnly && strings.HasPrefix(e.name, "+C"):
		return in.unknownExtended()
	}
	return in.runExtended(e, form, value)
}

func (in *interpreter) unknownExtended() outcome {
	if in.m.cfg.RefuseUnknown {
		return cme(cmeUnknown)
	}
	return goOn
}

func (in *interpreter) runExtended(e *extended, form, value string) outcome {
	switch {
	case in.setup && (form != "=" || !e.isParameter()):
		return refused
	case form == "=?":
		in.reply.line(e.testText())
		return goOn
	case form == "?" && (e.read != nil || e.isParameter()):
		in.reply.line(e.readText(in.m))
		return goOn
	case form == "=" && e.isParameter():
		return in.mem.setParam(e, value)
	case form == "=" && e.put != nil:
		return e.put(in.m, value)
	case form == "" && e.exec != nil:
		lines, o := e.exec(in.m)
		for _, l := range lines {
			in.reply.line(l)
		}
		return o
	case in.m.cfg.Strict:
		return cme(cmeNotAllowed)
	}
	return goOn
}

func (e *extended) testText() string {
	switch {
	case e.test != "":
		return e.name + ": " + e.test
	case e.bare:
		return strings.Trim(e.allowed, "()")
	case e.allowed != "":
		return e.name + ": " + e.allowed
	}
	return ""
}

func (e *extended) readText(m *Modem) string {
	switch {
	case e.read != nil:
		return e.read(m)
	case e.bare:
		return m.mem.param(e.name)
	}
	return e.name + ": " + m.mem.param(e.name)
}

// setParam takes values separated by commas. One that is left out stays as it was. One that is not allowed is refused, or
// ignored by a tolerant modem.
func (m *memory) setParam(e *extended, text string) outcome {
	if text == "" {
		m.ext[e.name] = e.factory
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
	m.ext[e.name] = strings.Join(current, ",")
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

// generic are the extended commands of V.250, and +FCLASS of T.31. Apart from the identification they have no effect: there is
// no line and no modulation. Their values are stored for programs that read back what they have set.
var generic = []extended{
	{name: "+GMI", exec: says(func(*Modem) string { return maker })},                               // 6.1.4
	{name: "+GMM", exec: says(func(*Modem) string { return model })},                               // 6.1.5
	{name: "+GMR", exec: says(func(m *Modem) string { return printable(m.self.Version(), 80) })},   // 6.1.6
	{name: "+GSN", exec: says(func(m *Modem) string { return printable(m.self.IMEI(), 80) })},      // 6.1.7
	{name: "+GCAP", exec: says(func(*Modem) string { return "+GCAP: +CGSM,+FCLASS,+DS,+ES,+MS" })}, // 6.1.9

	{ // 6.2.10; the first group is for automatic speeds
		name: "+IPR", allowed: "(0,300,600,1200,2400,4800,9600,14400,19200,28800,38400,57600,115200)", factory: "0",
		test: "(),(0,300,600,1200,2400,4800,9600,14400,19200,28800,38400,57600,115200)",
	},
	{name: "+ICF", allowed: "(0-6),(0-3)", factory: "3,3"}, // 6.2.11
	{name: "+IFC", allowed: "(0-3),(0-3)", factory: "2,2"}, // 6.2.12
	{name: "+ILRR", allowed: "(0,1)", factory: "0"},        // 6.2.13

	{ // 6.4.1
		name: "+MS", allowed: "(V21,V22,V22B,V32,V32B,V34,V110),(0,1),(0-33600),(0-33600),(0-33600),(0-33600)",
		factory: "V32,1,0,9600,0,9600",
	},
	{name: "+MR", allowed: "(0,1)", factory: "0"},                                     // 6.4.2
	{name: "+ES", allowed: "(0-7),(0-4),(0-9)", factory: "3,0,2"},                     // 6.5.1
	{name: "+EB", allowed: "(0,1),(0,1),(0-254)", factory: "0,0,0"},                   // 6.5.2
	{name: "+ER", allowed: "(0,1)", factory: "0"},                                     // 6.5.5
	{name: "+DS", allowed: "(0-3),(0,1),(512-65535),(6-250)", factory: "3,0,2048,32"}, // 6.6.1
	{name: "+DR", allowed: "(0,1)", factory: "0"},                                     // 6.6.2
	{name: "+A8E", allowed: "(0-6),(0-5),(0-255)", factory: "0,0,0"},                  // V.8 of an answerer, Supplement 1
	{name: "+FCLASS", allowed: "(0)", factory: "0", firm: true, bare: true},           // T.31, 8.2: data only, no fax
}

// says returns the form without a value of a command that shows one line.
func says(text func(*Modem) string) func(*Modem) ([]string, outcome) {
	return func(m *Modem) ([]string, outcome) { return []string{text(m)}, goOn }
}
