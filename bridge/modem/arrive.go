package modem

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"meterline/bridge/status"
	"meterline/relay"
)

const (
	contestedAfter  = 3               // more displacements than this …
	contestedWithin = 5 * time.Minute // … in this time: two modems use one identity
	deliverWithin   = 2 * time.Second // for what had been received when a session ended, and for the tail a program left
)

// Answer takes a session that the modem began. It displaces the present one if the policy says so; else it is refused.
func (m *Modem) Answer(s *relay.Session, policy Takeover) error {
	return m.attach(s, func(old *relay.Session) error { return policy.check(old.Peer(), s.Peer()) })
}

// attach makes s the modem's session. mayDisplace judges whether it may displace one that is there; nil means that it may
// not.
func (m *Modem) attach(s *relay.Session, mayDisplace func(old *relay.Session) error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed != nil {
		return m.closed
	}
	if old := m.session; old != nil {
		if mayDisplace == nil {
			return errors.New("it has called in itself")
		}
		if m.fallback != nil && m.fallback.Offer(Inside{m}, s) {
			return nil
		}
		if err := mayDisplace(old); err != nil {
			m.fail(err)
			return err
		}
		m.displace(old)
	}
	if m.cancelCall != nil && mayDisplace != nil { // not by the call itself
		m.cancelCall(ErrNotWanted)
	}
	m.dialled = mayDisplace == nil
	m.seat(s)
	return nil
}

// seat makes s the present session. The caller holds mu.
func (m *Modem) seat(s *relay.Session) {
	m.session, m.out, m.kicked = s, newOutlet(s), nil
	m.present()
	s.SetObserver(m.Hear)
	m.account.Session(time.Now())
	m.failing = ""
	m.unrung = !m.dialled && m.unused()
	m.ring()
	m.lineSet = m.cfg.Serial
	m.settleLine()
	m.sendKept()
	m.startLinger() // whoever wanted it may have left
	m.settlePorts()
	m.pokeLife()
}

// displace gives up old in favour of a newer session. What old has brought already is still handed over, for a bounded
// time; what is written from now on goes to the new one. The caller holds mu.
func (m *Modem) displace(old *relay.Session) {
	m.displaced++
	now := time.Now()
	m.displaceAt = append(m.displaceAt, now)
	if len(m.displaceAt) > contestedAfter+1 {
		m.displaceAt = slices.Delete(m.displaceAt, 0, 1)
	}
	if m.contested(now) {
		m.log.Warn("identity contested: more than one modem registers with it", "displacements", contestedAfter+1, "peer", old.Peer())
	}
	m.dropBacklog(status.DropEnded)
	if m.serving != old { // it never came to be read
		old.End(relay.ErrDisplaced)
		return
	}
	_ = old.SetReadDeadline(now) // it may have ended meanwhile
	m.hurry(now.Add(deliverWithin))
}

// contested reports whether sessions displace one another at a rate that one modem alone hardly causes. The caller holds mu.
func (m *Modem) contested(now time.Time) bool {
	return len(m.displaceAt) > contestedAfter && now.Sub(m.displaceAt[0]) <= contestedWithin
}

// check refuses a new session from peer next while one with peer old stands, with the reason; nil lets it in.
func (t Takeover) check(old, next string) error {
	var ok bool
	switch t {
	case TakeoverNever:
	case TakeoverSameAddress:
		ok = prefixOf(old, 32, 128) == prefixOf(next, 32, 128)
	case TakeoverSamePrefix:
		ok = prefixOf(old, 24, 64) == prefixOf(next, 24, 64)
	default: // newest
		ok = true
	}
	if ok {
		return nil
	}
	return fmt.Errorf("a session from %s stands, and takeover = %q refuses one from %s", old, t, next)
}

// prefixOf is the network of a peer's address; the zero prefix where it has none, as in a telephone call.
func prefixOf(peer string, bits4, bits6 int) netip.Prefix {
	ap, err := netip.ParseAddrPort(peer)
	if err != nil {
		return netip.Prefix{}
	}
	addr := ap.Addr().Unmap().WithZone("")
	bits := bits6
	if addr.Is4() {
		bits = bits4
	}
	p, _ := addr.Prefix(bits) // bits are in range by construction
	return p
}
