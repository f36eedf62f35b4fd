package relay

import (
	"bytes"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"meterline/relay/profile"
	"meterline/relay/wire"
)

// How often somebody may be wrong about the credentials of one modem: a password of four digits, as iRZ modems have by default, is not
// found in a week. The gate does not stop such a caller where modems have registered from the same address.
const (
	guessesInARow = 10
	guessEvery    = time.Minute
)

// refusedGuesses is why even the right credentials are refused: there were too many wrong ones.
const refusedGuesses = "too many wrong secrets"

// prove checks the credentials that came with a registration, and returns why they are refused, empty if they are right. found says
// whether the id is known. Callers with an unknown id cost the same time, and for whoever calls, all refusals are alike.
func (r *registrar) prove(v *profile.Verdict, found bool) string {
	e := r.exchange
	if !found {
		wire.Pretend(v.Sent())
		return profile.RefusedUnknown
	}
	id := e.Profile.CanonicalID(v.ID)
	sub, _ := e.dir.Load().find(id)
	right := sub.Credentials.Admits(v.Sent())
	switch {
	case !sub.Credentials.Asked():
		return ""
	case !e.guesses.open(origin(r.addr), id, time.Now()):
		return refusedGuesses
	case !right:
		e.guesses.wrong(origin(r.addr), id, time.Now())
		return profile.RefusedSecret
	}
	return ""
}

// Mask returns what a caller has sent with an asterisk in place of each byte of credentials, and whether there are any: those that the
// profile or PSW= and LOG= tell, and those of all modems.
func (e *Exchange) Mask(came []byte) (masked []byte, any bool) {
	return e.mask(&e.Profile, came)
}

// maskWords is Mask for a part of what came, such as an id or a fact, in which the profile has no places.
func (e *Exchange) maskWords(part []byte) (masked []byte, any bool) {
	return e.mask(&profile.Profile{}, part)
}

func (e *Exchange) mask(p *profile.Profile, came []byte) (masked []byte, any bool) {
	masked, any = p.MaskSecrets(came)
	if e.Unknown == nil {
		return masked, any
	}
	known := e.Unknown.secrets.Load()
	if !any && known != nil {
		masked = bytes.Clone(came)
	}
	return masked, known.Mask(masked) || any
}

// maskFacts returns facts without the secrets of any modem: where a profile has no place for the password that a modem sends, it stands
// in a neighbouring place.
func (e *Exchange) maskFacts(facts []wire.Fact) []wire.Fact {
	for i, f := range facts {
		if masked, any := e.maskWords([]byte(f.Value)); any {
			facts[i].Value = string(masked)
		}
	}
	return facts
}

// guesses limits wrong credentials, by where they come from and the modem that they are for: a modem behind the same address, or the
// modem itself from another one, is not kept away by them. The zero value is ready.
type guesses struct {
	mu    sync.Mutex
	those lru[guess, *rate.Limiter]
}

type guess struct {
	from netip.Prefix
	id   string
}

// mostGuesses bounds how many pairs of origins and modems are remembered. Only ids of the configuration count.
const mostGuesses = 16 << 10

// open reports whether credentials from there may still be right.
func (g *guesses) open(from netip.Prefix, id string, now time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	l, ok := g.those.get(guess{from, id})
	return !ok || l.TokensAt(now) >= 1
}

// wrong counts wrong credentials.
func (g *guesses) wrong(from netip.Prefix, id string, now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	key := guess{from, id}
	l, ok := g.those.get(key)
	if !ok {
		l = rate.NewLimiter(rate.Every(guessEvery), guessesInARow)
		g.those.put(key, l, mostGuesses)
	}
	l.AllowN(now, 1)
}

// forget is called when credentials have changed: a modem that was refused so far need not wait.
func (g *guesses) forget() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.those = lru[guess, *rate.Limiter]{}
}

// provesOtherwise reports whether a modem of both directories has other credentials in next.
func (d *directory) provesOtherwise(next *directory) bool {
	if d == nil {
		return false
	}
	for id, sub := range next.subscribers {
		if was, ok := d.subscribers[id]; ok && !was.Credentials.Equal(sub.Credentials) {
			return true
		}
	}
	return false
}
