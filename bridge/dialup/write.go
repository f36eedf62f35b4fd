package dialup

import (
	"context"
	"time"

	"meterline/bridge/modem"
	"meterline/bridge/status"
	"meterline/vport"
	"meterline/vport/hayes"
)

// outbound is something that is to be written to the program.
type outbound struct {
	b      []byte
	answer bool // from the emulated modem, not from the meter
}

// outbox is what waits for the program.
type outbox struct {
	outbound []outbound
	waiting  int // bytes in outbound, and those being written
	writing  bool
	cut      bool // what is being written is for a program that has left
	answers  int  // how many of these come from the emulated modem and not from the meter
}

// meterMax is how many bytes may wait for the program before the meter's are not taken any more: as many as a session's backlog.
const meterMax = modem.BacklogMax

// answersMax is how many bytes of the emulated modem's own answers may wait for the program before the program is not read any more, as a
// real modem would stop it by flow control. The meter's bytes do not count: a program that has not read those can still hang up.
const answersMax = 64 << 10

// queue appends a copy of what the emulated modem has for the program. The caller holds mu.
func (p *Port) queue(out hayes.Out) {
	answers := -out.Meter
	for _, b := range out.ToDTE {
		answers += len(b)
	}
	for _, b := range out.ToDTE {
		next := outbound{append([]byte(nil), b...), answers > 0}
		p.outbound = append(p.outbound, next)
		p.waiting += len(b)
		if next.answer {
			p.answers += len(b)
		}
		answers -= len(b)
	}
}

// write writes to the program until the port is closed.
func (p *Port) write(d vport.Port) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.device == d {
		if len(p.outbound) == 0 {
			p.changed.Wait()
			continue
		}
		next := p.outbound[0]
		b := next.b
		p.outbound, p.writing = p.outbound[1:], true
		p.mu.Unlock()
		n, err := d.Write(b)
		p.mu.Lock()
		p.writing = false
		p.to += int64(n)
		reason := status.NotDelivered(err)
		if p.cut {
			reason = status.DropLeft
			p.cut = false
			_ = d.SetWriteDeadline(time.Time{}) // a closed port needs none
		}
		p.dropped.Add(reason, len(b)-n)
		p.waiting -= len(b)
		if next.answer {
			p.answers -= len(b)
		}
		p.changed.Broadcast()
	}
}

// awaitRoom waits while too many answers wait for the program. Meanwhile it does what is in pending, and tells the emulated modem the time.
// When the port is closed or the program leaves, there is room at once, because the answers are dropped.
func (p *Port) awaitRoom(ctx context.Context) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.answers >= answersMax && p.hayes.State().Phase != hayes.Online {
		due := p.hayes.Due()
		switch {
		case len(p.pending) > 0:
			p.mu.Unlock()
			p.work(ctx)
			p.mu.Lock()
		case !due.IsZero() && !time.Now().Before(due):
			p.apply(p.hayes.Tick(time.Now()))
		case due.IsZero():
			p.changed.Wait()
		default:
			wake := p.wakeAt(due)
			p.changed.Wait()
			wake.Stop()
		}
	}
}

// wakeAt wakes those who wait for a change at time t. It does so with mu held: a goroutine that has looked at the clock, and is about to
// wait, would miss the wake-up otherwise.
func (p *Port) wakeAt(t time.Time) *time.Timer {
	return time.AfterFunc(time.Until(t), func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.changed.Broadcast()
	})
}

// dropOutbound drops what a program that has left has not read. A write in progress is interrupted: the next program may come before the
// writer's goroutine does, and must not get its bytes. The caller holds mu.
func (p *Port) dropOutbound() {
	if p.writing && p.device != nil {
		p.cut = true
		_ = p.device.SetWriteDeadline(time.Now()) // a closed port needs none
	}
	for _, t := range p.outbound {
		p.dropped.Add(status.DropLeft, len(t.b))
		p.waiting -= len(t.b)
		if t.answer {
			p.answers -= len(t.b)
		}
	}
	p.outbound = nil
}
