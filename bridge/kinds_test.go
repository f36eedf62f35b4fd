package bridge

import (
	"log/slog"

	"meterline/vport"
	"meterline/vport/pty"
)

// machinePorts are the kinds of ports that this machine has, for tests that do without simulated ones.
func machinePorts(log *slog.Logger) vport.Kinds {
	return vport.Kinds{vport.COMKind(log), vport.TCPKind(log), vport.RFC2217Kind(log), pty.Kind(log, nil)}
}
