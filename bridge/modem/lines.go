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

// faults is what goes wrong with the ways to the modem. It is guarded by the modem's mutex.
type faults struct {
	born      time.Time
	lineEnded map[string]time.Time // by line: when the last session ended that it had brought
	last      error                // of all, the latest
	lastAt    time.Time
}

// note keeps what went wrong last.
func (f *faults) note(err error) { f.last, f.lastAt = err, time.Now() }

// joinedBy is the line by which the modem has its session, and what is wrong with the better ones; without a session, with all.
// t is what is to be said of the telephone. The caller holds mu.
func (m *Modem) joinedBy(t Telephony) (line string, why []status.LineFault) {
	if m.circuit.session != nil {
		line = m.circuit.session.Line()
	}
	for _, f := range m.lineFaults(t) {
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
func (m *Modem) lineFaults(t Telephony) []status.LineFault {
	var faults []status.LineFault
	if m.cfg.Exchange != "" {
		faults = append(faults, m.inboundFault(ByExchange+m.cfg.Exchange, false))
	}
	if m.cfg.Listen != "" {
		faults = append(faults, m.inboundFault(ByListen+m.cfg.Listen, true))
	}
	var tried []relay.Outcome
	if l, ok := m.calls.line.(outcomes); ok {
		tried = l.Outcomes()
	}
	for _, address := range m.cfg.Dial {
		faults = append(faults, m.dialFault(address, tried))
	}
	if t.USB != "" {
		faults = append(faults, status.LineFault{Line: ByTelephone + t.USB, Why: cmp.Or(t.Problem, t.While)})
	}
	return faults
}

// outcomes is a line that tells what came of calling its addresses last.
type outcomes interface{ Outcomes() []relay.Outcome }

// inboundFault is for a line on which the modem calls; own reports whether that is its own address. The caller holds mu.
func (m *Modem) inboundFault(line string, own bool) status.LineFault {
	if in := m.inbound; in.at != nil && own == in.own {
		if err := in.at.Down(); err != nil {
			return status.LineFault{Line: line, Why: "it does not listen: " + plainly(err)}
		}
	}
	return status.LineFault{Line: line, Why: "not called in", Since: cmp.Or(m.faults.lineEnded[line], m.faults.born)}
}

// dialFault is for an address that we call. The caller holds mu.
func (m *Modem) dialFault(address string, tried []relay.Outcome) status.LineFault {
	f := status.LineFault{Line: ByDial + address, Why: "not tried yet"}
	if m.circuit.session == nil && m.cfg.OnOpen && !m.isWanted() {
		f.Why = "called when a program opens the port"
		return f
	}
	i := slices.IndexFunc(tried, func(o relay.Outcome) bool { return o.Address == address })
	switch {
	case i < 0:
	case tried[i].Err != nil:
		f.Why, f.Tried = plainly(tried[i].Err), tried[i].At
	default:
		f.Why, f.Tried = "the session ended", cmp.Or(m.faults.lineEnded[f.Line], tried[i].At)
	}
	return f
}

// Inbound is where modems call in.
type Inbound interface {
	// Down says why no modem can call in there, nil while one can.
	Down() error
}

// inboundLine is where a modem calls in. It is guarded by the modem's mutex.
type inboundLine struct {
	at  Inbound // nil: nowhere
	own bool    // that is its own address
}

// CallsInAt tells the modem where it calls in; own says that this is an address of its own.
func (m *Modem) CallsInAt(at Inbound, own bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.inbound = inboundLine{at, own}
}

// Unreachable says why there is no way at all to the modem now, as a telephone says by having no dial tone: it is away, nothing of ours
// calls it, and the exchange where it would call in does not listen.
func (m *Modem) Unreachable() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.circuit.session != nil || m.calls.line != nil || m.inbound.at == nil || m.telephony(time.Now()).USB != "" {
		return nil
	}
	return m.inbound.at.Down()
}
