package bridge

import (
	"context"
	"sync"
	"time"

	"meterline/relay"
)

// noLine says why there is no way at all to the modem now, as a telephone says by having no dial tone: it is away, nothing of ours
// calls it, and the exchange where it would call in does not listen.
func (m *modem) noLine() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.session != nil || m.line != nil || m.inbound == nil || m.telephony(time.Now()).USB != "" {
		return nil
	}
	return m.inbound.Down()
}

// live lets a modem that is there for one call live until stop.
func (m *modem) live(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	var wg sync.WaitGroup
	wg.Go(func() { m.run(ctx) })
	return func() {
		cancel(relay.ErrLinger)
		wg.Wait()
	}
}

// Await takes the lease, and waits for a session where one can be called.
func (a *Access) Await(ctx context.Context) error { return a.m.Load().await(ctx, a) }

// Clear gives the lease back when the tail has been sent, or its time is over.
func (a *Access) Clear(ctx context.Context) { a.m.Load().clear(ctx, a) }

// clear gives the lease back when the tail has been sent, or its time is over.
func (m *modem) clear(ctx context.Context, h *Access) {
	m.mu.Lock()
	defer m.mu.Unlock()
	end := time.Now().Add(deliverWithin)
	for m.holder == h && m.session != nil && m.sending(h) && time.Now().Before(end) {
		if m.awaitChange(ctx) != nil {
			break
		}
	}
	if m.holder == h && m.out.busy() && m.out.owner == h {
		_ = m.out.s.SetWriteDeadline(time.Now()) // the drain counts what is lost
	}
	m.release(h)
	m.startLinger()
	m.settlePorts()
}
