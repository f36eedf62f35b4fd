package daemon

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	systemd "github.com/coreos/go-systemd/v22/daemon"

	"meterline/bridge/status"
)

// statusEvery is how often the service manager gets a new status line.
const statusEvery = 30 * time.Second

// notifier tells the service manager about the daemon's state (sd_notify(3)). Without a service manager it does nothing.
type notifier struct {
	log *slog.Logger
}

// wanted reports whether a service manager listens.
func (n notifier) wanted() bool { return os.Getenv("NOTIFY_SOCKET") != "" }

func (n notifier) tell(lines ...string) {
	if _, err := systemd.SdNotify(false, strings.Join(lines, "\n")); err != nil {
		n.log.Warn("tell the service manager", "error", err)
	}
}

// ready is sent after the start, and after each reload.
func (n notifier) ready(st status.Status) { n.tell(systemd.SdNotifyReady, statusLine(st)) }

func (n notifier) stopping() { n.tell(systemd.SdNotifyStopping) }

// reloading includes the time, which Type=notify-reload requires.
func (n notifier) reloading() {
	lines := []string{systemd.SdNotifyReloading}
	if usec, ok := monotonic(); ok {
		lines = append(lines, fmt.Sprintf("MONOTONIC_USEC=%d", usec))
	}
	n.tell(lines...)
}

// beat resets the watchdog and renews the status line until ctx ends. status takes every lock that could be stuck, so that a daemon that
// hangs does not reset the watchdog.
func (n notifier) beat(ctx context.Context, status func() status.Status) {
	if !n.wanted() {
		return
	}
	watchdog, err := systemd.SdWatchdogEnabled(false)
	if err != nil {
		n.log.Warn("watchdog of the service manager", "error", err)
	}
	every := statusEvery
	if watchdog > 0 {
		every = min(every, watchdog/2)
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			lines := []string{statusLine(status())}
			if watchdog > 0 {
				lines = append(lines, systemd.SdNotifyWatchdog)
			}
			n.tell(lines...)
		}
	}
}

// statusLine returns the line that systemctl status shows.
func statusLine(st status.Status) string {
	var joined, up int
	for _, p := range st.Ports {
		if p.State == "joined" {
			joined++
		}
	}
	for _, m := range st.Modems {
		if m.State == "up" {
			up++
		}
	}
	return fmt.Sprintf("STATUS=%d of %d modems up, %d of %d ports joined", up, len(st.Modems), joined, len(st.Ports))
}
