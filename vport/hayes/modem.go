// Package hayes is the emulated modem of a dial-up port: it understands the AT commands that programs built for telephone
// lines write, answers them as a modem would, and says when to dial, to answer and to hang up.
//
// It does no I/O and has no clock: bytes and times go in; bytes, times and actions come out. The facts are those of
// ITU-T V.250 (formerly V.25 ter), of 3GPP TS 27.007, and, for what neither defines (the escape, the & commands, the
// registers above S10), of the manuals of Hayes and Rockwell modems; comments name the clause.
//
// Bytes of the meter and of the program are never altered. They are held, in order, while there is nobody to take them,
// and counted where they must be dropped.
package hayes

import "time"

// Modem is one emulated modem. It belongs to one goroutine at a time. Settings, stored profiles (&W) and stored numbers
// (&Z) live as long as it does: a port's life, not longer.
type Modem struct {
	cfg  Config
	self Self

	now     time.Time // of the latest event; does not go back
	phase   Phase
	since   time.Time
	due     time.Time // when the phase's timer runs out; zero: none
	out     Out
	echoing bool // the last piece of out.ToDTE is echo
	toward  int  // bytes in out.ToDTE

	set      settings
	profile  [2]*settings // stored by &W; nil: the factory's
	numbers  [10]string   // stored by &Z, as written
	register int          // selected by ATSn, for AT? and AT=
	booting  bool         // Config.Init is running
	bootErr  bool         // and was refused

	line    line
	quiet   time.Time // when the program last wrote
	lf      time.Time // until then a line feed that comes next belongs to the command line before it
	crlf    bool      // the program ends its lines by CR LF
	pluses  int       // characters of a possible escape that are held
	program bool      // a program has the port

	number string // dialled, or of the caller; for State
	caller string
	called bool   // the call came in
	voice  string // number of the voice call that was placed last, "" none
	last   Dial   // for DL
	redial bool   // last is set
	held   []byte // from the far modem, for when the program is on line
	why    string // what +CEER tells
}

// New makes a modem in command mode. A nil self stands for plausible constants; a faulty c is for Validate to find: what
// it says wrongly is taken as the default or ignored.
func New(c Config, self Self) *Modem {
	if self == nil {
		self = nobody{}
	}
	m := &Modem{cfg: c.withDefaults(), self: self, crlf: true, why: noCause}
	m.factory()
	return m
}

// FromDTE takes what the program wrote.
func (m *Modem) FromDTE(p []byte, now time.Time) Out {
	m.at(now)
	m.program = m.program || len(p) > 0
	for len(p) > 0 {
		p = p[m.some(p):]
	}
	return m.takeOut()
}

// FromDTEWithin is FromDTE for a program that may not be reading: it stops when the answers come to room bytes, and returns how
// many bytes of p it has taken. The answer to the last command line may exceed room. Data for the far modem is taken whole, whatever
// the room.
func (m *Modem) FromDTEWithin(p []byte, room int, now time.Time) (Out, int) {
	m.at(now)
	m.program = m.program || len(p) > 0
	n := 0
	for n < len(p) && (m.toward < room || m.phase == Online) {
		n += m.some(p[n:])
	}
	return m.takeOut(), n
}

// some takes the beginning of p, and returns how many bytes that is: one, or on line all of them.
func (m *Modem) some(p []byte) int {
	switch {
	case m.swallows(p[0]):
		m.quiet = m.now
	case m.phase == Online:
		m.data(p)
		return len(p)
	default:
		m.quiet = m.now
		m.key(p[0])
	}
	return 1
}

// FromLine takes what the far modem sent. It goes to the program on line; while a call is coming up or escaped it is
// held, the oldest bytes making room when there is none, see Room; without a call it is dropped.
func (m *Modem) FromLine(p []byte, now time.Time) Out {
	m.at(now)
	switch m.phase {
	case Online:
		m.toDTE(p)
		m.out.Meter += len(p)
	case Command:
		m.drop(DropNoCall, len(p))
	default:
		m.hold(p)
	}
	return m.takeOut()
}

// Room is how many bytes FromLine takes now without dropping any. Whoever stops reading from the far modem at zero loses
// nothing.
func (m *Modem) Room() int {
	switch m.phase {
	case Online:
		return m.cfg.HoldMax
	case Command:
		return 0
	}
	return m.cfg.HoldMax - len(m.held)
}

// hold keeps p until CONNECT is out. What is newest is kept: it is what joins on to the bytes that follow.
func (m *Modem) hold(p []byte) {
	over := max(0, len(m.held)+len(p)-m.cfg.HoldMax)
	m.drop(DropHeldFull, over)
	gone := min(over, len(m.held))
	m.held = append(m.held[gone:], p[over-gone:]...)
}

// letGo gives what was held to the program.
func (m *Modem) letGo() {
	if len(m.held) > 0 {
		m.toDTE(m.held)
		m.out.Meter += len(m.held)
	}
	m.held = nil
}

// forget drops what was held.
func (m *Modem) forget() {
	m.drop(DropHungUp, len(m.held))
	m.held = nil
}

// Tick lets the time pass. Call it at Due; any other call does it, too.
func (m *Modem) Tick(now time.Time) Out {
	m.at(now)
	return m.takeOut()
}

// Due is when Tick has something to do; zero: nothing is waiting.
func (m *Modem) Due() time.Time { return m.due }

// at moves the time on and fires what is due. A time that lies before the latest one counts as that.
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
	switch m.phase {
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
