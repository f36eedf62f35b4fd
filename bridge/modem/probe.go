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
	defer m.give(a)
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
		case <-m.ended:
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
	if !m.lease(p, time.Now()) {
		return m.leasedTo()
	}
	m.waiters++
	defer func() { m.waiters-- }()
	m.pokeLife()
	for m.session == nil {
		m.wish(time.Now())
		if err := m.awaitChange(ctx); err != nil {
			m.release(p)
			return m.awayError(err)
		}
		if m.holder != p {
			return m.leasedTo()
		}
	}
	return nil
}

// awayError says that there is no session, and why. The caller holds mu.
func (m *Modem) awayError(err error) error {
	if m.lastErr == nil {
		return fmt.Errorf("modem %s is away: %w", m.cfg.Name, err)
	}
	return fmt.Errorf("modem %s is away: %w; the last error was: %w", m.cfg.Name, err, m.lastErr)
}

// awaitChange waits a little for the modem's state to change. The caller holds mu, but for the wait.
func (m *Modem) awaitChange(ctx context.Context) error {
	m.mu.Unlock()
	defer m.mu.Lock()
	select {
	case <-time.After(20 * time.Millisecond):
		return nil
	case <-m.ended:
		return errors.New("it left the configuration or was changed")
	case <-ctx.Done():
		return errors.New("no session came within the time given")
	}
}

func (m *Modem) sendProbe(p *Access, request []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.session == nil {
		return fmt.Errorf("modem %s: its session ended just now", m.cfg.Name)
	}
	m.forward(p, request, time.Now(), m.write)
	return nil
}

// give ends p's lease.
func (m *Modem) give(p *Access) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.release(p)
	m.startLinger()
	m.settlePorts()
}
