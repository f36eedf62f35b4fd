package at

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Config says how a modem is driven. Its zero value suits most modems; each zero field means the default in its comment.
type Config struct {
	Kind    Kind
	Factory bool     // begin with the maker's settings (AT&F) instead of the stored ones (ATZ)
	Init    []string // command lines to send at the end of Init; each must be answered with OK
	PIN     string   // of the SIM, four to eight digits; it is tried once
	// PINBarred returns why the PIN must not be given to the SIM with that ICCID: ErrPINRefused or ErrPINRisk. The ICCID is ""
	// where the modem does not tell it. nil: nothing is known against the PIN.
	PINBarred func(iccid string) error
	Inbox     bool // receive short messages: Out.Messages
	// Bearer is the value of AT+CBST before a data call. "" means 71,0,1 (9600 bit/s, V.110, non-transparent), "-" that it is
	// not sent. Telephone modems have none.
	Bearer string
	// Prefix is dialled before each number, such as "9W" in a private exchange. "" means T (tone dialling) for telephone modems
	// and nothing for cellular ones.
	Prefix string
	// MinSignal is the weakest signal in dBm with which a call or message is tried; 0 means -111.
	MinSignal int
	// DTR says that the line has a "data terminal ready" that can be set: then hanging up takes a second.
	DTR bool

	Guard    time.Duration // silence around the escape, a little more than S12; 0 means 1.1 s; S12 in Init overrides it
	Answer   time.Duration // how long an ordinary command may take; 0 means 5 s
	Connect  time.Duration // how long a data call may take to be connected; 0 means 90 s
	Register time.Duration // how long to wait for the network before a call or message; 0 means 30 s
}

// Kind is what is known of a modem beforehand.
type Kind int

// The kinds.
const (
	Auto      Kind = iota // find out by its answers
	Cellular              // it has a SIM
	Telephone             // it has none
)

func (c Config) withDefaults() Config {
	c.Bearer = cmp.Or(c.Bearer, "71,0,1")
	c.MinSignal = cmp.Or(c.MinSignal, -111)
	c.Guard = cmp.Or(c.Guard, 1100*time.Millisecond)
	c.Answer = cmp.Or(c.Answer, 5*time.Second)
	c.Connect = cmp.Or(c.Connect, 90*time.Second)
	c.Register = cmp.Or(c.Register, 30*time.Second)
	return c
}

// Validate returns everything that is wrong with c. It never repeats the PIN.
func (c Config) Validate() error {
	d := c.withDefaults()
	errs := []error{
		within("guard", d.Guard, 10*time.Millisecond, 5*time.Second),
		within("answer", d.Answer, 100*time.Millisecond, time.Minute),
		within("connect", d.Connect, time.Second, 4*time.Minute),
		within("register", d.Register, time.Second, 5*time.Minute),
		within("min_signal", d.MinSignal, -113, -51),
	}
	for _, s := range c.Init {
		errs = append(errs, checkInit(s))
	}
	if c.PIN != "" && (len(c.PIN) < 4 || len(c.PIN) > 8 || strings.Trim(c.PIN, "0123456789") != "") {
		errs = append(errs, errors.New("pin: four to eight digits"))
	}
	if d.Bearer != "-" && strings.Trim(d.Bearer, "0123456789,") != "" {
		errs = append(errs, fmt.Errorf("bearer %q: numbers such as 71,0,1, or -", c.Bearer))
	}
	if len(c.Prefix) > 20 || strings.Trim(c.Prefix, dialled) != "" {
		errs = append(errs, fmt.Errorf("prefix %q: digits, T, P, W and commas", c.Prefix))
	}
	return errors.Join(errs...)
}

func within[T cmp.Ordered](what string, v, low, high T) error {
	if v < low || v > high {
		return fmt.Errorf("%s %v: from %v to %v", what, v, low, high)
	}
	return nil
}

// initMax is the length that V.250, 5.2.1, and older modems certainly accept.
const initMax = 120

// checkInit refuses what is no setting: Init must not call anybody, nor leave command mode.
func checkInit(s string) error {
	line := strings.ToUpper(initLine(s))
	switch {
	case line == "AT" || len(line) > initMax || printable(line, initMax) != line:
		return fmt.Errorf("init %q: one command line of at most %d printable characters", s, initMax)
	case strings.HasPrefix(line, "ATD"), strings.HasPrefix(line, "ATA"), strings.HasPrefix(line, "ATO"),
		strings.Contains(line, "+CMG"), strings.Contains(line, "+CPIN"), strings.Contains(line, "V0"), strings.Contains(line, "Q1"):
		return fmt.Errorf("init %q: settings only; it must not dial, answer, send, enter the PIN, nor silence results", s)
	}
	return nil
}

// escapeUnit is the unit of S12, the silence that a modem wants around the escape. escapeMargin is added to it.
const (
	escapeUnit   = 20 * time.Millisecond
	escapeMargin = 50 * time.Millisecond
)

// ownGuard returns the silence around the escape that the lines of Init set, 0 if they set none.
func (c Config) ownGuard() (guard time.Duration) {
	for _, s := range c.Init {
		line := strings.ToUpper(s)
		i := strings.LastIndex(line, "S12=")
		if i < 0 {
			continue
		}
		digits := line[i+len("S12="):]
		digits = digits[:len(digits)-len(strings.TrimLeft(digits, "0123456789"))]
		if n, err := strconv.Atoi(digits); err == nil && n <= 255 {
			guard = time.Duration(n)*escapeUnit + escapeMargin
		}
	}
	return guard
}

// initLine returns s with AT in front, unless it begins with that.
func initLine(s string) string {
	s = strings.TrimSpace(s)
	if len(s) >= 2 && strings.EqualFold(s[:2], "AT") {
		return s
	}
	return "AT" + s
}
