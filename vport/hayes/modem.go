// Package hayes is the emulated modem of a dial-up port: it understands the AT commands that programs built for telephone lines
// write, answers them as a modem would, and says when to dial, to answer and to hang up. It does not know whom a number
// reaches; its user does.
//
// It does no I/O and has no clock: bytes and times go in; bytes, times and actions come out. The facts are those of ITU-T V.250
// (formerly V.25 ter) and of 3GPP TS 27.007. What neither defines (the escape, the & commands, the registers above S10) follows
// the manuals of Hayes and Rockwell modems. Comments name the clause.
//
// Bytes of the meter and of the program are never altered. They are held, in order, while nobody can take them, and counted if
// they must be dropped.
//
// Modem.FromDTE takes what the program writes. In command mode Modem.key collects a line by line.collect; interpreter.run
// executes it, asks the Modem for calls, and replies.finish sends its result. On line Modem.data has escape.adds look for the escape,
// and passes the rest on. Modem.FromLine takes what the far modem sends, for the program on line. Modem.enter is where phases
// change.
package hayes

import "time"

// Modem is one emulated modem. It belongs to one goroutine at a time. Settings, stored profiles (&W) and stored numbers (&Z)
// last as long as the Modem does: a port's life.
type Modem struct {
	cfg  Config
	self Self

	now time.Time // time of the latest event; never goes back
	due time.Time // when the phase's timer runs out; zero: it is not running
	out output

	program bool   // a program has the port
	line    line   // that it types
	escape  escape // that it may write on line
	call    call

	mem     memory
	reply   replies
	initErr bool // Config.Init was refused
}

// New makes a modem in command mode. A nil self stands for plausible constants. Validate finds what is wrong with c; New
// ignores it or uses the default.
func New(c Config, self Self) *Modem {
	if self == nil {
		self = nobody{}
	}
	m := &Modem{cfg: c.withDefaults(), self: self}
	m.mem = newMemory(&m.cfg)
	m.reply = replies{&m.mem, &m.out}
	m.line = line{mem: &m.mem, crlf: true}
	m.escape = escape{mem: &m.mem}
	m.call.why = noCause
	in := m.interpreter(m.cfg.Init)
	in.setup = true
	m.initErr = in.run().code != ok
	m.mem.initial = m.mem.clone()
	m.out.take()
	return m
}

// FromDTE takes what the program wrote.
func (m *Modem) FromDTE(p []byte, now time.Time) Out {
	m.at(now)
	m.program = m.program || len(p) > 0
	for len(p) > 0 {
		p = p[m.takeSome(p):]
	}
	return m.out.take()
}

// FromDTEWithin is FromDTE for a program that may not be reading. It stops when the answers reach room bytes, and returns how
// many bytes of p it has taken. The answer to the last command line may exceed room. Data for the far modem is always taken
// completely.
func (m *Modem) FromDTEWithin(p []byte, room int, now time.Time) (Out, int) {
	m.at(now)
	m.program = m.program || len(p) > 0
	n := 0
	for n < len(p) && (m.out.toProgram < room || m.call.phase == Online) {
		n += m.takeSome(p[n:])
	}
	return m.out.take(), n
}

// takeSome takes the beginning of p, and returns its length: one byte, or on line all of p.
func (m *Modem) takeSome(p []byte) int {
	switch {
	case m.line.swallows(p[0], m.now):
		m.escape.quiet = m.now
	case m.call.phase == Online:
		m.data(p)
		return len(p)
	default:
		m.escape.quiet = m.now
		m.key(p[0])
	}
	return 1
}

// FromLine takes what the far modem sent. It goes to the program on line. While a call is being set up or is escaped it is
// held; if there is no room (see Room) the oldest bytes are dropped. Without a call it is dropped.
func (m *Modem) FromLine(p []byte, now time.Time) Out {
	m.at(now)
	switch m.call.phase {
	case Online:
		m.out.fromLine(p)
	case Command:
		m.out.drop(DropNoCall, len(p))
	default:
		m.out.drop(DropHeldFull, m.call.hold(p, m.cfg.HoldMax))
	}
	return m.out.take()
}

// Room returns how many bytes FromLine takes now without dropping any. If its caller stops reading from the far modem at zero,
// nothing is lost.
func (m *Modem) Room() int {
	switch m.call.phase {
	case Online:
		return m.cfg.HoldMax
	case Command:
		return 0
	}
	return m.cfg.HoldMax - len(m.call.held)
}

// Tick lets time pass. It is called at Due; every other method lets time pass as well.
func (m *Modem) Tick(now time.Time) Out {
	m.at(now)
	return m.out.take()
}

// Due returns when Tick has something to do; zero: nothing is waiting.
func (m *Modem) Due() time.Time { return m.due }

// at moves the time forward and does what is due. A time before the latest one counts as the latest.
func (m *Modem) at(now time.Time) {
	if now.After(m.now) {
		m.now = now
	}
	for !m.due.IsZero() && !m.due.After(m.now) {
		m.fire()
	}
}

func (m *Modem) fire() {
	m.due = time.Time{}
	switch m.call.phase {
	case Dialling, Answering:
		m.timedOut()
	case Connecting:
		m.connect()
	case Ringing:
		m.ring()
	case Online:
		m.endEscape()
	}
}

// Opened is called when a program has opened the port. It drops an unfinished command line of an earlier program. Settings
// stay, as in a real modem, and so does a call that was kept.
func (m *Modem) Opened(now time.Time) Out {
	m.at(now)
	m.program = true
	m.line.clear()
	m.line.lf = time.Time{}
	return m.out.take()
}

// Dropped is called when the last program has left the port, which switches DTR off unless the terminal's flag hupcl is false.
// When DTR goes off, &D2 hangs up, &D1 leaves the call and goes to command mode, &D3 hangs up and resets, and &D0 does nothing
// (V.250, 6.2.9, and Hayes). Nothing is sent to anybody.
func (m *Modem) Dropped(now time.Time, hupcl bool) Out {
	m.at(now)
	m.program = false
	m.line.clear()
	dtr := m.mem.flag("&D")
	if !hupcl || dtr == 0 {
		return m.out.take()
	}
	switch {
	case m.call.phase == Online && dtr == 1:
		m.out.toLine(m.escape.tail())
		m.enter(Escaped)
	case m.call.phase == Escaped && dtr == 1, m.call.phase == Ringing:
		// the call that rings is not this program's
	default:
		m.hangUp("the program left the port")
	}
	if dtr == 3 {
		m.mem.restore(0)
	}
	return m.out.take()
}

// EndsByDTR reports whether a call ends when the program leaves and DTR goes off with it, by the present &D.
func (m *Modem) EndsByDTR() bool { return m.mem.flag("&D") >= 2 }
