package fallback

import (
	"context"
	"time"

	"meterline/bridge/ledger"
	"meterline/bridge/modem"
	"meterline/relay"
)

// telephoneCall is a session that is a data call.
type telephoneCall struct {
	s      *relay.Session
	queue  *Queue
	number string
	billed time.Time      // the call's cost has been counted up to this time
	better *relay.Session // a TCP session that waits to replace it
	look   *time.Timer
}

// attachCall makes a telephone call the modem's session, unless the modem has another one by now.
func (r *Reach) attachCall(life context.Context, c *telephoneCall) error {
	c.s.SetLine(modem.ByTelephone + c.queue.cfg.Name)
	if err := r.m.Join(c.s); err != nil {
		c.s.End(err)
		r.hungUp(c)
		return err
	}
	r.m.Inside(func(in modem.Inside) { r.joined(in, life, c) })
	return nil
}

func (r *Reach) joined(in modem.Inside, life context.Context, c *telephoneCall) {
	if in.Session() != c.s { // it has been replaced already
		r.hungUp(c)
		return
	}
	r.call = c
	in.Defer(func() { r.log.Info("joined by telephone", "usb", c.queue.cfg.Name, "number", c.number) })
	c.look = time.AfterFunc(returnLook, func() {
		r.m.Inside(func(in modem.Inside) { r.checkCall(in, c) })
	})
	if in.HasLine() {
		in.Go(func() { r.callOverTCP(life, c) })
	}
}

// checkCall ends a telephone call that nobody needs, and lets a TCP session that waits replace it between two requests.
func (r *Reach) checkCall(in modem.Inside, c *telephoneCall) {
	if r.call != c || in.Session() != c.s {
		return
	}
	cfg := in.Config()
	c.queue.spent.Add(cfg.Name, c.talked(), time.Now()) // saved with the next other change, so that a crash loses little
	if err := c.queue.mayTalk(cfg.Name, time.Now()); err != nil {
		c.s.End(err)
		return
	}
	quiet := time.Since(c.s.Since())
	if in.Moved().After(c.s.Since()) {
		quiet = time.Since(in.Moved())
	}
	switch {
	case c.better != nil && (quiet >= returnQuiet || !in.Leased() || in.BetweenRequests()):
		r.returnToTCP(in, c)
		return
	case quiet >= cfg.Fallback.Idle || !in.Awaited() && quiet >= returnQuiet:
		c.s.End(relay.ErrLinger)
		return
	}
	c.look.Reset(returnLook)
}

// Offer keeps a TCP session that has come during a telephone call until the call may end. It returns false if there is no such call.
func (r *Reach) Offer(in modem.Inside, s *relay.Session) bool {
	c := r.call
	if c == nil || in.Session() != c.s {
		return false
	}
	if c.better != nil {
		c.better.End(relay.ErrDisplaced)
	}
	c.better = s
	in.Defer(func() {
		r.log.Info("TCP session is back, the telephone call ends between two requests", "peer", s.Peer())
	})
	return true
}

// returnToTCP replaces the telephone call by the TCP session that waits.
func (r *Reach) returnToTCP(in modem.Inside, c *telephoneCall) {
	next := c.better
	c.better = nil
	in.Replace(next)
	in.Defer(func() { r.log.Info("back to TCP", "peer", next.Peer()) })
}

// callOverTCP calls a modem over TCP, again and again, while a telephone call with it lasts.
func (r *Reach) callOverTCP(life context.Context, c *telephoneCall) {
	for r.waitsForTCP(c) {
		var pause time.Duration
		r.m.Inside(func(in modem.Inside) { pause = in.Postpone() })
		if !r.pauses(c, pause) {
			return
		}
		s, err := r.m.CallLine(life)
		if err != nil {
			continue
		}
		kept := false
		r.m.Inside(func(in modem.Inside) { kept = in.Closed() == nil && r.Offer(in, s) })
		if !kept {
			s.End(modem.ErrNotWanted)
		}
		return
	}
}

// waitsForTCP reports whether the telephone call still lasts, and no TCP session waits to replace it.
func (r *Reach) waitsForTCP(c *telephoneCall) (waits bool) {
	r.m.Inside(func(in modem.Inside) {
		waits = r.call == c && in.Session() == c.s && c.better == nil && in.Closed() == nil
	})
	return waits
}

// pauses waits for that long, and reports whether waitsForTCP is true all the time.
func (r *Reach) pauses(c *telephoneCall, pause time.Duration) bool {
	for end := time.Now().Add(pause); time.Now().Before(end); {
		select {
		case <-time.After(min(time.Second, time.Until(end))):
		case <-r.m.Done():
			return false
		}
		if !r.waitsForTCP(c) {
			return false
		}
	}
	return true
}

// hungUp counts the rest of a call's cost, and gives the plugged-in modem to the next one.
func (r *Reach) hungUp(c *telephoneCall) {
	c.queue.spend(r.m, c.talked())
	c.queue.Release(r.m)
}

// talked returns the part of the call that has not been counted yet.
func (c *telephoneCall) talked() ledger.Usage {
	now := time.Now()
	long := now.Sub(c.billed)
	c.billed = now
	return ledger.Usage{Talked: long}
}

// Ended gives the plugged-in modem back after a call, and makes a TCP session that waits the modem's session.
func (r *Reach) Ended(in modem.Inside, s *relay.Session) {
	c := r.call
	if c == nil || c.s != s {
		return
	}
	r.call = nil
	c.look.Stop()
	r.hungUp(c)
	switch {
	case c.better == nil:
	case in.Session() == nil && in.Closed() == nil:
		in.Seat(c.better)
	default:
		c.better.End(relay.ErrDisplaced)
	}
}
