// Package config turns a TOML file with its includes and lists into checked values. It reports all faults at once, each
// with its place and what to write instead. It opens no port and no session: the verb check finds what a machine lacks.
//
// How a file becomes checked values:
//
//  1. Loader.Load reads the main file, and Loader.included those that it includes. table.Decode parses each.
//  2. checker.gather makes a table.Table of each table that schemas knows. It reports unknown tables, and checker.keyFits
//     unknown keys.
//  3. checker.settings goes through the kinds of tables, those first that others name: checker.profile, checker.exchange,
//     checker.usb, checker.modem, checker.sim, checker.ports. checker.withLists makes modems of the rows of lists, which
//     list.Parse reads.
//  4. Each kind has one table of keys, such as modemKeys: the name, form, default and documentation of each key.
//     table.Keys.Read reads by it, and Reference renders it. A new key is a new entry there.
//  5. Checks of several keys and tables follow. checker.callsIn, checker.callsAlone, checker.isCalled and others check that
//     keys fit together and that names exist; checker.claim, that a path, address, id or number has one owner.
//  6. If anything was wrong, the result is table.Findings.Err: all faults. Otherwise it is Settings, with its warnings.
package config

import (
	"cmp"
	"fmt"
	"log/slog"

	"meterline/bridge"
	"meterline/bridge/fallback"
	"meterline/cmd/meterline/config/hostport"
	"meterline/cmd/meterline/config/table"
	"meterline/cmd/meterline/control"
	"meterline/relay/profile"
)

// Settings is one configuration file with its includes and lists, checked.
type Settings struct {
	File    string // as it was named
	Control string // the socket, or Windows' named pipe, that the other verbs talk to
	// ControlGroup may talk to it besides the daemon's own user.
	ControlGroup string
	Ledger       string // path of the state file, empty: nothing is kept over a restart
	Log          Log
	Bridge       bridge.Config
	Sims         []Sim
	Profiles     map[string]profile.Profile // declared in the files
	Warnings     []string                   // with file and line; none keeps the daemon from running
	claims       map[claim]claimed
	listens      map[string][]listener
}

// WherePath returns the place and the table of a path of the configuration or of a COM port, such as "m.toml:7: [modem.boiler]". It is
// empty for a default.
func (s *Settings) WherePath(path string) string {
	for _, space := range []string{"path", "COM port"} {
		if one, known := s.claims[claim{space, path}]; known && one.at.Line > 0 {
			return one.at.String() + ": " + one.label
		}
	}
	return ""
}

// WhereListen returns the place and the table of an address to listen at, like WherePath.
func (s *Settings) WhereListen(address string) string {
	host, port, _ := hostport.Split(address, "")
	for _, one := range s.listens[port] {
		if one.host == host {
			return one.at.String() + ": " + one.label
		}
	}
	return ""
}

// Load reads the configuration file at path. The error joins all faults, each with its file and line, what is
// wrong there and what to write instead.
func Load(path string) (*Settings, error) {
	return NewLoader().Load(path)
}

// Reload is Load for a running daemon: it reads regular files only, since a pipe could block it.
func Reload(path string) (*Settings, error) {
	l := NewLoader()
	l.read = readFile
	return l.Load(path)
}

// checker turns the tables of all files into settings.
type checker struct {
	found    *table.Findings
	load     *Loader
	tables   map[string][]*table.Table // by kind, in the order of the files
	defaults map[string]*table.Table
	claims   map[claim]claimed
	listens  map[string][]listener // by TCP port

	ready       map[string]*DeclaredProfile // ready profiles; nil while they themselves are checked
	profiles    map[string]*DeclaredProfile
	exchanges   map[string]*exchangeDecl
	usbs        map[string]fallback.Config // modems plugged into this machine
	modems      map[string]*modemDecl
	checkDigits int  // IMEIs with a wrong one
	listFailed  bool // a list could not be used: its modems are missing
}

