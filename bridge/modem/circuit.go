package modem

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"meterline/bridge/monitor"
	"meterline/bridge/status"
	"meterline/relay"
)

// awaitEvery is how often it is looked whether a modem that is waited for has changed.
const awaitEvery = 20 * time.Millisecond

// circuit is the way of the bytes between a modem's present session and the client that has its lease. It knows nothing of how sessions
// are had. All of it is guarded by the modem's mutex.
type circuit struct {
	mu     *monitor.Monitor
	cfg    *Config
	log    *slog.Logger
	tasks  *sync.WaitGroup      // send queues that drain; the modem's life waits for them
	taken  func(holder *Access) // called when the lease goes to holder; nil means that it is free again
	wanted func()               // called when a client wants a session

	closed   error          // no more sessions are taken, and why
	session  *relay.Session // present one: what is written goes there
	serving  *relay.Session // the one that is read; for a moment at a displacement not the present one
	dialled  bool           // the present session is one that we called
	frames   framing        // what stands between session and client
	lease    lease
	ports    []*Access // leased to the modem, its own first
	far      farPort
	observer *observer

	toModem   toModem
	toProgram toProgram
}

// init makes the two directions know their circuit.
func (c *circuit) init() {
	c.toModem.circuit, c.toProgram.circuit = c, c
	c.toProgram.isFreshFunc, c.toProgram.isWrittenFunc = c.toProgram.isFresh, c.toProgram.isWritten
}

// view is how the modem looks to a. The caller holds mu.
func (c *circuit) view(a *Access) View {
	v := View{Modem: c.cfg.Name, Session: c.session != nil, OnOpen: c.cfg.OnOpen, Clearing: a.clearing}
	if h := c.lease.holder; h != nil {
		v.Holder = h.client
	}
	return v
}

// changedAll has all clients shown how the modem looks. The caller holds mu.
func (c *circuit) changedAll() {
	for _, p := range c.ports {
		c.changed(p)
	}
	if h := c.lease.holder; h != nil && !slices.Contains(c.ports, h) {
		c.changed(h)
	}
}

// changed has a's client shown how the modem looks, once the mutex is released. The caller holds mu.
func (c *circuit) changed(a *Access) {
	if a.changes.Add(1) == 1 {
		c.mu.Defer(a.showFunc)
	}
}

// begin makes s the present session. The caller holds mu.
func (c *circuit) begin(s *relay.Session) {
	if c.toModem.queue != nil {
		c.toModem.queue.close()
	}
	c.session = s
	c.toModem.queue = &sendQueue{
		mu: c.mu, s: s, tasks: c.tasks, sent: c.observer, drained: c.clearedIfSent, room: make(chan struct{}, 1),
	}
	c.far.begin()
}

// serve makes s the session that is read. The caller holds mu.
func (c *circuit) serve(s *relay.Session) {
	c.serving = s
	c.observer.begin()
	c.frames.due = time.Time{} // the deadline of another session does not count
	c.rearm()
}

// isCurrent reports whether s is the present session.
func (c *circuit) isCurrent(s *relay.Session) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.session == s
}

// close takes no more sessions and ends the present one. The caller holds mu.
func (c *circuit) close(cause error) {
	c.closed = cause
	if c.session != nil {
		c.session.End(cause)
	}
	c.toProgram.limitDelivery(time.Now())
	if c.toModem.queue != nil {
		c.toModem.queue.close()
	}
}

// opened is called when a program has opened p. The caller holds mu.
func (c *circuit) opened(p *Access) {
	holder, last := c.lease.holder, c.lease.last
	if c.frames.on() && (holder == nil || holder == p) && (p.own || last == p) {
		if last != p {
			c.frames.line.Abandon()
		}
		c.frames.line.Open(time.Now())
		c.rearm()
	}
	c.changed(p)
}

