package bridge

import (
	"log/slog"

	"meterline/bridge/frame"
	"meterline/vport"
	"meterline/vport/com"
	"meterline/vport/netport"
	"meterline/vport/pty"
)

// machinePorts are the kinds of ports that this machine has, for tests that do without simulated ones.
func machinePorts(log *slog.Logger) vport.Kinds {
	return vport.Kinds{com.Kind(log), netport.TCP(log), netport.RFC2217(log), pty.Kind(log, nil, frame.BeforeChange)}
}
