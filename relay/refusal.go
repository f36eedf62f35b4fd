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
	case profile.RefusedUnknown, refusedCaller, profile.RefusedUnfinished: // perhaps a modem that the configuration lacks
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
	masked, secret := p.MaskSecrets(r.came)
	c := unknownCaller{UnknownCaller: UnknownCaller{
		Exchange: r.exchange.Name, Profile: p.Name, Peer: r.addr.String(), Reason: reason, Last: time.Now(),
		Size: len(r.came), Bytes: slices.Clone(masked[:min(len(masked), maxShown)]), Masked: secret,
	}}
	if secret {
		c.raw = slices.Clone(r.came[:len(c.Bytes)])
	}
	call := nearmiss.Call{Exchange: c.Exchange, Peer: c.Peer, Came: masked}
	switch {
	case reason == refusedCaller:
		c.ID, call.ID = c.Peer, c.Peer
		if p.Kind != profile.Direct {
			c.Key = "address"
		}
	case reason == profile.RefusedUnfinished && p.Kind == profile.IMEI && p.CheckID(id) == nil: // known digits need no end
		kind = callerWithID
	case reason == profile.RefusedUnfinished && p.Kind != profile.Declared: // which has no part of an id, only bytes
		c.ID = id
	}
	if kind == callerWithID && reason != refusedCaller {
		c.ID, call.ID = id, id
		if !r.exchange.dir.Load().ids().Has(p.CanonicalID(id)) {
			c.Key = "id"
		}
	}
	c.ID, c.Key = shown(c.ID, c.Key)
	if kind == callerWithID || kind == callerStrange {
		c.Near = r.exchange.Unknown.near(call)
	}
	return kind, c
}

// kindOf returns the kind of a caller that is refused and has sent n bytes.
func kindOf(reason string, n int) callerKind {
	switch {
	case strings.HasPrefix(reason, profile.RefusedScanner):
		return callerScanner
	case reason == profile.RefusedUnknown, reason == refusedCaller:
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