// left is called when the last program has closed p. What that wrote is still sent, for a bounded time; then the lease ends. The caller
// holds mu.
func (c *circuit) left(p *Access) {
	c.toProgram.evict(p) // what is being handed over at this moment must not reach the next program
	switch {
	case c.lease.holder != p:
	case c.toModem.sending(p), len(p.kept.data) > 0:
		c.leaveFrames(p) // what comes now is nobody's
		p.clearing = true
		p.tail = time.AfterFunc(deliverWithin, func() { c.cutTail(p) })
	default:
		c.release(p)
	}
	c.changed(p)
}

// cutTail gives up what a program that left had written, its time being over.
func (c *circuit) cutTail(p *Access) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !p.clearing {
		return
	}
	c.withdraw(p, status.DropLeft)
	if c.toModem.queue.carries(p) {
		c.toModem.queue.cut() // drain counts what is lost, and clears
		return
	}
	fit, old := p.kept.take(time.Now())
	p.client.Dropped(status.DropLeft, len(fit)+len(old))
	c.cleared(p)
}

// clearedIfSent ends the clearing of p if the tail has been sent. p may be nil. The caller holds mu.
func (c *circuit) clearedIfSent(p *Access) {
	if p != nil && p.clearing && !c.toModem.sending(p) {
		c.cleared(p)
	}
}

// cleared ends the clearing of p. A new program that has p open already takes the lease anew with its first byte. The caller holds mu.
func (c *circuit) cleared(p *Access) {
	p.unclear()
	c.release(p)
	c.changed(p)
}

// leaveFrames is called when h's program has left. Frames then drop the answers to its requests: after a while, since the program may
// reopen the port, or at once if another program has the modem's own port open. It does nothing if the next program has opened the same
// port already. The caller holds mu.
func (c *circuit) leaveFrames(h *Access) {
	if !c.frames.on() || h.isOpen() {
		return
	}
	if c.listens(h) {
		c.frames.line.Abandon()
	} else {
		c.frames.line.Leave(time.Now())
	}
	c.rearm()
}

// listens reports whether a program other than h's has the modem's own port open. The caller holds mu.
func (c *circuit) listens(h *Access) bool {
	return slices.ContainsFunc(c.ports, func(p *Access) bool { return p.own && p != h && p.isOpen() })
}

// setPorts sets the ports that are leased to the modem. If the holder of the lease is a port that is not among them, it loses the lease.
// The caller holds mu.
func (c *circuit) setPorts(ports []*Access) {
	c.ports = ports
	if h := c.lease.holder; h != nil && h.leased && !slices.Contains(ports, h) {
		c.toModem.dropQueue(status.DropGone)
		c.release(h)
	}
	c.changedAll()
}

// kick ends the present session once what its program has written is sent, or its time is over. It returns false where there is none.
// The caller holds mu.
func (c *circuit) kick(cause error) bool {
	s := c.session
	if s == nil {
		return false
	}
	c.toProgram.limitDelivery(time.Now())
	if !c.toModem.queue.busy() {
		s.End(cause)
		return true
	}
	c.toModem.queue.endWith = cause
	time.AfterFunc(deliverWithin, func() { s.End(cause) })
	return true
}

// awaitSent waits until what h has written is sent, for a bounded time; what is not sent by then is given up. The caller holds mu,
// but for the wait.
func (c *circuit) awaitSent(ctx context.Context, h *Access) {
	end := time.Now().Add(deliverWithin)
	for c.lease.holder == h && c.session != nil && c.toModem.sending(h) && time.Now().Before(end) {
		if c.awaitChange(ctx) != nil {
			break
		}
	}
	if c.lease.holder == h && c.toModem.queue.carries(h) {
		c.toModem.queue.interrupt() // drain counts what is lost
	}
}

// awaitChange waits a little for the modem's state to change. The caller holds mu, but for the wait.
func (c *circuit) awaitChange(ctx context.Context) error {
	if c.closed != nil {
		return errors.New("it left the configuration or was changed")
	}
	c.mu.Unlock()
	defer c.mu.Lock()
	t := time.NewTimer(awaitEvery)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
		return errors.New("no session came within the time given")
	}
	return nil
}
