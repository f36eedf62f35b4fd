package profile

import (
	"iter"
	"slices"
	"strings"
	"time"
)

// Registration reads who calls, without I/O. It is fed until it has decided; what it has seen by then decides, not the
// pieces in which it came.
type Registration interface {
	// Feed takes what came. p is the caller's again afterwards.
	Feed(p []byte) Verdict
	// Silence is called when the verdict's wait has passed without a byte.
	Silence() Verdict
	// Partial is the identity as far as it has come, for the operator's eyes when it got no further.
	Partial() string
}

// Verdict is what a registration has come to. Its zero value says that more is needed.
type Verdict struct {
	Wait    time.Duration // more is needed, but silence for so long is an answer too; 0: it is none
	Done    bool          // registered as id
	ID      string
	aliases []string // other names that the modem gave; the first that is known counts where id is not
	wire    []byte   // the id's own bytes, for the answer
	Rest    []byte   // what stood behind the registration
	tail    *lineEnd // what may still belong to it, nil: nothing
	variant string   // family's own word for the manner of what follows
	Facts   []Fact
	Events  []Event
	Refused string // why it is no registration
}

// Why a registration is refused: words for the operator.
const (
	RefusedScanner    = "scanner: " // and the scanner's class
	RefusedGarbage    = "not a registration"
	RefusedTooLong    = "registration too long"
	RefusedSilent     = "silent"
	RefusedUnfinished = "unfinished registration"
	RefusedUnknown    = "unknown id"
)

// lineEnd is a Codec that swallows the CR, LF or CR LF that ends a registration but comes behind its verdict. Only what
// follows within lineEndWait belongs to it: a modem whose first data byte happens to be a LF says so later than that.
type lineEnd struct{ seenCR, closed bool }

// lineEndWait is how long the rest of a line end may take.
const lineEndWait = 100 * time.Millisecond

func (l *lineEnd) Decode(p []byte, idle time.Duration) Decoded {
	if idle <= lineEndWait {
		p = l.trim(p)
	}
	l.closed = l.closed || idle > lineEndWait
	return Decoded{Data: p}
}

// trim takes the line end off the front of p, as far as it is there.
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

// IDs is the identities that may register, sorted, in the form in which they are looked up. The nil set is empty.
type IDs []string

// NewIDs is the set of identities of a configuration.
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

// hasLonger reports whether a longer identity begins with id.
func (s IDs) hasLonger(id string) bool {
	i, found := slices.BinarySearch(s, id)
	if found {
		i++
	}
	return i < len(s) && strings.HasPrefix(s[i], id)
}

// Identify finds the name, of those that the modem gave, that is in the set, and makes it the verdict's id.
func (p *Profile) Identify(ids IDs, v *Verdict) bool {
	for _, name := range append([]string{v.ID}, v.aliases...) {
		if ids.Has(p.CanonicalID(name)) {
			v.ID = name
			return true
		}
	}
	return false
}
