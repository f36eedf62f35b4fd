package modem

import (
	"context"
	"errors"
	"fmt"
	"time"

	"meterline/bridge/status"
)

// probe is a client that asks a modem one thing.
type probe struct{ got chan []byte }

func (*probe) Name() string        { return "a probe" }
func (*probe) Interrupt(time.Time) {}
func (*probe) StateChanged(View)   {}
func (*probe) Dropped(string, int) {}
func (*probe) Present() bool       { return true }

func (p *probe) Deliver(b []byte) (int, string) {
	select {
	case p.got <- append([]byte(nil), b...):
		return len(b), ""
	default: // more than a probe will look at
		return 0, status.DropNotRead
	}
}

// awaitEvery is how often it is looked whether a modem that is waited for has changed.
const awaitEvery = 20 * time.Millisecond

var errNoAnswer = errors.New("no answer")

// Ask sends request to a modem that nobody has, calling it first where that is how sessions are had, and returns what comes
// until a pause of silence behind the first byte.
func (m *Modem) Ask(ctx context.Context, request []byte, pause time.Duration) ([]byte, error) {
	p := &probe{got: make(chan []byte, 64)}
	a := newAccess(m, p)
	a.brief = true
	if err := m.await(ctx, a); err != nil {
		return nil, err
	}
	defer func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.giveBack(a)
	}()
	if err := m.sendProbe(a, request); err != nil {
		return nil, err
	}
	var answer []byte
	var quiet <-chan time.Time
	for {
		select {
		case b := <-p.got:
			answer = append(answer, b...)
			quiet = time.After(pause)
		case <-quiet:
			return answer, nil
		case <-m.life.ended:
			return answer, fmt.Errorf("modem %s left the configuration or was changed", m.cfg.Name)
		case <-ctx.Done():
			if len(answer) > 0 {
				return answer, nil
			}
			return nil, fmt.Errorf("modem %s is on line, but what is behind it is silent: %w", m.cfg.Name, errNoAnswer)
		}
	}
}

// await takes the lease for p, and waits for a session where one can be called.
func (m *Modem) await(ctx context.Context, p *Access) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := &m.circuit
	if !c.acquire(p, time.Now()) {
		return c.leasedError()
	}
	m.demand.waiters++
	defer func() { m.demand.waiters-- }()
	m.life.wake()
	for c.session == nil {
		m.noteDemand(time.Now())
		if err := c.awaitChange(ctx); err != nil {
			c.release(p)
			return m.awayError(err)
		}
		if c.lease.holder != p {
			return c.leasedError()
		}
	}
	return nil
}

// awayError says that there is no session, and why. The caller holds mu.
func (m *Modem) awayError(err error) error {
	if m.faults.last == nil {
		return fmt.Errorf("modem %s is away: %w", m.cfg.Name, err)
	}
	return fmt.Errorf("modem %s is away: %w; the last error was: %w", m.cfg.Name, err, m.faults.last)
}

func (m *Modem) sendProbe(p *Access, request []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.circuit.session == nil {
		return fmt.Errorf("modem %s: its session ended just now", m.cfg.Name)
	}
	m.circuit.forward(p, request, time.Now(), m.circuit.write)
	return nil
}

// giveBack ends a's lease. The caller holds mu.
func (m *Modem) giveBack(a *Access) {
	m.circuit.release(a)
	m.startLinger()
	m.circuit.changedAll()
	m.circuit.changed(a)
}
