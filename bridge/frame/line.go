package frame

import "time"

// Config says what stands between a program and a modem. The zero value does nothing.
type Config struct {
	Protocol   Protocol      // empty: None
	Hold       time.Duration // how long bytes toward the program may be held from a message's first byte; 0 means DefaultHold
	Gap        time.Duration // under protocol Gap: the silence that ends a message; 0 means DefaultGap
	Guard      Guard         // empty: On for protocols whose messages end by themselves, Off for None and Gap
	AnswerMax  time.Duration // how long an answer may take; 0 means DefaultAnswerMax
	Parity     Parity        // what the program means; empty: 8N1, nothing is converted
	FixedSpeed int           // under IEC: the modem's own speed in Bd, which acknowledgements are made to name; 0: they are left alone
}

// Defaults of Config.
const (
	DefaultHold      = time.Second            // below the 1.5 s that IEC 62056-21, 6.2 allows between characters
	DefaultGap       = 200 * time.Millisecond // cellular networks cut one answer into pieces that follow faster
	DefaultAnswerMax = 5 * time.Second
)

// Guard says what is done about answers that come when their request has been given up.
type Guard string

// The guards.
const (
	Off    Guard = "off"    // nothing
	On     Guard = "on"     // a late answer is never taken for the answer to another request
	Strict Guard = "strict" // not even for that of the same request written again
)

// Reasons for which bytes are dropped: the words of status.
const (
	DropLate     = "late answer"                     // the answer to an earlier request
	DropUnasked  = "answer to no request"            // nothing was asked, and the protocol knows no message without a request
	DropHeld     = "held back when asked anew"       // an unfinished message at the moment of a new request
	DropReplaced = "a newer request took its place"  // a request that waited
	DropRepeat   = "repeat of the request under way" // a request that was not sent again
)

// Drop is some bytes that went nowhere.
type Drop struct {
	ToModem bool // they came from the program
	Reason  string
	Bytes   []byte
}

// Out is what is to be done now, in this order. All bytes in it are valid until the next call of FromModem, Tick or End;
// FromProgram's ToModem also only until the next call of FromProgram.
type Out struct {
	Drops     []Drop
	ToModem   [][]byte // each leaves in one piece
	ToProgram [][]byte // each is handed over in one piece
}
