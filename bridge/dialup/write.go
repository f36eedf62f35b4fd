package dialup

import (
	"context"
	"time"

	"meterline/bridge/modem"
	"meterline/bridge/status"
	"meterline/vport"
	"meterline/vport/hayes"
)

// toward is something to be written to the program.
type toward struct {
	b      []byte
	answer bool // the emulated modem's own, not the meter's
}

// towardMax bounds what the meter has sent and the program has not taken: as a session's backlog.
const towardMax = modem.BacklogMax

// answersMax bounds what the emulated modem itself has said and the program has not taken. At this limit the program is not read,
// as a modem that hears flow control stops listening. What waits of the meter's bytes does not count: a program that has not read
// these can still hang up.
const answersMax = 64 << 10

// queue puts a copy of what the emulated modem has for the program behind what waits already. The caller holds mu.
func (p *Port) queue(out hayes.Out) {
	answers := -out.Meter
	for _, b := range out.ToDTE {
		answers += len(b)
	}
	for _, b := range out.ToDTE {
		next := toward{append([]byte(nil), b...), answers > 0}
		p.toward = append(p.toward, next)
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
		if len(p.toward) == 0 {
			p.changed.Wait()
			continue
		}
		next := p.toward[0]
		b := next.b
		p.toward, p.writing = p.toward[1:], len(b)
		p.mu.Unlock()
		n, err := d.Write(b)
		p.mu.Lock()
		p.to += int64(n)
		p.dropped.Add(status.NotDelivered(err), len(b)-n)
		p.waiting, p.writing = p.waiting-len(b), 0
		if next.answer {
			p.answers -= len(b)
		}
		p.changed.Broadcast()
	}
}

// awaitRoom waits while the program does not take its answers. Calls come and end, and time passes, meanwhile. A port that is
// closed, or that its program leaves, makes room at once: nothing can be written to it.
func (p *Port) awaitRoom(ctx context.Context) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.answers >= answersMax && p.hayes.State().Phase != hayes.Online {
		due := p.hayes.Due()
		switch {
		case len(p.wanted) > 0:
			p.mu.Unlock()
			p.work(ctx)
			p.mu.Lock()
		case !due.IsZero() && !time.Now().Before(due):
			p.happen(p.hayes.Tick(time.Now()))
		case due.IsZero():
			p.changed.Wait()
		default:
			wake := p.wakeAt(due)
			p.changed.Wait()
			wake.Stop()
		}
	}
}

// wakeAt wakes whoever waits for a change at t. It takes the mutex for that, or a waiter that has just looked at the clock, and does
// not wait yet, would sleep on.
func (p *Port) wakeAt(t time.Time) *time.Timer {
	return time.AfterFunc(time.Until(t), func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.changed.Broadcast()
	})
}

// dropToward gives up what the program that has left has not taken, but for what is being written. The caller holds mu.
func (p *Port) dropToward() {
	for _, t := range p.toward {
		p.dropped.Add(status.DropLeft, len(t.b))
		p.waiting -= len(t.b)
		if t.answer {
			p.answers -= len(t.b)
		}
	}
	p.toward = nil
}
