package bridge

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"meterline/bridge/fallback"
	"meterline/relay"
	"meterline/relay/usb/at"
)

// fakeStick is a plugged-in modem that does what the test wants.
type fakeStick struct {
	mu     sync.Mutex
	log    []string // what was done, and when
	since  time.Time
	lasts  time.Duration                               // until a call is answered, and a message sent
	called func(number string) (*relay.Session, error) // nil: nobody answers
	far    *far                                        // of the latest call
	woken  func(number string)
	fails  error // of whatever is tried next

	rings   bool // calls that are let ring end so:
	rung    at.RingResult
	rungErr error
	reports fallback.Reports
}

func (p *fakeStick) Run(ctx context.Context) error { <-ctx.Done(); return nil }

func (p *fakeStick) note(ctx context.Context, what string) error {
	p.mu.Lock()
	p.log = append(p.log, fmt.Sprintf("%s at %v", what, time.Since(p.since)))
	fails := p.fails
	p.mu.Unlock()
	if fails != nil {
		return fails
	}
	select {
	case <-time.After(p.lasts):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (p *fakeStick) Call(ctx context.Context, number string) (*relay.Session, error) {
	if err := p.note(ctx, "call "+number); err != nil {
		return nil, err
	}
	p.mu.Lock()
	called := p.called
	p.mu.Unlock()
	if called == nil {
		return nil, errors.New("no carrier")
	}
	return called(number)
}

// answers lets each call from now on reach a far end of its own.
func (p *fakeStick) answers(r *rig) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.called = func(string) (*relay.Session, error) {
		f := newFar(r.t)
		p.mu.Lock()
		defer p.mu.Unlock()
		p.far = f
		return f.session, nil
	}
}

func (p *fakeStick) last() *far {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.far
}

func (p *fakeStick) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.log)
}

func (p *fakeStick) Ring(ctx context.Context, number string, _ time.Duration) (at.RingResult, error) {
	if err := p.wake(ctx, "ring "+number, number); err != nil {
		return "", err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.rings {
		return p.rung, p.rungErr
	}
	return at.RingGivenUp, nil
}

func (p *fakeStick) ReportTo(r fallback.Reports) { p.reports = r }

func (p *fakeStick) SMS(ctx context.Context, number, text string) error {
	return p.wake(ctx, fmt.Sprintf("sms %s %q", number, text), number)
}

func (p *fakeStick) wake(ctx context.Context, what, number string) error {
	err := p.note(ctx, what)
	if err == nil && p.woken != nil {
		p.woken(number)
	}
	return err
}

func (r *rig) wantDone(p *fakeStick, want ...string) {
	r.t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.log) != len(want) {
		r.t.Errorf("done: %q, want %q", p.log, want)
		return
	}
	for i := range want {
		if p.log[i] != want[i] {
			r.t.Errorf("done: %q, want %q", p.log, want)
		}
	}
}
