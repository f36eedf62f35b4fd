package netport

import (
	"log/slog"
	"slices"
	"time"

	"meterline/vport"
)

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
