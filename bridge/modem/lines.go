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

// Prefixes of the names of lines. The exchange, the address or the plugged-in modem follows.
const (
	ByExchange  = "exchange "
	ByListen    = "listen "
	ByDial      = relay.LineDial
	ByTelephone = "telephone "
)

// joinedBy returns the line of the session s and what is wrong with the lines that would be preferred to it; if s is nil, what is wrong
// with all lines. The caller holds mu.
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

// itIsBack is shown for a line whose session waits for a telephone call to end.
const itIsBack = "it is back, the telephone call ends between two requests"

// lineFaults returns every line in order of preference, each with why the modem has no session by it. tried says that it is being tried to
// get one. The caller holds mu.
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

// outcomeTeller is a line that knows how its last call to each address ended.
type outcomeTeller interface{ Outcomes() []relay.Outcome }

// inboundFault returns the fault of a line on which the modem calls in; own says that it is an address of its own. The caller holds mu.
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

// dialFault returns the fault of an address that we call. The caller holds mu.
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
	// Down returns why no modem can call in there, nil if one can.
	Down() error
}

// inboundDown returns why the modem can call in nowhere. It returns nil if it can call in, and if it never does.
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

// Unreachable returns why there is no way at all to the modem now: it has no session, we do not call it, and no address where it would
// call in listens. A dial-up port says NO DIALTONE then. It returns nil if there is a way.
func (m *Modem) Unreachable() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.circuit.session != nil || m.ways.line != nil || telephonyOf(m, time.Now()).USB != "" {
		return nil
	}
	return m.ways.inboundDown()
}
