package relay

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"time"

	"meterline/relay/profile"
	"meterline/relay/profile/nearmiss"
)

// maxShown bounds how many bytes from the wire are kept to be shown.
const maxShown = 64

// refuse records, shows and logs a refusal.
func (r *registrar) refuse(ctx context.Context, id, reason string) {
	e := r.exchange
	e.count(reason)
	level, few := slog.LevelInfo, int64(1) // strangers come to every public port
	switch reason {
	case refusedConcurrency, refusedRate, refusedCap, refusedDescriptors, refusedBySession: // not the caller's own fault
		r.note("refused: " + reason)
		e.logFault(ctx, slog.LevelWarn, reason, few, "caller refused", "peer", r.addr.String(), "reason", reason)
		return
	case profile.RefusedUnknown, profile.RefusedSecret, refusedGuesses, refusedCaller, profile.RefusedUnfinished: // perhaps a modem that the configuration lacks, or has wrong
		level, few = slog.LevelWarn, 32
	}
	kind, c := r.unknownCaller(id, reason)
	times := e.Unknown.add(kind, origin(r.addr), c)
	r.note(joinNonempty("refused: "+reason, c.ID, c.Near))
	if powerOfTwo(times) {
		args := []any{"peer", c.Peer, "reason", reason, "times", times}
		if c.ID != "" {
			args = append(args, "id", c.ID)
		}
		if c.Near != "" {
			args = append(args, "near", c.Near)
		}
		e.logFault(ctx, level, reason, few, "caller refused", args...)
	}
}

// unknownCaller is the caller as it is remembered. id is what it has registered as, or a part of it.
func (r *registrar) unknownCaller(id, reason string) (callerKind, unknownCaller) {
	p := &r.exchange.Profile
	kind := kindOf(reason, len(r.came))
	masked, secret := r.exchange.Mask(r.came)
	c := unknownCaller{UnknownCaller: UnknownCaller{
		Exchange: r.exchange.Name, Profile: p.Name, Peer: r.addr.String(), Reason: reason, Last: time.Now(),
		Size: len(r.came), Bytes: slices.Clone(masked[:min(len(masked), maxShown)]), Masked: secret,
	}}
	if secret {
		c.raw = slices.Clone(r.came[:len(c.Bytes)])
	}
	kind, c.ID, c.Key = r.identity(kind, id, reason)
	call := nearmiss.Call{Exchange: c.Exchange, Peer: c.Peer, Came: masked}
	switch kind {
	case callerWithID:
		call.ID = c.ID
		fallthrough
	case callerStrange:
		c.Near = r.exchange.Unknown.near(call)
	}
	c.ID, c.Key = shown(c.ID, c.Key)
	return kind, c
}

// identity returns the id that is shown of a caller, without credentials, and the configuration's key for a modem that has it. id is what
// it has registered as, or a part of it.
func (r *registrar) identity(kind callerKind, id, reason string) (as callerKind, known, key string) {
	p := &r.exchange.Profile
	unended := reason == profile.RefusedUnfinished || reason == refusedHungUp
	switch {
	case reason == refusedCaller && p.Kind == profile.Direct:
		return kind, r.addr.String(), ""
	case reason == refusedCaller:
		return kind, r.addr.String(), "address"
	case unended && p.Kind == profile.IMEI && p.CheckID(id) == nil: // known digits need no end
		kind = callerWithID
	case reason == profile.RefusedUnfinished && p.Kind != profile.Declared: // which has no part of an id, only bytes
	case kind != callerWithID:
		return kind, "", ""
	}
	masked, secret := r.exchange.maskWords([]byte(id)) // not its places: the id has come from its own
	if kind == callerWithID && !secret && !r.exchange.dir.Load().ids().Has(p.CanonicalID(id)) {
		key = "id"
	}
	return kind, string(masked), key
}

// kindOf returns the kind of a caller that is refused and has sent n bytes.
func kindOf(reason string, n int) callerKind {
	switch {
	case strings.HasPrefix(reason, profile.RefusedScanner):
		return callerScanner
	case slices.Contains([]string{profile.RefusedUnknown, profile.RefusedSecret, refusedGuesses, refusedCaller}, reason):
		return callerWithID
	case n == 0:
		return callerSilent
	}
	return callerStrange
}

// shown makes an id from the wire fit to be shown. One that cannot be shown whole has no key of the configuration.
func shown(id, key string) (string, string) {
	switch {
	case strings.ContainsFunc(id, func(c rune) bool { return c < ' ' || c > '~' }):
		return "", "" // its bytes tell more
	case len(id) > maxShown:
		return strings.Clone(id[:maxShown]) + "…", ""
	}
	return id, key
}

// joinNonempty joins the parts of a note.
func joinNonempty(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), ", ")
}
