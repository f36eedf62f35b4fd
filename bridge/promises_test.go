package bridge

import "time"

// What the rules promise, in figures.
const (
	deliverTime   = 2 * time.Second        // for what had come when a session ended, and for the tail that a program left
	contestTime   = 5 * time.Minute        // two modems use one identity if they displace each other so often within it
	drainTime     = 5 * time.Millisecond   // an ended session is read for so long
	keepTime      = 10 * time.Second       // what is kept for a session is sent if that comes within it
	keepPause     = 300 * time.Millisecond // a longer one begins another request
	unfinished    = time.Second            // a request whose front went nowhere is finished within it
	openTime      = 100 * time.Millisecond // a port must be open for so long before its modem is called
	backlogBytes  = 64 << 10               // are read from a program before a session has taken them
	pieceTime     = 3 * time.Millisecond   // a single byte is held for so long, for what follows it
	answerBytes   = 64 << 10               // of the emulated modem's answers may wait for a program; then it is not read
	lookTime      = time.Second            // how often a telephone call is looked at
	watcherPieces = 256                    // a watcher may lag behind so many pieces
)
