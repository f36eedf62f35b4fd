package modem

import (
	"cmp"
	"errors"
	"net"
	"os"
	"slices"
	"strings"
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
func (m *Modem) joinedBy(t Telephony) (line string, why []status.LineFault) {
	if m.session != nil {
		line = m.session.Line()
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
	if l, ok := m.line.(outcomes); ok {
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
	if e := m.inbound; e != nil && own == m.inboundOwn {
		if err := e.Down(); err != nil {
			return status.LineFault{Line: line, Why: "it does not listen: " + plainly(err)}
		}
	}
	return status.LineFault{Line: line, Why: "not called in", Since: cmp.Or(m.lineEnded[line], m.born)}
}

// dialFault is for an address that we call. The caller holds mu.
func (m *Modem) dialFault(address string, tried []relay.Outcome) status.LineFault {
	f := status.LineFault{Line: ByDial + address, Why: "not tried yet"}
	if m.session == nil && m.cfg.OnOpen && !m.wanted() {
		f.Why = "called when a program opens the port"
		return f
	}
	i := slices.IndexFunc(tried, func(o relay.Outcome) bool { return o.Address == address })
	switch {
	case i < 0:
	case tried[i].Err != nil:
		f.Why, f.Tried = plainly(tried[i].Err), tried[i].At
	default:
		f.Why, f.Tried = "the session ended", cmp.Or(m.lineEnded[f.Line], tried[i].At)
	}
	return f
}

// plainly is a network's error without the addresses and system calls that the line's name tells already.
func plainly(err error) string {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return "no answer"
	}
	if op, ok := errors.AsType[*net.OpError](err); ok {
		err = op.Err
	}
	if call, ok := errors.AsType[*os.SyscallError](err); ok {
		err = call.Err
	}
	return err.Error()
}

// inWords is an error in which each network's error is put plainly.
func inWords(err error) string {
	text := err.Error()
	for _, op := range networkErrors(err) {
		text = strings.ReplaceAll(text, op.Error(), plainly(op))
	}
	return text
}

// joinedErrors is an error that wraps several.
type joinedErrors interface {
	error
	Unwrap() []error
}

// networkErrors are all those that an error wraps.
func networkErrors(err error) []*net.OpError {
	if many, ok := errors.AsType[joinedErrors](err); ok {
		errs := many.Unwrap()
		all := make([]*net.OpError, 0, len(errs))
		for _, one := range errs {
			all = append(all, networkErrors(one)...)
		}
		return all
	}
	if op, ok := errors.AsType[*net.OpError](err); ok {
		return []*net.OpError{op}
	}
	return nil
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
	m.inbound, m.inboundOwn = at, own
}

// Unreachable says why there is no way at all to the modem now, as a telephone says by having no dial tone: it is away, nothing of ours
// calls it, and the exchange where it would call in does not listen.
func (m *Modem) Unreachable() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.session != nil || m.line != nil || m.inbound == nil || m.telephony(time.Now()).USB != "" {
		return nil
	}
	return m.inbound.Down()
}
