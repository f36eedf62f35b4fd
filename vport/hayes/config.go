package hayes

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Config says how a modem behaves. Its zero value is the preset "tolerant"; each zero field means the default in its comment.
type Config struct {
	// RefuseUnknown makes the modem answer unknown commands and registers with ERROR. Otherwise they get OK and do nothing.
	RefuseUnknown bool
	// Refuse lists commands, known or not, that are always answered with ERROR, as they are written: "+CMGS", "&T", "X".
	Refuse []string
	// Strict follows V.250 to the letter where programs do not. Values out of range get ERROR, a lone LF does not end a line,
	// the prefix is AT or at, and no call can be dialled from an escaped one.
	Strict bool
	// HayesOnly makes the commands of 27.007 (+C…) unknown.
	HayesOnly bool
	// AbortAny lets any character from the program end an attempt at a call (V.250, 5.6.1). Otherwise only ATH, ATZ, AT+CHUP,
	// another number, or +++ does, so that stray line ends and repeated commands do no harm.
	AbortAny bool

	// Guard is the initial silence around the escape, S12: 20 ms to 5.1 s, in steps of 20 ms; 0: 400 ms, which suits programs
	// that wait for 500 ms.
	Guard time.Duration
	// Pace is the longest pause between the characters of an escape, up to 5 s, but never less than S12; 0: 800 ms.
	Pace time.Duration

	// ConnectDelay is the time from the session to CONNECT, 0.3 to 3 s; 0: 1 s. Programs miss a CONNECT that comes before they
	// have begun to read.
	ConnectDelay time.Duration
	// ConnectSpeed is the speed in CONNECT, in bit/s; 0: 9600.
	ConnectSpeed int
	// ConnectText is the whole result; "": CONNECT and the speed. With X0 it is CONNECT without a speed.
	ConnectText string
	// Wait is the initial value of S7, how long a call may take to be connected: 1 to 255 s; 0: 50 s.
	Wait time.Duration
	// TimedOut is the result when that time has passed: NoCarrier, NoAnswer or Busy; 0: NoCarrier, which every program knows.
	TimedOut Result
	// UnknownNumber is the result of dialling a number that nobody has, S90: NoCarrier, Error, NoDialtone, Busy or NoAnswer; 0:
	// NoCarrier.
	UnknownNumber Result
	// Phonebook is the result of dialling by phonebook (ATD>), which does not exist here: NoCarrier or Error; 0: NoCarrier.
	Phonebook Result
	// RingEvery is the time between two RINGs, 1 to 60 s; 0: 5 s.
	RingEvery time.Duration

	// LFWait is how long after the end of a command line a line feed still belongs to it and is dropped, up to 5 s; 0: 500 ms.
	// CONNECT ends this time.
	LFWait time.Duration
	// LineMax is the greatest length of a command line, 40 to 4096 bytes (V.250, 5.2.1, asks for 40); 0: 255.
	LineMax int
	// HoldMax is how many bytes from the far modem are held while the program is not on line, at least 256; 0: 65536.
	HoldMax int

	// Init is settings that differ from the factory's, as a command line without AT: "E0X1S0=1+CMEE=1". &F sets them as well.
	Init string
}

func (c Config) withDefaults() Config {
	c.Guard = cmp.Or(c.Guard, 400*time.Millisecond)
	c.Pace = cmp.Or(c.Pace, 800*time.Millisecond)
	c.ConnectDelay = cmp.Or(c.ConnectDelay, time.Second)
	c.ConnectSpeed = cmp.Or(c.ConnectSpeed, 9600)
	c.ConnectText = cmp.Or(c.ConnectText, fmt.Sprintf("CONNECT %d", c.ConnectSpeed))
	c.Wait = cmp.Or(c.Wait, 50*time.Second)
	c.TimedOut = cmp.Or(c.TimedOut, NoCarrier)
	c.UnknownNumber = cmp.Or(c.UnknownNumber, NoCarrier)
	c.Phonebook = cmp.Or(c.Phonebook, NoCarrier)
	c.RingEvery = cmp.Or(c.RingEvery, 5*time.Second)
	c.LFWait = cmp.Or(c.LFWait, 500*time.Millisecond)
	c.LineMax = cmp.Or(c.LineMax, 255)
	c.HoldMax = max(cmp.Or(c.HoldMax, 1<<16), 256)
	return c
}