func newChecker(l *Loader) *checker {
	return &checker{
		found: &l.found, load: l,
		tables: make(map[string][]*table.Table), defaults: make(map[string]*table.Table),
		claims: make(map[claim]claimed), listens: make(map[string][]listener),
		profiles: make(map[string]*DeclaredProfile), exchanges: make(map[string]*exchangeDecl), modems: make(map[string]*modemDecl),
		usbs: make(map[string]fallback.Config),
	}
}

// claim is something that only one table can have.
type claim struct{ space, key string }

type claimed struct {
	at    table.Place
	label string
}

// claim reserves key for the table label. If another table has it already, claim reports f and returns false.
func (c *checker) claim(space, key string, at table.Place, label string, f *table.Flaw) bool {
	k := claim{space, key}
	if first, taken := c.claims[k]; taken {
		what := f.What + ", first at " + first.at.String()
		if first.label != label {
			what = fmt.Sprintf("%s by %s at %s", f.What, first.label, first.at)
		}
		c.found.Fault(at, &table.Flaw{What: what, Hint: f.Hint})
		return false
	}
	c.claims[k] = claimed{at, label}
	return true
}

// settings checks everything that has been gathered.
func (c *checker) settings(main *table.Document) *Settings {
	s := &Settings{File: main.Source.Name, claims: c.claims, listens: c.listens}
	c.checkTop(topTable(main, c.found), s)
	for _, t := range c.tables["profile"] {
		c.profile(t)
	}
	s.Profiles = make(map[string]profile.Profile, len(c.profiles))
	for name, p := range c.profiles {
		s.Profiles[name] = p.Config
	}
	for _, t := range c.tables["exchange"] {
		s.Bridge.Exchanges = append(s.Bridge.Exchanges, c.exchange(t))
	}
	for _, t := range c.tables["usb"] {
		s.Bridge.USB = append(s.Bridge.USB, c.usb(t))
	}
	modems := c.withLists()
	for _, t := range modems {
		c.modems[t.Name] = c.modem(t)
	}
	for _, t := range c.tables["sim"] {
		if sim := c.sim(t); sim != nil {
			s.Sims = append(s.Sims, *sim)
		}
	}
	for _, t := range modems {
		s.Bridge.Modems = append(s.Bridge.Modems, c.modems[t.Name].Config)
	}
	s.Bridge.Ports = c.ports(modems)
	openInboxes(s)
	c.checkNumbers(&s.Bridge)
	c.warnOfUnused(main, s)
	c.warnOfCheckDigits(main)
	return s
}

// top is the keys above all tables.
type top struct {
	control, group, state string
	log                   Log
	level, format         string
}

var topKeys = table.Keys[top]{
	{
		Name: "control", Form: table.Text("path", func(t *top) *string { return &t.control }),
		Otherwise: "`control.sock` in `/run/meterline`, `$XDG_RUNTIME_DIR/meterline.sock` or `meterline.sock` beside the file; on Windows `\\\\.\\pipe\\meterline`",
		Doc:       "Where `status` and the other verbs talk to the daemon: a socket, or on Windows a named pipe.",
	}, {
		Name: "control_group", Form: table.Text("group", func(t *top) *string { return &t.group }),
		Otherwise: "the daemon's own group; on Windows nobody",
		Doc:       "Who may talk to the daemon besides its own user, root and administrators. The daemon's user must be a member.",
	}, {
		Name: "state", Form: table.Text("path", func(t *top) *string { return &t.state }),
		Otherwise: "`state.json` in systemd's `StateDirectory=`; without one nothing is kept",
		Doc:       "File that keeps counts, \"last seen\" and what plugged-in modems have cost, over a restart.",
	}, {
		Name: "log_level", Form: table.OneOf(func(t *top) *string { return &t.level }, "info", "debug", "warn", "error"), Default: "info",
		Doc: "The least important records that are logged.",
	}, {
		Name: "log_format", Form: table.OneOf(func(t *top) *string { return &t.format }, "text", "json"), Default: "text",
		Doc: "How records are written.",
	}, {
		Name: "log_file", Form: table.Text("path", func(t *top) *string { return &t.log.File }),
		Otherwise: "standard error; for the service on Windows `%ProgramData%\\meterline\\meterline.log`",
		Doc:       "File for the log. What it cannot take goes to standard error.",
	}, {
		Name: "log_size", Form: table.Func("MB, or text with a unit, `64 kB` to `4 GB`", readLogSize), Default: "10 MB",
		Doc: "Size at which a new log file is begun.",
	}, {
		Name: "log_keep", Form: table.Number(0, 1000, func(t *top) *int { return &t.log.Keep }), Default: "5",
		Doc: "How many older log files are kept.",
	}, {
		Name: "include", Form: table.Func("path or pattern, or several", func(t *table.Table, key string, _ *top) { t.Texts(key) }),
		Doc: "More files with any tables, in the order of their names. A pattern such as `modems.d/*.toml` may match nothing yet.",
	},
}

