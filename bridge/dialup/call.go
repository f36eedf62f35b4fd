package dialup

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"meterline/bridge/modem"
	"meterline/vport/hayes"
)

// call is one call from a dial-up port. It is the client that has the modem's lease, from dialling to the end.
type call struct {
	p      *Port
	m      *modem.Modem
	access *modem.Access // to the modem
	cancel context.CancelCauseFunc
	own    bool          // the modem exists for this call only
	over   chan struct{} // closed when the lease has been given back

	// Guarded by the port's mutex.
	up     bool      // it is connected
	before int       // sessions of the modem that had ended by then
	ended  bool      // no more bytes pass
	until  time.Time // when a waiting delivery is given up, zero if never
	waking *time.Timer
}

// errHungUp ends a call that the program, or the emulated modem, has hung up.
var errHungUp = errors.New("hung up")

// dial finds the modem that is dialled, and begins the call.
func (p *Port) dial(ctx context.Context, d hayes.Dial) {
	m, own := p.board.find(p.cfg.Numbering, d), false
	if address, ok := p.cfg.Numbering.direct(d.Raw); m == nil && ok {
		m, own = p.line(address), true
	}
	p.log.Info("dialled", "number", d.Shown(), "modem", nameOf(m), "voice", d.Voice)
	if d.Voice { // the program wants the modem to see a call; the emulated modem has answered OK already
		p.wakeByVoiceCall(ctx, m)
		return
	}
	if m == nil {
		p.failToDial(d, nil)
		return
	}
	if err := m.Unreachable(); err != nil {
		p.failToDial(d, err)
		return
	}
	c := p.newCall(m)
	c.own = own
	p.begin(ctx, c)
}

// failToDial ends a call to a modem that cannot be reached, or with a nil error to a number that nobody has. Where no number was
// dialled it leaves that to the emulated modem, which waits for a carrier as any modem does. It must not end another call that
// the program has dialled since.
func (p *Port) failToDial(d hayes.Dial, unreachable error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.hangUpPending() {
		return
	}
	switch {
	case unreachable != nil:
		p.hayes.Why(unreachable.Error())
		p.apply(p.hayes.Failed(hayes.NoDialtone, time.Now()))
	case d.Number == "":
		p.hayes.Why("no number was dialled")
	default:
		p.hayes.Why("nobody has the number " + d.Shown())
		p.apply(p.hayes.UnknownNumber(time.Now()))
	}
}

// newCall returns a call with m that has not begun.
func (p *Port) newCall(m *modem.Modem) *call {
	c := &call{p: p, m: m}
	c.access = modem.NewCallAccess(m, c, p)
	return c
}

// begin starts a call on a goroutine of its own, which waits until the call before is over.
func (p *Port) begin(ctx context.Context, c *call) {
	ctx, c.cancel = context.WithCancelCause(ctx)
	c.over = make(chan struct{})
	p.mu.Lock()
	before := p.call
	p.call, p.history.last = c, c.m
	p.updateState()
	p.mu.Unlock()
	p.calls.Go(func() {
		if before != nil {
			<-before.over
		}
		c.connect(ctx)
	})
}

// connect waits for the lease and the session, and returns when the call is over.
func (c *call) connect(ctx context.Context) {
	defer close(c.over)
	if c.own {
		stop := c.m.Live(ctx)
		defer stop()
	}
	if c.report(c.access.Await(ctx)) {
		<-ctx.Done()
	}
	c.access.Clear(context.WithoutCancel(ctx))
	c.release()
	c.m.Ringing().Retry()
}

// release makes the port free for another call.
func (c *call) release() {
	p := c.p
	p.mu.Lock()
	defer p.mu.Unlock()
	c.ended = true
	if p.call == c {
		p.call = nil
	}
	p.updateState()
}

// report tells the emulated modem whether the call is connected; err is why there is no session.
func (c *call) report(err error) (up bool) {
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
	case !c.current():
		return false
	case err != nil:
		c.ended = true
		p.hayes.Why(err.Error())
		p.applyAndWake(p.hayes.Failed(resultOf(err), time.Now()))
		return false
	}
	c.up, c.before = true, v.Ended
	p.applyAndWake(p.hayes.Connected(time.Now()))
	return true
}

// current reports whether this is still the call of the emulated modem: it may have hung up, without the port's goroutine having done so
// yet. The caller holds the port's mu.
func (c *call) current() bool {
	return !c.ended && c.p.call == c && !c.p.hangUpPending()
}

// hangUpPending reports whether the emulated modem has hung up, and the port's goroutine has not done so yet. The caller holds mu.
func (p *Port) hangUpPending() bool {
	return slices.ContainsFunc(p.pending, func(next any) bool {
		_, ends := next.(hayes.HangUp)
		return ends
	})
}

// resultOf returns the result code for a call that failed.
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
