// Package side is the modem's part of a family's protocol, for simulated modems: what a modem says, and what it makes of what the
// server says. It does no I/O; package simulated has the sockets, the delays and the meters.
//
// A side is written from its maker's description. It shares no code that applies the rules with the parser of its family, so that
// each of the two checks the other. This package also has the side that follows the rules of a declared profile, in New. Packages
// wire and codec give it the rules as values; what they do with them is done here a second time.
package side

import "time"

// Side is what one family's modem says and understands on one connection. It may implement Beater and Silencer as well. It need
// not care about the order of things: Line does.
type Side interface {
	// Connect returns what the modem sends as soon as it is connected, nothing where the server speaks first.
	Connect(now time.Time) []byte
	// Take takes what the server sent, in any pieces. data is for the meter, and reply is sent back at once. An error ends the
	// connection: the server has broken the family's protocol.
	Take(p []byte, now time.Time) (data, reply []byte, err error)
	// Put returns what the modem sends for what its meter says.
	Put(p []byte) []byte
	// Online reports whether the server has accepted the modem, as far as the family's protocol tells.
	Online() bool
}

// Beater is implemented by sides that send heartbeats.
type Beater interface {
	// Beat returns what the modem sends after a silence, nothing where it sends no heartbeats.
	Beat() []byte
}

// Where a modem's own bytes may be data as well, only silence distinguishes them, and real modems keep it. A converter ends a
// packet when its serial line has been quiet for some tens of milliseconds. Its meter then waits for the next request, which
// takes a round trip over the network. A heartbeat comes when the line has been quiet for much longer. Simulated meters answer
// at once. So a simulated modem of such a family waits for
//
//   - PacketSilence before a packet that begins with a prefix, and after a heartbeat, and
//   - BeatSilence before a heartbeat.
//
// Each is more than twice what the parsers recognise them by: what is sent in time may be read late. Inside a packet or a
// heartbeat there is no silence, however they are cut, and two of them are never in one write. Packets with frames need no
// silence, and get none.
const (
	PacketSilence = 250 * time.Millisecond
	BeatSilence   = 700 * time.Millisecond
)

// Silencer is implemented by sides whose packets or heartbeats are recognised by the silence around them.
type Silencer interface {
	// Silences returns how long nothing must have been sent before a packet and before a heartbeat; 0 means no silence.
	Silences() (packet, beat time.Duration)
}

// Line is a Side in use on one connection. It is how package simulated gets every side, and it keeps the order that no side can
// break: a modem that registers sends no heartbeat, and is not on line, before it has said who it is.
type Line struct {
	side      Side
	registers bool // the modem says who it is before anything else
	said      bool // it has
}

// NewLine returns a line on which nothing has been said yet. registers says whether the modem says who it is.
func NewLine(s Side, registers bool) *Line { return &Line{side: s, registers: registers} }

// Connect is the side's Connect.
func (l *Line) Connect(now time.Time) []byte {
	p := l.side.Connect(now)
	l.said = l.said || len(p) > 0
	return p
}

// Take is the side's Take.
func (l *Line) Take(p []byte, now time.Time) (data, reply []byte, err error) {
	data, reply, err = l.side.Take(p, now)
	l.said = l.said || len(reply) > 0
	return data, reply, err
}

// Put is the side's Put.
func (l *Line) Put(p []byte) []byte { return l.side.Put(p) }

// Online reports whether the modem has said who it is, where it does, and whether the server has accepted it.
func (l *Line) Online() bool { return (l.said || !l.registers) && l.side.Online() }

// Beat returns a heartbeat, nothing where there is none or while the modem is not on line.
func (l *Line) Beat() []byte {
	if b, ok := l.side.(Beater); ok && l.Online() {
		return b.Beat()
	}
	return nil
}

// Silences returns the silences that the side needs before a packet and before a heartbeat; 0 means none.
func (l *Line) Silences() (packet, beat time.Duration) {
	if s, ok := l.side.(Silencer); ok {
		return s.Silences()
	}
	return 0, 0
}
