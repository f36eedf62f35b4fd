package relay

import (
	"cmp"
	"encoding/hex"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"meterline/relay/profile/nearmiss"
	"meterline/relay/wire"
)

// UnknownCaller is a caller that matched no modem, as often as it has come. Several that only differ in what nobody would tell apart,
// such as scanners from one address, are one.
type UnknownCaller struct {
	Exchange string    `json:"exchange"`
	Profile  string    `json:"profile"`          // the exchange's
	Peer     string    `json:"peer"`             // its address, without the port
	ID       string    `json:"id,omitempty"`     // as it has registered, as far as it got; cut after 64 bytes, with … behind
	Key      string    `json:"key,omitempty"`    // "id" or "address": under which a modem with ID would be this caller; empty: none would
	Reason   string    `json:"reason"`           // "unknown id", "not a registration", "silent", "scanner: TLS", ...
	Near     string    `json:"near,omitempty"`   // what it nearly was, and why it was not
	Size     int       `json:"size,omitempty"`   // bytes that it sent the last time
	Bytes    Hex       `json:"hex,omitempty"`    // the first 64 of them
	Text     string    `json:"text,omitempty"`   // the same as ASCII, with a dot for what cannot be printed
	Masked   bool      `json:"masked,omitempty"` // there are asterisks in place of credentials
	First    time.Time `json:"first"`
	Last     time.Time `json:"last"`
	Count    int64     `json:"count"`
}

// Hex is bytes that are written in hexadecimal, like "7b 01 0d".
type Hex []byte

// MarshalText implements encoding.TextMarshaler.
func (h Hex) MarshalText() ([]byte, error) { return fmt.Appendf(nil, "% x", []byte(h)), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (h *Hex) UnmarshalText(text []byte) (err error) {
	*h, err = hex.DecodeString(strings.ReplaceAll(string(text), " ", ""))
	return err
}

// Text returns the bytes as ASCII, with a dot for each that is not printable.
func (h Hex) Text() string {
	text := slices.Clone(h)
	for i, c := range text {
		if c < ' ' || c > '~' {
			text[i] = '.'
		}
	}
	return string(text)
}

// callerKind is a kind of unknown caller. Those of one address are remembered side by side: behind a carrier's NAT a scanner does not
// hide a modem.
type callerKind int

const (
	callerWithID  callerKind = iota // it has registered, as nobody who may
	callerStrange                   // what it sent is no registration
	callerScanner                   // it looks for another service
	callerSilent                    // it has sent nothing
	callerKinds
)

// callerLimits bound what strangers fill: how many callers of a kind are kept in all, and how many of them for each address at an
// exchange. All together are 1,000.
var callerLimits = [callerKinds]struct{ all, each int }{
	callerWithID:  {700, 32}, // a carrier's NAT may have many new modems behind it
	callerStrange: {150, 4},
	callerScanner: {75, 1},
	callerSilent:  {75, 1},
}

// UnknownList remembers the latest callers that matched no modem, at most 1,000 in less than 1 MiB. The zero value is ready; it may be
// shared by several exchanges.
type UnknownList struct {
	directory atomic.Pointer[nearmiss.Directory]
	secrets   atomic.Pointer[wire.KnownSecrets]

	mu    sync.Mutex
	kinds [callerKinds]struct {
		groups lru[callerSource, *callerGroup]
		total  int // callers in all groups
	}
}

// callerSource is where callers of one group come from.
type callerSource struct {
	exchange string
	origin   netip.Prefix
}

// callerGroup is the callers of one kind from one source, the latest last.
type callerGroup struct {
	callers []unknownCaller
	count   int64 // of all that have come, also of those that are forgotten
}

// unknownCaller is an UnknownCaller as it is kept.
type unknownCaller struct {
	UnknownCaller
	raw []byte // Bytes with credentials
}

// SetDirectory says which modems are configured, and where. Callers that have got their modem now, or that have lost
// their exchange, are forgotten. It may be called at any time.
func (u *UnknownList) SetDirectory(d nearmiss.Directory) {
	u.directory.Store(&d)
	u.mu.Lock()
	defer u.mu.Unlock()
	k := &u.kinds[callerWithID]
	for _, group := range k.groups.all() {
		before := len(group.callers)
		group.callers = slices.DeleteFunc(group.callers, func(c unknownCaller) bool {
			return c.Key != "" && !d.Lacks(c.Exchange, c.ID)
		})
		k.total -= before - len(group.callers)
	}
}

// SetSecrets says which credentials modems have. They are masked wherever a caller sends them: at the wrong exchange, say. It may be
// called at any time.
func (u *UnknownList) SetSecrets(all []wire.Credentials) { u.secrets.Store(wire.KnowSecrets(all)) }

// near returns what a caller nearly was.
func (u *UnknownList) near(call nearmiss.Call) string {
	if u == nil {
		return ""
	}
	if d := u.directory.Load(); d != nil {
		return d.Find(call)
	}
	return ""
}

// All returns the remembered callers, the latest first. Their credentials are masked unless raw is set.
func (u *UnknownList) All(raw bool) []UnknownCaller {
	var all []UnknownCaller
	u.mu.Lock()
	for i := range u.kinds {
		for _, group := range u.kinds[i].groups.all() {
			for _, c := range group.callers {
				if raw && c.Masked {
					c.Bytes, c.Masked = c.raw, false
				}
				c.Text = c.Bytes.Text()
				all = append(all, c.UnknownCaller)
			}
		}
	}
	u.mu.Unlock()
	slices.SortStableFunc(all, func(a, b UnknownCaller) int {
		return cmp.Or(b.Last.Compare(a.Last), strings.Compare(a.ID, b.ID))
	})
	return all
}

// add remembers a caller, and returns how many of its kind have come from there.
func (u *UnknownList) add(kind callerKind, origin netip.Prefix, c unknownCaller) int64 {
	if u == nil {
		return 1
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	limits, k, source := callerLimits[kind], &u.kinds[kind], callerSource{c.Exchange, origin}
	group, ok := k.groups.get(source)
	if !ok {
		group = new(callerGroup)
	}
	group.count++
	c.First, c.Count = c.Last, 1
	i := slices.IndexFunc(group.callers, func(before unknownCaller) bool { return same(kind, &before, &c) })
	if i < 0 && len(group.callers) >= limits.each {
		i = group.leastWanted()
	} else if i >= 0 {
		c.First, c.Count = group.callers[i].First, group.callers[i].Count+1
	}
	if i >= 0 {
		group.callers = slices.Delete(group.callers, i, i+1)
		k.total--
	}
	for k.total >= limits.all {
		k.total -= len(k.groups.dropOldest().callers)
	}
	group.callers = append(group.callers, c)
	k.total++
	k.groups.put(source, group, limits.all)
	return group.count
}

// same reports whether two callers from one source are one.
func same(kind callerKind, a, b *unknownCaller) bool {
	switch kind {
	case callerWithID:
		return a.ID == b.ID && a.Reason == b.Reason
	case callerStrange:
		return a.Near == b.Near && (a.Near != "" || a.Reason == b.Reason)
	}
	return true
}

// leastWanted returns which caller is forgotten for a new one: the oldest that resembles nothing, or else the oldest.
func (g *callerGroup) leastWanted() int {
	return max(slices.IndexFunc(g.callers, func(c unknownCaller) bool { return c.Near == "" }), 0)
}
