package dialup

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"meterline/bridge/modem"
	"meterline/vport/hayes"
)

// call is one call from a dial-up port: who has the modem's lease from the dialling to the end.
type call struct {
	p      *Port
	m      *modem.Modem
	access *modem.Access // to the modem
	number string
	cancel context.CancelCauseFunc
	own    bool          // the modem is there for this call alone
	over   chan struct{} // closed when the lease has been given back

	// Guarded by the port's mutex.
	up     bool      // it has come about
	ended  bool      // no more bytes pass
	until  time.Time // when a delivery that waits is given up; zero: never
	waking *time.Timer
}

// errHungUp ends a call that the program, or its emulated modem, has had enough of.
var errHungUp = errors.New("hung up")

// dial finds who is dialled, and begins the call.
func (p *Port) dial(ctx context.Context, d hayes.Dial) {
	m, own := p.board.find(p.cfg.Numbering, d.Raw, d.Number), false
	if address, ok := p.cfg.Numbering.direct(d.Raw); m == nil && ok {
		m, own = p.line(address), true
	}
	p.log.Info("dialled", "number", d.Raw, "modem", nameOf(m), "voice", d.Voice)
	if d.Voice { // a tap on the shoulder: OK has been said
		p.tap(ctx, m)
		return
	}
	if m == nil {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.hayes.Why("nobody has the number " + cmp.Or(d.Number, d.Raw))
		p.happen(p.hayes.UnknownNumber(time.Now()))
		return
	}
	if err := m.Unreachable(); err != nil {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.hayes.Why(err.Error())
		p.happen(p.hayes.Failed(hayes.NoDialtone, time.Now()))
		return
	}
	c := p.newCall(m, d.Raw)
	c.own = own
	p.begin(ctx, c)
}

// newCall is a call with m that has not begun.
func (p *Port) newCall(m *modem.Modem, number string) *call {
	c := &call{p: p, m: m, number: number}
	c.access = modem.NewCallAccess(m, c, p)
	return c
}

// begin lets a call come about on a goroutine of its own.
func (p *Port) begin(ctx context.Context, c *call) {
	ctx, c.cancel = context.WithCancelCause(ctx)
	c.over = make(chan struct{})
	p.mu.Lock()
	before := p.call
	p.call, p.last = c, c.m
	p.settled()
	p.mu.Unlock()
	p.calls.Go(func() {
		if before != nil {
			<-before.over
		}
		c.connect(ctx)
	})
}

// connect waits for the lease and for the session, and stays until the call is over.
func (c *call) connect(ctx context.Context) {
	defer close(c.over)
	if c.own {
		stop := c.m.Live(ctx)
		defer stop()
	}
	if c.cameAbout(c.access.Await(ctx)) {
		<-ctx.Done()
	}
	c.access.Clear(context.WithoutCancel(ctx))
	c.forget()
	c.m.Ringing().Retry()
}

// forget makes the port free for another call.
func (c *call) forget() {
	p := c.p
	p.mu.Lock()
	defer p.mu.Unlock()
	c.ended = true
	if p.call == c {
		p.call = nil
	}
	p.settled()
}

// cameAbout tells the emulated modem what has become of the call: err is why there is no session.
func (c *call) cameAbout(err error) (up bool) {
	if !c.connected(c.access.View(), err) {
		return false
	}
	c.access.Refresh() // the session may have ended before the call counted as up
	return true
}

func (c *call) connected(v modem.View, err error) bool {
	p := c.p
	p.mu.Lock()
	defer p.mu.Unlock()
	if err == nil && (!v.Session || v.Holder != modem.Client(c)) {
		err = errors.New("the session ended at once")
	}
	switch {
	case !c.live():
		return false
	case err != nil:
		c.ended = true
		p.hayes.Why(err.Error())
		p.heard(p.hayes.Failed(resultOf(err), time.Now()))
		return false
	}
	c.up = true
	p.heard(p.hayes.Connected(time.Now()))
	return true
}

// live reports whether the emulated modem still speaks of this call: it may have hung up, and the port's own goroutine not have
// come to it yet. The port's mutex is held.
func (c *call) live() bool {
	return !c.ended && c.p.call == c && !slices.ContainsFunc(c.p.wanted, func(next any) bool {
		_, ends := next.(hayes.HangUp)
		return ends
	})
}

// resultOf is what the program is told of a call that did not come about.
func resultOf(err error) hayes.Result {
	if _, busy := errors.AsType[*modem.LeasedError](err); busy {
		return hayes.Busy
	}
	return hayes.NoCarrier
}

// hangUp ends a call. The session behind it lives on.
func (p *Port) hangUp(c *call, why string) {
	if c != nil {
		c.cancel(fmt.Errorf("%w: %s", errHungUp, why))
	}
}