// Validate returns everything that is wrong with c.
func (c Config) Validate() error {
	d := c.withDefaults()
	return errors.Join(
		within("guard", d.Guard, 20*time.Millisecond, 5100*time.Millisecond),
		within("pace", d.Pace, 20*time.Millisecond, 5*time.Second),
		within("connect_delay", d.ConnectDelay, 300*time.Millisecond, 3*time.Second),
		within("wait", d.Wait, time.Second, 255*time.Second),
		within("ring_every", d.RingEvery, time.Second, time.Minute),
		within("lf_wait", d.LFWait, time.Millisecond, 5*time.Second),
		within("connect_speed", d.ConnectSpeed, 1, 10_000_000),
		within("line_max", d.LineMax, 40, 4096),
		within("hold_max", cmp.Or(c.HoldMax, 1<<16), 256, 1<<24),
		oneOf("timed_out", d.TimedOut, NoCarrier, NoAnswer, Busy),
		oneOf("unknown_number", d.UnknownNumber, NoCarrier, Error, NoDialtone, Busy, NoAnswer),
		oneOf("phonebook", d.Phonebook, NoCarrier, Error),
		d.validText(), d.validCommands(),
	)
}

func (c Config) validText() error {
	if !strings.HasPrefix(c.ConnectText, "CONNECT") || printable(c.ConnectText, 80) != c.ConnectText {
		return fmt.Errorf("connect_text %q: begins with CONNECT, without quotes, at most 80 characters", c.ConnectText)
	}
	return nil
}

func (c Config) validCommands() error {
	for _, r := range c.Refuse {
		if name := bareName(r); name == "" || name == "AT" || strings.ContainsAny(name, " ;") {
			return fmt.Errorf("refuse: %q is not one command", r)
		}
	}
	if New(c, nil).initErr {
		return fmt.Errorf("init: %q holds more than settings, or values out of range", c.Init)
	}
	return nil
}

func within[T cmp.Ordered](what string, v, low, high T) error {
	if v < low || v > high {
		return fmt.Errorf("%s %v: from %v to %v", what, v, low, high)
	}
	return nil
}

func oneOf(what string, r Result, allowed ...Result) error {
	words := make([]string, 0, len(allowed))
	for _, a := range allowed {
		if r == a {
			return nil
		}
		words = append(words, a.String())
	}
	return fmt.Errorf("%s: one of %s", what, strings.Join(words, ", "))
}

// presets by name. A new one is one more entry here.
var presets = []struct {
	name   string
	config Config
}{
	// works with all programs known to us
	{"tolerant", Config{}},
	// a GSM modem, as programs for 27.007 expect it
	{"gsm", Config{RefuseUnknown: true, Strict: true, AbortAny: true, Guard: time.Second, Pace: 20 * time.Millisecond, Phonebook: Error}},
	// a modem on a wire, V.250 and Hayes to the letter
	{"strict-hayes", Config{
		RefuseUnknown: true, Strict: true, HayesOnly: true, AbortAny: true, Guard: time.Second, Pace: 20 * time.Millisecond, Phonebook: Error,
	}},
}

// Preset returns the configuration of that name; "" is "tolerant".
func Preset(name string) (Config, error) {
	for _, p := range presets {
		if p.name == name || name == "" {
			c := p.config
			c.Refuse = slices.Clone(c.Refuse)
			return c, nil
		}
	}
	return Config{}, fmt.Errorf("unknown preset %q: one of %s", name, strings.Join(Presets(), ", "))
}

// Presets returns the names, the default first.
func Presets() []string {
	names := make([]string, 0, len(presets))
	for _, p := range presets {
		names = append(names, p.name)
	}
	return names
}

// refuses reports whether the command of that name is to be answered with ERROR.
func (c *Config) refuses(name string) bool {
	for _, r := range c.Refuse {
		if bareName(r) == name {
			return true
		}
	}
	return false
}

// bareName returns a command as this package compares it: in upper case, without AT and value.
func bareName(s string) string {
	s = strings.ToUpper(strings.TrimSpace(s))
	if len(s) > 2 {
		s = strings.TrimPrefix(s, "AT")
	}
	s, _, _ = strings.Cut(s, "=")
	return strings.TrimRight(s, "?")
}
