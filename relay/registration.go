package relay

import "time"

// registration reads who calls, without I/O. It is fed until it has decided; what it has seen by then decides, not the
// pieces in which it came.
type registration interface {
	// feed takes what came. p is the caller's again afterwards.
	feed(p []byte) verdict
	// silence is called when the verdict's wait has passed without a byte.
	silence() verdict
	// partial is the identity as far as it has come, for the operator's eyes when it got no further.
	partial() string
}

// verdict is what a registration has come to. Its zero value says that more is needed.
type verdict struct {
	wait    time.Duration // more is needed, but silence for so long is an answer too; 0: it is none
	done    bool          // registered as id
	id      string
	aliases []string // other names that the modem gave; the first that is known counts where id is not
	wire    []byte   // the id's own bytes, for the answer
	rest    []byte   // what stood behind the registration
	tail    *lineEnd // what may still belong to it, nil: nothing
	variant string   // family's own word for the manner of what follows
	facts   []Fact
	events  []Event
	refused string // why it is no registration
}

// Why a registration is refused: words for the operator.
const (
	refusedScanner    = "scanner: " // and the scanner's class
	refusedGarbage    = "not a registration"
	refusedTooLong    = "registration too long"
	refusedSilent     = "silent"
	refusedUnfinished = "unfinished registration"
	refusedUnknown    = "unknown id"
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
