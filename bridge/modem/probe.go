package modem

import (
	"context"
	"errors"
	"fmt"
	"time"

	"meterline/bridge/status"
)

// probe is a client that sends a modem one request.
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
	default: // more than a probe reads
		return 0, status.DropNotRead
	}
}

var errNoAnswer = errors.New("no answer")

// Ask sends request to a modem whose lease is free, and returns what comes until the modem is silent for pause. A modem that has no
// session is called first, if it can be. ctx bounds it all.
func (m *Modem) Ask(ctx context.Context, request []byte, pause time.Duration) ([]byte, error) {
	p := &probe{got: make(chan []byte, 64)}
	a := newAccess(m, p)
	a.brief = true
	if err := a.Await(ctx); err != nil {
		return nil, err
	}
	defer a.giveBack(m)
	if !a.speak(m, request, m.circuit.toModem.write) {
		return nil, fmt.Errorf("modem %s: its session ended just now", m.cfg.Name)
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
