package modem

import (
	"time"

	"meterline/relay"
)

// demand is how much a session is wanted. It is guarded by the modem's mutex.
type demand struct {
	circuit *circuit

	asked   time.Time   // when somebody wanted a session last
	waiters int         // calls and probes that wait for one
	linger  *time.Timer // ends the session when no program wants it any more
}

func (d *demand) stopLinger() {
	if d.linger != nil {
		d.linger.Stop()
	}
}

// isWanted reports whether anybody wants a session. The caller holds mu.
func (d *demand) isWanted() bool {
	c := d.circuit
	if !c.cfg.OnOpen || d.waiters > 0 {
		return true
	}
	if h := c.lease.holder; h != nil && h.wants() {
		return true
	}
	for _, p := range c.ports {
		if p.wants() {
			return true
		}
	}
	return false
}

// startLinger begins the time after which a session that nobody wants is ended. The caller holds mu.
func (d *demand) startLinger() {
	c := d.circuit
	s := c.session
	if !c.cfg.OnOpen || s == nil || !c.dialled || d.isWanted() {
		return
	}
	d.stopLinger()
	d.linger = time.AfterFunc(c.cfg.Linger, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.session == s && !d.isWanted() {
			s.End(relay.ErrLinger)
		}
	})
}
