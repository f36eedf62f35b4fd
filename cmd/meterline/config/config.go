// Package config turns a TOML file with its includes and lists into checked values, and locates all its faults
// with what to write instead. It opens no port and no session: what a machine lacks is for the verb check to see.
package config

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"meterline/bridge"
	"meterline/bridge/fallback"
	"meterline/cmd/meterline/control"
	"meterline/relay/profile"
)

// Settings is one configuration file with its includes and lists, checked.
type Settings struct {
	File    string // as it was named
	Control string // the socket, or Windows' named pipe, that the other verbs talk to
	// ControlGroup is who may talk to it besides the daemon's own user.
	ControlGroup string
	Ledger       string // path of the state file, empty: nothing is kept over a restart
	Log          Log
	Bridge       bridge.Config
	Sims         []Sim
	Profiles     map[string]profile.Profile // declared in the files
	Warnings     []string                   // what somebody should look at, with file and line; none of it keeps the daemon from running
}

// Load reads the configuration file at path. The error joins all faults, each with its file and line, what is
// wrong there and what to write instead.
func Load(path string) (*Settings, error) {
	return NewLoader().Load(path)
}

// Reload is Load for a running daemon, which reads nothing but files.
func Reload(path string) (*Settings, error) {
	l := NewLoader()
	l.read = readFile
	return l.Load(path)
}

// checker turns the tables of all files into settings.
type checker struct {
	found    *findings
	load     *Loader
	tables   map[string][]*section // by kind, in the order of the files
	defaults map[string]*section
	claims   map[claim]claimed
	listens  map[string][]listener // by TCP port

	ready     map[string]*DeclaredProfile // that the program comes with, nil where those are checked
	profiles  map[string]*DeclaredProfile
	exchanges map[string]*exchangeDecl
	usbs      map[string]fallback.Config // modems plugged into this machine
	modems    map[string]*modemDecl
	unlisted  bool // a list could not be used: a name that nobody has may stand in it
}

func newChecker(l *Loader) *checker {
	return &checker{
		found: &l.found, load: l,
		tables: make(map[string][]*section), defaults: make(map[string]*section),
		claims: make(map[claim]claimed), listens: make(map[string][]listener),
		profiles: make(map[string]*DeclaredProfile), exchanges: make(map[string]*exchangeDecl), modems: make(map[string]*modemDecl),
		usbs: make(map[string]fallback.Config),
	}
}

// claim is something that only one table can have.
type claim struct{ space, key string }

type claimed struct {
	at    place
	label string
}

// claim gives key to the table label, or tells of the table that has it already.
func (c *checker) claim(space, key string, at place, label string, f *flaw) bool {
	k := claim{space, key}
	if first, taken := c.claims[k]; taken {
		what := f.what + ", first at " + first.at.String()
		if first.label != label {
			what = fmt.Sprintf("%s by %s at %s", f.what, first.label, first.at)
		}
		c.found.fault(at, &flaw{what, f.hint})
		return false
	}
	c.claims[k] = claimed{at, label}
	return true
}

// settings checks everything that has been gathered.
func (c *checker) settings(main *document) *Settings {
	s := &Settings{File: main.src.name}
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
		c.modems[t.name] = c.modem(t)
	}
	for _, t := range c.tables["sim"] {
		if sim := c.sim(t); sim != nil {
			s.Sims = append(s.Sims, *sim)
		}
	}
	for _, t := range modems {
		s.Bridge.Modems = append(s.Bridge.Modems, c.modems[t.name].config)
	}
	s.Bridge.Ports = c.ports(modems)
	takeReplies(s)
	c.checkNumbers(&s.Bridge)
	c.warnOfIdle(main, s)
	return s
}

// checkTop reads the keys above all tables.
func (c *checker) checkTop(top *section, s *Settings) {
	written := cmp.Or(c.load.Control, defaultControl(top.at.src.dir()))
	if control := top.text("control"); control != "" {
		written = absolute(top.at.src, control)
	}
	s.Control = control.Address(written)
	if len(s.Control) > control.LongestAddress {
		top.fault("control", flawf("write a shorter path", "a socket's path has at most %d bytes, and %s has %d", control.LongestAddress, s.Control, len(s.Control)))
	}
	s.ControlGroup = top.text("control_group")
	c.claim("path", written, top.place("control"), "control", &flaw{})
	s.Ledger = defaultState(c.load.State)
	if state := top.text("state"); state != "" {
		s.Ledger = absolute(top.at.src, state)
		c.claim("path", s.Ledger, top.place("state"), "state", flawf("write another path", "state: %s is taken", state))
	}
	s.Log = c.logging(top)
	if s.Ledger == "" {
		c.found.warn(place{src: top.at.src}, `no state: counts of bytes and "last seen" are lost at each restart: write state = %s`, Quote(usualState()))
	}
}

// serviceState is the folder that systemd's StateDirectory= gives to the service, empty: there is none.
func serviceState() string {
	dirs := filepath.SplitList(os.Getenv("STATE_DIRECTORY"))
	if len(dirs) == 0 {
		return ""
	}
	return dirs[0]
}

// defaultState is where the state file stands in the folder of the service, empty where there is none.
func defaultState(folder string) string {
	if folder == "" {
		return ""
	}
	return filepath.Join(folder, "state.json")
}

// Places is where the daemon keeps what is its own.
func (s *Settings) Places() Places { return Places{Control: s.Control, State: s.Ledger} }

// Path is the full path of the file.
func (s *Settings) Path() string { return absolute(&source{name: "./-"}, s.File) }

// absolute resolves a path relative to the folder of the file that it stands in.
func absolute(src *source, path string) string {
	path = from(runtime.GOOS, src.dir(), path)
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return filepath.Clean(path)
}
