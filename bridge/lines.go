package bridge

import (
	"cmp"
	"errors"
	"net"
	"os"
	"time"

	"meterline/relay"
)

// linesOf names the ways to a session, in order of preference.
func linesOf(c ModemConfig) []string {
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

// LineFault is why a modem has its session by another line than this one, or by none.
type LineFault struct {
	Line  string    `json:"line"` // as in ModemStatus.Line
	Why   string    `json:"why"`
	Since time.Time `json:"since,omitzero"` // how long that lasts
	Tried time.Time `json:"tried,omitzero"` // when it was found out
}

// joinedBy is the line by which the modem has its session, and what is wrong with the better ones; without a session, with all.
// fallback is what is to be said of the telephone. The mutex is held.
func (m *modem) joinedBy(fallback string) (line string, why []LineFault) {
	if m.session != nil {
		line = m.lineOf(m.session)
	}
	for _, f := range m.lineFaults(fallback) {
		if f.Line == line {
			break
		}
		why = append(why, f)
	}
	return line, why
}

// lineOf is the line that a session came by. The mutex is held.
func (m *modem) lineOf(s *relay.Session) string {
	switch {
	case m.phone != nil && m.phone.s == s:
		return "telephone " + m.phone.desk.cfg.Name
	case s.Called() != "":
		return "dial " + s.Called()
	case m.cfg.Exchange != "":
		return "exchange " + m.cfg.Exchange
	case m.cfg.Listen != "":
		return "listen " + m.cfg.Listen
	}
	return m.line.String()
}

// lineFaults is each line with what would be wrong with it, in order of preference. The mutex is held.
func (m *modem) lineFaults(fallback string) []LineFault {
	var faults []LineFault
	if m.cfg.Exchange != "" {
		faults = append(faults, m.inboundFault("exchange "+m.cfg.Exchange))
	}
	if m.cfg.Listen != "" {
		faults = append(faults, m.inboundFault("listen "+m.cfg.Listen))
	}
	var tried []relay.Outcome
	if l, ok := m.line.(interface{ Outcomes() []relay.Outcome }); ok {
		tried = l.Outcomes()
	}
	for _, address := range m.cfg.Dial {
		faults = append(faults, m.dialFault(address, tried))
	}
	if m.desk != nil {
		if t, ok := m.desk.line.(interface{ Problem() string }); ok {
			fallback = cmp.Or(t.Problem(), fallback)
		}
		faults = append(faults, LineFault{Line: "telephone " + m.desk.cfg.Name, Why: fallback})
	}
	return faults
}

// itIsBack is said of the line whose session waits for the end of a telephone call.
const itIsBack = "it is back, the telephone call ends between two requests"

// isBack tells whether a session by that line waits for the end of a telephone call. The mutex is held.
func (m *modem) isBack(line string) bool {
	return m.phone != nil && m.phone.better != nil && m.lineOf(m.phone.better) == line
}

// inboundFault is for a line on which the modem calls. The mutex is held.
func (m *modem) inboundFault(line string) LineFault {
	if m.isBack(line) {
		return LineFault{Line: line, Why: itIsBack}
	}
	if m.inbound != nil {
		if err := m.inbound.down(); err != nil {
			return LineFault{Line: line, Why: "it does not listen: " + plainly(err)}
		}
	}
	return LineFault{Line: line, Why: "not called in", Since: m.calledIn}
}

// dialFault is for an address that we call. The mutex is held.
func (m *modem) dialFault(address string, tried []relay.Outcome) LineFault {
	f := LineFault{Line: "dial " + address, Why: "not tried yet"}
	for _, o := range tried {
		if o.Address == address {
			f.Tried, f.Why = o.At, "it answered"
			if o.Err != nil {
				f.Why = plainly(o.Err)
			}
		}
	}
	switch {
	case m.isBack(f.Line):
		return LineFault{Line: f.Line, Why: itIsBack}
	case m.session == nil && m.cfg.OnOpen && !m.wanted():
		return LineFault{Line: f.Line, Why: "called when a program opens the port"}
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
