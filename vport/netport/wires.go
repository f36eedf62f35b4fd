package netport

import (
	"log/slog"
	"slices"
	"sync"
	"time"

	"meterline/vport"
	"meterline/vport/rfc2217"
)

const rfc2217Scheme = "rfc2217://"

// RFC2217 makes the ports that speak Telnet with the Com Port Control Option. log may be nil, and must not block.
func RFC2217(log *slog.Logger) vport.Kind { return rfc2217Kind.newKind(log) }

// rfc2217Kind is a port that speaks Telnet with the Com Port Control Option, e.g. rfc2217://127.0.0.1:4001.
var rfc2217Kind = kind{
	scheme: rfc2217Scheme, newWire: func() wire { return newTelnetWire() },
	refusal: "\r\nmeterline cannot give you this port: %s\r\n",
	dress:   func(p *port) vport.Port { return &rfc2217Port{p} },
}

// rfc2217Port is a network port whose program can do to it what it can do to a serial port.
type rfc2217Port struct{ *port }

// SetSignal sets the function that gets settings, purges, breaks, DTR and RTS.
func (p *rfc2217Port) SetSignal(f func(vport.Signal)) { p.queue.SetSignal(f) }

// Settings returns the present client's.
func (p *rfc2217Port) Settings() vport.Settings { return p.queue.Settings() }

// SetCarrier switches DCD.
func (p *rfc2217Port) SetCarrier(on bool) { p.setLines(func() { p.carrier = on }) }

// SetRing switches RI.
func (p *rfc2217Port) SetRing(on bool) { p.setLines(func() { p.ring = on }) }

func (p *rfc2217Port) setLines(set func()) {
	p.queue.Lock()
	set()
	c := p.client
	if c != nil && (!c.there || c.gone) {
		c = nil // it gets the lines when it has come
	}
	var lines []byte
	if c != nil {
		lines = c.wire.lines(p.carrier, p.ring)
	}
	p.queue.Unlock()
	if c != nil {
		c.send(lines)
	}
}

const (
	errNotTelnet languageError = "it does not speak Telnet (RFC 2217): use that there, or tcp:// here for raw bytes"

	rawWithin    = time.Second     // how long a client that sends bytes first may take to send commands
	settleWithin = 2 * time.Second // how long it may take after its first command to answer what it was asked
)

// telnetWire is Telnet with the Com Port Control Option, as the server.
type telnetWire struct {
	mu     sync.Mutex
	server *rfc2217.Server
	first  time.Time // when it sent anything
	spoke  time.Time // when it sent the first command

	stopped bool // the client has suspended the flow of data
}

func newTelnetWire() *telnetWire {
	return &telnetWire{server: rfc2217.NewServer("meterline", rfc2217.CTS|rfc2217.DSR)}
}

func (w *telnetWire) start() []byte {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.server.Start(nil)
}

func (w *telnetWire) decode(p []byte) ([]piece, []byte, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := w.server.Decode(p)
	if w.first.IsZero() {
		w.first = time.Now()
	}
	if w.spoke.IsZero() && w.server.Spoken() {
		w.spoke = time.Now()
	}
	var pieces []piece
	for _, q := range out.Pieces {
		switch q.Event.Kind {
		case rfc2217.Suspend, rfc2217.Resume:
			w.stopped = q.Event.Kind == rfc2217.Suspend
		}
		if piece, ok := pieceOf(q); ok {
			pieces = append(pieces, piece)
		}
	}
	return pieces, append([]byte(nil), out.Reply...), nil
}

// pieceOf returns a piece as the port knows it, false if it does not.
func pieceOf(q rfc2217.Piece) (piece, bool) {
	if q.Data != nil {
		return piece{Data: q.Data}, true
	}
	s := vport.Signal{On: q.Event.Value == 1}
	switch q.Event.Kind {
	case rfc2217.Changed:
		s = vport.Signal{Kind: vport.SignalSettings, Settings: q.Event.Settings}
	case rfc2217.Purge:
		s = vport.Signal{Kind: vport.SignalPurge, Received: q.Event.Value&rfc2217.PurgeReceived != 0, ToSend: q.Event.Value&rfc2217.PurgeToSend != 0}
	case rfc2217.Break:
		s.Kind = vport.SignalBreak
		if q.Event.Value == rfc2217.BreakShort {
			s.Kind = vport.SignalBreakShort
		}
	case rfc2217.DTR:
		s.Kind = vport.SignalDTR
	case rfc2217.RTS:
		s.Kind = vport.SignalRTS
	default:
		return piece{}, false
	}
	return piece{Signal: s}, true
}

func (w *telnetWire) encode(dst, p []byte) []byte {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.server.AppendData(dst, p)
}

func (w *telnetWire) arrived() time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.server.Settled():
		return 0
	case !w.spoke.IsZero():
		return max(time.Until(w.spoke.Add(settleWithin)), 0)
	case !w.first.IsZero():
		return max(time.Until(w.first.Add(rawWithin)), 1)
	}
	return arriveWithin
}

func (w *telnetWire) suspended() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.stopped
}

func (w *telnetWire) lines(carrier, ring bool) []byte {
	w.mu.Lock()
	defer w.mu.Unlock()
	lines := byte(rfc2217.CTS | rfc2217.DSR)
	if carrier {
		lines |= rfc2217.CD
	}
	if ring {
		lines |= rfc2217.RI
	}
	return w.server.AppendLines(nil, lines)
}

// TCP makes the ports of raw bytes over TCP. log may be nil, and must not block.
func TCP(log *slog.Logger) vport.Kind { return tcpKind.newKind(log) }

// tcpKind is a port of raw bytes over TCP, e.g. tcp://127.0.0.1:4001.
var tcpKind = kind{
	scheme: "tcp://", newWire: func() wire { return &rawWire{} },
	dress: func(p *port) vport.Port { return p },
}

// rawWire passes bytes unchanged.
type rawWire struct{ begun bool }

const errTelnet languageError = "it speaks Telnet (RFC 2217), and this port passes raw bytes: use raw TCP there, or rfc2217:// here"

func (w *rawWire) start() []byte { return nil }

// decode checks only the first bytes: a client that negotiates does so at once, and in whole commands. No request of a meter's
// protocol begins like that.
func (w *rawWire) decode(p []byte) ([]piece, []byte, error) {
	if !w.begun && negotiates(p) {
		return nil, nil, errTelnet
	}
	w.begun = true
	return []piece{{Data: p}}, nil, nil
}

// negotiates reports whether p begins with IAC, one of WILL, WONT, DO and DONT, and an option that clients ask for: binary,
// echo, suppress go ahead, status, terminal type, window size, speed, environment, or the com port.
func negotiates(p []byte) bool {
	options := []byte{0, 1, 3, 5, 24, 31, 32, 33, 34, 35, 36, 37, 39, 44}
	return len(p) >= 3 && p[0] == 0xFF && p[1] >= 0xFB && p[1] <= 0xFE && slices.Contains(options, p[2])
}

func (w *rawWire) encode(_, p []byte) []byte { return p }

func (w *rawWire) arrived() time.Duration { return 0 }

func (w *rawWire) suspended() bool { return false }

func (w *rawWire) lines(bool, bool) []byte { return nil }