var topDefaults = topKeys.Defaults()

const smallestLog, biggestLog = 64 << 10, 4 << 30

func readLogSize(t *table.Table, key string, to *top) {
	if n, ok := t.Size(key, smallestLog, biggestLog, `"64 kB" to "4 GB"`); ok {
		to.log.Size = n
	}
}

// Log is where the log goes, and what goes there.
type Log struct {
	Level slog.Level
	JSON  bool
	File  string // empty: standard error
	Size  int64  // bytes, at which a new file is begun
	Keep  int    // full files that are kept
}

// UsualLog is the log of a configuration without keys for it.
func UsualLog() Log {
	l := topDefaults.log
	l.File = defaultLog()
	return l
}

// checkTop reads the keys above all tables.
func (c *checker) checkTop(t *table.Table, s *Settings) {
	given := topDefaults
	topKeys.Read(t, &given)
	written := cmp.Or(c.load.Control, defaultControl(t.At.Source.Dir()))
	if given.control != "" {
		written = absolute(t.At.Source, given.control)
	}
	s.Control = control.Address(written)
	if len(s.Control) > control.LongestAddress {
		t.Fault("control", table.Flawf("write a shorter path", "a socket's path has at most %d bytes, and %s has %d", control.LongestAddress, s.Control, len(s.Control)))
	}
	s.ControlGroup = given.group
	c.claim("path", written, t.Place("control"), "control", &table.Flaw{})
	s.Ledger = defaultState(c.load.State)
	if given.state != "" {
		s.Ledger = absolute(t.At.Source, given.state)
		c.claim("path", s.Ledger, t.Place("state"), "state", table.Flawf("write another path", "state: %s is taken", given.state))
	}
	s.Log = c.logging(t, given)
	if s.Ledger == "" {
		c.found.Warn(table.Place{Source: t.At.Source}, `no state: counts of bytes and "last seen" are lost at each restart: write state = %s`, table.Quote(usualState()))
	}
}

// logging checks the keys of the log.
func (c *checker) logging(t *table.Table, given top) Log {
	l := given.log
	l.JSON = given.format == "json"
	_ = l.Level.UnmarshalText([]byte(given.level)) // one of slog's own words: no error
	if l.File == "" {
		l.File = defaultLog()
	} else {
		l.File = absolute(t.At.Source, given.log.File)
		c.claim("path", l.File, t.Place("log_file"), "log_file", table.Flawf("write another path", "log_file: %s is taken", given.log.File))
	}
	for _, key := range []string{"log_size", "log_keep"} {
		if l.File == "" && t.Own(key) {
			t.Fault(key, table.Flawf(`write log_file = "/var/log/meterline/meterline.log" too, or leave it out`, "it goes with log_file"))
		}
	}
	return l
}
