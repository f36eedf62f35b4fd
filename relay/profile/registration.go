package profile

import (
	"iter"
	"slices"
	"strings"
	"time"

	"meterline/relay/codec"
	"meterline/relay/wire"
)

// Registration reads who calls, without I/O. It is fed until it has decided. The result depends on the bytes and not on the
// pieces in which they came.
type Registration interface {
	// Feed takes what came. The caller may reuse p afterwards.
	Feed(p []byte) Verdict
	// Silence is called when the verdict's wait has passed without a byte.
	Silence() Verdict
	// Partial returns the identity as far as it has come, to be shown to the operator when no more came.
	Partial() string
}

// Verdict is the result of a registration. Its zero value says that more is needed.
type Verdict struct {
	Wait    time.Duration // more is needed, unless silence for so long follows; 0: silence decides nothing
	Done    bool          // it has registered as ID
	ID      string
	Aliases []string // other names that the modem gave; if ID is not known, the first known one counts
	wire    []byte   // the id as it was sent, for the answer
	sent    wire.Credentials
	came    []wire.Field // everything that stood in places, which answers may repeat
	Rest    []byte       // what came after the registration
	line    []byte       // all of the registration without its line end, where a heartbeat may repeat it
	tail    *lineEnd     // removes what may still belong to it; nil: nothing does
	variant string       // the family's own word for how data is packed
	Facts   []wire.Fact
	Events  []wire.Event
	Refused string // why it is no registration
}

// Why a registration is refused, in words for the operator.
const (
	RefusedScanner    = "scanner: " // followed by the scanner's class
	RefusedGarbage    = "not a registration"
	RefusedChecksum   = "registration with a wrong checksum"
	RefusedTooLong    = "registration too long"
	RefusedSilent     = "silent"
	RefusedUnfinished = "unfinished registration"
	RefusedUnknown    = "unknown id"
	RefusedSecret     = "wrong secret" // or a wrong login: nothing says which
)

// lineEnd is a Codec that drops the CR, LF or CR LF of a registration whose verdict came before its line end. Only what follows
// within lineEndWait belongs to it: a LF that is the modem's first data byte comes later than that.
type lineEnd struct{ seenCR, closed bool }

// lineEndWait is how long the rest of a line end may take.
const lineEndWait = 100 * time.Millisecond

func (l *lineEnd) Decode(p []byte, idle time.Duration) codec.Decoded {
	if idle <= lineEndWait {
		p = l.trim(p)
	}
	l.closed = l.closed || idle > lineEndWait
	return codec.Decoded{Data: p}
}

// trim takes the line end off the front of p, as far as it has come.
func (l *lineEnd) trim(p []byte) []byte {
	for len(p) > 0 && !l.closed {
		switch {
		case p[0] == '\r' && !l.seenCR:
			l.seenCR = true
		case p[0] == '\n':
			l.closed = true
		default:
			l.closed = true
			return p
		}
		p = p[1:]
	}
	return p
}

// IDs is the set of identities that may register, sorted, in the form in which they are looked up. The nil set is empty.
type IDs []string

// NewIDs returns the set of a configuration's identities.
func NewIDs(p *Profile, ids iter.Seq[string]) IDs {
	var set IDs
	for id := range ids {
		set = append(set, p.CanonicalID(id))
	}
	slices.Sort(set)
	return slices.Compact(set)
}

// Has reports whether id may register.
func (s IDs) Has(id string) bool {
	_, found := slices.BinarySearch(s, id)
	return found
}

// hasLonger reports whether id is the beginning of a longer identity.
func (s IDs) hasLonger(id string) bool {
	i, found := slices.BinarySearch(s, id)
	if found {
		i++
	}
	return i < len(s) && strings.HasPrefix(s[i], id)
}

// beginning returns the identities that begin with some text.
func (s IDs) beginning(text string) []string {
	from, _ := slices.BinarySearch(s, text)
	to := from
	for to < len(s) && strings.HasPrefix(s[to], text) {
		to++
	}
	return s[from:to:to]
}

// Identify looks for the first of the modem's names that is in the set, and makes it the verdict's id.
func (p *Profile) Identify(ids IDs, v *Verdict) bool {
	for _, name := range append([]string{v.ID}, v.Aliases...) {
		if ids.Has(p.CanonicalID(name)) {
			v.ID = name
			return true
		}
	}
	return false
}

// match says whether some bytes are what is looked for.
type match int

const (
	matchNo match = iota
	matchMore
	matchYes
)
