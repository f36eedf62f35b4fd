package frame

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"meterline/bridge/frame/parity"
)

// Parity is a character format such as "7e1"; empty: bytes pass as they are.
type Parity = parity.Format

// Config describes what a Line does. With the zero value bytes pass as they come.
type Config struct {
	Protocol   Protocol      // empty: None
	Hold       time.Duration // how long bytes toward the program may be held from a message's first byte; 0 means DefaultHold
	Gap        time.Duration // under protocol Gap: the silence that ends a message; 0 means DefaultGap
	Guard      Guard         // empty: On for protocols whose messages end by themselves, Off for None and Gap
	AnswerMax  time.Duration // how long an answer may take; 0 means DefaultAnswerMax
	Echo       Echo          // empty: EchoPass
	Parity     Parity        // what the program means; empty: 8N1, nothing is converted
	FixedSpeed int           // under IEC: the modem's own speed in Bd, written into acknowledgements; 0: they are left alone
}

// Defaults of Config.
const (
	DefaultHold      = time.Second            // below the 1.5 s that IEC 62056-21, 6.2 allows between characters
	DefaultGap       = 200 * time.Millisecond // cellular networks cut one answer into pieces that follow faster
	DefaultAnswerMax = 5 * time.Second
)

// Guard says what happens to an answer that comes after its request has been given up.
type Guard string

// The guards.
const (
	Off    Guard = "off"    // nothing
	On     Guard = "on"     // it never reaches another request; the same request, written again, may get it
	Strict Guard = "strict" // it does not reach the same request either
)

// The shortest and the longest times that make sense. A shorter one has lost its unit; no serial line needs a longer one.
const (
	timeMin      = time.Millisecond
	holdLongest  = time.Minute
	gapLongest   = 10 * time.Second
	answerLatest = 10 * time.Minute
)

// Plain reports whether bytes pass as they come, so that no Line is needed.
func (c Config) Plain() bool {
	return c.protocol() == None && c.Parity.Plain() && c.FixedSpeed == 0
}

// Validate returns all that is wrong with c as one joined error.
func (c Config) Validate() error {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	if !c.protocol().Known() {
		fault("protocol %q is not known: write one of %s", c.Protocol, words(Protocols()))
	}
	switch guards := []Guard{Off, On, Strict}; {
	case c.Guard != "" && !slices.Contains(guards, c.Guard):
		fault("guard %q is not known: write one of %s", c.Guard, words(guards))
	case (c.Guard == On || c.Guard == Strict) && !c.protocol().bounded():
		fault("guard %q needs a protocol that tells where messages end: %q does not", c.Guard, c.protocol())
	}
	switch echoes := []Echo{EchoPass, EchoDrop}; {
	case c.Echo != "" && !slices.Contains(echoes, c.Echo):
		fault("echo %q is not known: write one of %s", c.Echo, words(echoes))
	case c.Echo == EchoDrop && !c.protocol().bounded():
		fault("echo %q needs a protocol that tells where messages end: %q does not", c.Echo, c.protocol())
	}
	for _, t := range []struct {
		name       string
		is, longer time.Duration
	}{{"hold", c.Hold, holdLongest}, {"gap", c.Gap, gapLongest}, {"answer_max", c.AnswerMax, answerLatest}} {
		if t.is != 0 && (t.is < timeMin || t.is > t.longer) {
			fault("%s is %v: write %v to %v, or 0 for the default", t.name, t.is, timeMin, t.longer)
		}
	}
	if err := c.Parity.Check(); err != nil {
		faults = append(faults, err)
	}
	switch {
	case c.FixedSpeed == 0:
	case c.protocol() != IEC:
		fault("fixed_speed is for protocol %q: others do not change their speed by a message", IEC)
	case !slices.Contains(speeds, c.FixedSpeed):
		fault("fixed_speed is %d: write one of %s", c.FixedSpeed, strings.Trim(fmt.Sprint(speeds), "[]"))
	}
	return errors.Join(faults...)
}

// Bounded reports whether the messages of c's protocol have an end of their own. A Line then joins what a program writes in
// pieces.
func (c Config) Bounded() bool { return c.protocol().bounded() }

// Guarded reports whether answers are matched with requests.
func (c Config) Guarded() bool { return c.filled().Guard != Off }

func (c Config) protocol() Protocol { return cmp.Or(c.Protocol, None) }

// bounded reports whether p's messages have an end of their own.
func (p Protocol) bounded() bool { return p != None && p != Gap }

// filled returns c with the defaults in place.
func (c Config) filled() Config {
	c.Protocol = c.protocol()
	c.Hold = cmp.Or(c.Hold, DefaultHold)
	c.Gap = cmp.Or(c.Gap, DefaultGap)
	c.AnswerMax = cmp.Or(c.AnswerMax, DefaultAnswerMax)
	if c.Guard == "" {
		c.Guard = Off
		if c.Protocol.bounded() {
			c.Guard = On
		}
	}
	return c
}

func words[W ~string](all []W) string {
	quoted := make([]string, len(all))
	for i, w := range all {
		quoted[i] = fmt.Sprintf("%q", string(w))
	}
	return strings.Join(quoted, ", ")
}
