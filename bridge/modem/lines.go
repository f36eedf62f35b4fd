package modem

import (
	"cmp"
	"slices"
	"time"

	"meterline/bridge/status"
	"meterline/relay"
)

// Lines names the ways to a session, in order of preference.
func Lines(c Config) []string {
	var lines []string
	if c.Exchange != "" {
		lines = append(lines, "calls in at exchange "+c.Exchange)
	}
	if c.Listen != "" {
		lines = append(lines, "calls in at "+c.Listen)
	}
	for _, a := range c.Dial {
		lines = append(lines, "is called at "+a)
	}
	if c.Fallback.USB != "" {
		lines = append(lines, "is called by telephone with "+c.Fallback.USB)
	}
	return lines
}

// How lines are named; behind it stands the exchange, the address, or the plugged-in modem.
const (
	ByExchange  = "exchange "
	ByListen    = "listen "
	ByDial      = "dial "
	ByTelephone = "telephone "
)

// joinedBy is the line by which the modem has its session, and what is wrong with the better ones; without a session, with all.
// t is what is to be said of the telephone. The caller holds mu.
func (w *ways) joinedBy(s *relay.Session, wanted bool, t Telephony) (line string, why []status.LineFault) {
	if s != nil {
		line = s.Line()
	}
	for _, f := range w.lineFaults(s != nil || wanted, t) {
		if f.Line == line {
			break
		}
		if t.Back == f.Line {
			f = status.LineFault{Line: f.Line, Why: itIsBack}
		}
		why = append(why, f)
	}
	return line, why
}

// itIsBack is said of the line whose session waits for the end of a telephone call.
const itIsBack = "it is back, the telephone call ends between two requests"

// lineFaults is each line with what would be wrong with it, in order of preference. The caller holds mu.
func (w *ways) lineFaults(tried bool, t Telephony) []status.LineFault {
	var faults []status.LineFault
	if w.cfg.Exchange != "" {
		faults = append(faults, w.inboundFault(ByExchange+w.cfg.Exchange, false))
	}
	if w.cfg.Listen != "" {
		faults = append(faults, w.inboundFault(ByListen+w.cfg.Listen, true))
	}
	var outcomes []relay.Outcome
	if l, ok := w.line.(outcomeTeller); ok {
		outcomes = l.Outcomes()
	}
	for _, address := range w.cfg.Dial {
		faults = append(faults, w.dialFault(address, tried, outcomes))
	}
	if t.USB != "" {
		faults = append(faults, status.LineFault{Line: ByTelephone + t.USB, Why: cmp.Or(t.Problem, t.While)})
	}
	return faults
}

// outcomeTeller is a line that knows what came of calling its addresses last.
type outcomeTeller interface{ Outcomes() []relay.Outcome }

// inboundFault is for a line on which the modem calls; own reports whether that is its own address. The caller holds mu.
func (w *ways) inboundFault(line string, own bool) status.LineFault {
	at := w.inbound
	if own {
		at = w.own
	}
	if at != nil {
		if err := at.Down(); err != nil {
			return status.LineFault{Line: line, Why: "it does not listen: " + plainly(err)}
		}
	}
	return status.LineFault{Line: line, Why: "not called in", Since: cmp.Or(w.lineEnded[line], w.born)}
}

// dialFault is for an address that we call. The caller holds mu.
func (w *ways) dialFault(address string, tried bool, outcomes []relay.Outcome) status.LineFault {
	f := status.LineFault{Line: ByDial + address, Why: "not tried yet"}
	if !tried && w.cfg.OnOpen {
		f.Why = "called when a program opens the port"
		return f
	}
	i := slices.IndexFunc(outcomes, func(o relay.Outcome) bool { return o.Address == address })
	switch {
	case i < 0:
	case outcomes[i].Err != nil:
		f.Why, f.Tried = plainly(outcomes[i].Err), outcomes[i].At
	default:
		f.Why, f.Tried = "the session ended", cmp.Or(w.lineEnded[f.Line], outcomes[i].At)
	}
	return f
}

// Inbound is where modems call in.
type Inbound interface {
	// Down says why no modem can call in there, nil while one can.
	Down() error
}

// CallsInAt tells the modem where it calls in; own says that this is an address of its own.
func (m *Modem) CallsInAt(at Inbound, own bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if own {
		m.ways.own = at
	} else {
		m.ways.inbound = at
	}
}

// inboundDown says why the modem can call in nowhere; nil: it can, or it never does.
func (w *ways) inboundDown() (why error) {
	for _, at := range []Inbound{w.inbound, w.own} {
		if at == nil {
			continue
		}
		if why = at.Down(); why == nil {
			return nil
		}
	}
	return why
}

// Unreachable says why there is no way at all to the modem now, as a telephone says by having no dial tone: it is away, nothing of ours
// calls it, and no address where it would call in listens.
func (m *Modem) Unreachable() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.circuit.session != nil || m.ways.line != nil || m.telephony(time.Now()).USB != "" {
		return nil
	}
	return m.ways.inboundDown()
}
