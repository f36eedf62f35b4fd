package daemon

import (
	"log/slog"

	"meterline/bridge/frame"
	"meterline/vport"
	"meterline/vport/com"
	"meterline/vport/netport"
	"meterline/vport/pty"
)

// PortKinds returns the kinds of ports that a configuration may use. links, which may be nil, remembers which terminal each path leads to.
// A new kind is a package of its own and a line here.
func PortKinds(log *slog.Logger, links *pty.Links) vport.Kinds {
	return vport.Kinds{com.Kind(log), netport.TCP(log), netport.RFC2217(log), pty.Kind(log, links, frame.BeforeChange)}
}
