package relay

import (
	"strconv"
	"sync"
	"time"
)

// maxUnknown bounds the list of callers that matched nothing, which strangers fill.
const maxUnknown = 1000

// UnknownList remembers the latest callers that matched no modem, at most 1,000. The zero value is ready; it may be shared by
// several exchanges.
type UnknownList struct {
	mu      sync.Mutex
	callers lru[callerKey, Caller]
}

type callerKey struct{ exchange, peer, id string }

// Caller is a caller that matched no modem.
type Caller struct {
	Exchange    string
	Peer        string // the address without its port
	ID          string // as registered, quoted and shortened; empty where the caller did not get so far
	Reason      string // "unknown id", "not a registration", "silent", "scanner: TLS", ...
	First, Last time.Time
	Count       int64
}

// All returns the remembered callers, the latest first.
func (u *UnknownList) All() []Caller {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.callers.all()
}

// add remembers a caller and returns how often it has come.
func (u *UnknownList) add(c Caller) int64 {
	if u == nil {
		return 1
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	key := callerKey{c.Exchange, c.Peer, c.ID}
	c.First, c.Count = c.Last, 1
	if before, ok := u.callers.get(key); ok {
		c.First, c.Count = before.First, before.Count+1
	}
	u.callers.put(key, c, maxUnknown)
	return c.Count
}

// maxQuoted bounds how many bytes from the wire are shown.
const maxQuoted = 64

// quote makes bytes from the wire fit to be shown: without control characters, and at most maxQuoted of them.
func quote(id string) string {
	if id == "" {
		return ""
	}
	if len(id) > maxQuoted {
		return strconv.QuoteToASCII(id[:maxQuoted]) + "…"
	}
	return strconv.QuoteToASCII(id)
}
