package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"meterline/bridge"
	"meterline/bridge/diskfile"
	"meterline/bridge/ledger"
	"meterline/bridge/status"
	"meterline/cmd/meterline/config"
	"meterline/cmd/meterline/config/table"
	"meterline/cmd/meterline/control"
	"meterline/cmd/meterline/daemon"
	"meterline/cmd/meterline/exit"
	"meterline/cmd/meterline/render"
	"meterline/vport/com"
	"meterline/vport/pty"
)

const checkLong = `Read the configuration with all its includes and lists, and print all faults, each with its file
and line and what to write instead: then it ends with 2. Warnings do not change the exit code:
limits of the system that are too low, paths and addresses that are in use, folders in which
everybody can put something in a port's place, a state file of another version, modems that are
not plugged in or held by another program, a driver of COM ports that Windows does not load, IMEIs
with a wrong check digit, readings that are simulated. Nothing is made or changed, and a daemon may run meanwhile.`

func newCheck() *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "check [FILE]",
		Short: "find all faults of the configuration, without serving it",
		Long:  checkLong,
		Args:  cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			file, err := fileOf(cmd, file, args)
			if err != nil {
				return err
			}
			set, err := config.Load(file)
			if err != nil {
				return exit.ConfigurationError(err)
			}
			return checkHere(cmd.Context(), cmd.OutOrStdout(), set)
		},
	}
	fileFlag(cmd, &file)
	return cmd
}

// checkHere prints what would be in the way of a daemon with these settings on this machine now. What a running daemon uses already is not
// in its way.
func checkHere(ctx context.Context, w io.Writer, set *config.Settings) error {
	warnings := set.Warnings
	if err := pty.RaiseLimits(); err != nil {
		warnings = append(warnings, err.Error())
	}
	warnings = append(warnings, pty.Limits(set.Bridge.Specs(), len(set.Bridge.Modems))...)
	if err := control.CheckGroup(set.ControlGroup); err != nil {
		warnings = append(warnings, err.Error())
	}
	warnings = append(warnings, comWarnings(set.Bridge)...)
	warnings = append(warnings, exposedFolders(set)...)
	warnings = append(warnings, ledger.Check(set.Ledger)...)
	warnings = append(warnings, unsafeLog(set.Log.File)...)
	running, unanswered := control.NewClient(set.Control, 0).Status(ctx)
	note := ""
	switch {
	case unanswered == nil:
		note = fmt.Sprintf("note: a daemon answers at %s; meterline reload makes it go over to this file\n", set.Control)
		warnings = append(warnings, pathsInUse(set, running)...)
	case errors.Is(unanswered, fs.ErrPermission):
		note = fmt.Sprintf("note: a daemon may run, and this user may not ask it (%v): whether paths and addresses are in use was not looked at\n", unanswered)
	default:
		warnings = append(warnings, notWritable(set)...)
		warnings = append(warnings, pathsInUse(set, running)...)
		warnings = append(warnings, addressesInUse(ctx, set)...)
	}
	warnings = append(warnings, notPluggedIn(set.Bridge, running)...)
	var b strings.Builder
	for _, warning := range warnings {
		fmt.Fprintf(&b, "warning: %s\n", warning)
	}
	fmt.Fprintf(&b, "%s%s: no faults; %s\n", note, set.File,
		render.Inventory(len(set.Bridge.Ports), len(set.Bridge.Modems), len(set.Bridge.Exchanges)))
	_, err := io.WriteString(w, b.String())
	return err
}

// comWarnings returns why the driver of COM ports cannot serve those of the configuration.
func comWarnings(cfg bridge.Config) []string {
	if len(comPorts(cfg)) == 0 {
		return nil
	}
	driver, err := com.AskDriver()
	if err != nil {
		return []string{err.Error()}
	}
	return driver.Faults()
}

// pathsInUse returns the paths at which no port could be made.
func pathsInUse(set *config.Settings, running status.Status) []string {
	kinds := daemon.PortKinds(nil, pty.ReadLinks(set.Places().Record()))
	var warnings []string
	for _, p := range set.Bridge.Ports {
		served := func(q status.Port) bool { return q.Path == p.Spec.Address }
		if slices.ContainsFunc(running.Ports, served) {
			continue
		}
		err := kinds.Check(p.Spec)
		all := table.Joined(err)
		if err != nil && all == nil {
			all = []error{err}
		}
		for _, one := range all {
			warnings = append(warnings, located(set.WherePath(p.Spec.Address), one.Error()))
		}
	}
	return warnings
}

// located puts the place in the configuration before a warning. The place may be unknown, which is empty.
func located(where, text string) string {
	if where == "" {
		return text
	}
	return where + ": " + text
}

// addressesInUse listens at each listening address for a moment, and returns those that are in use.
func addressesInUse(ctx context.Context, set *config.Settings) []string {
	var addresses, warnings []string
	for _, e := range set.Bridge.Exchanges {
		addresses = append(addresses, e.Listen)
	}
	for _, m := range set.Bridge.Modems {
		if m.Listen != "" && !m.Disabled {
			addresses = append(addresses, m.Listen)
		}
	}
	for _, address := range addresses {
		var config net.ListenConfig
		ln, err := config.Listen(ctx, "tcp", address)
		if err == nil {
			err = ln.Close()
		}
		if addressInUse(err) {
			warnings = append(warnings, located(set.WhereListen(address), fmt.Sprintf("listen %s: another program listens there", address)))
		} else if err != nil {
			warnings = append(warnings, located(set.WhereListen(address), err.Error()))
		}
	}
	return warnings
}

// notPluggedIn returns which plugged-in modems cannot be used. What a running daemon says about its own modems is taken as it is.
func notPluggedIn(cfg bridge.Config, running status.Status) []string {
	var warnings []string
	for _, u := range cfg.USB {
		i := slices.IndexFunc(running.USB, func(s status.USB) bool { return s.Name == u.Name })
		switch {
		case i < 0:
			if err := u.Select.Check(); err != nil {
				warnings = append(warnings, fmt.Sprintf("%s: %v", table.Header("usb", u.Name), err))
			}
		case running.USB[i].Problem != "":
			warnings = append(warnings, fmt.Sprintf("%s: %s", table.Header("usb", u.Name), running.USB[i].Problem))
		}
	}
	return warnings
}

// addressInUse reports whether err means that somebody listens at the address already.
func addressInUse(err error) bool {
	const wsaeAddrInUse = syscall.Errno(10048) // WSAEADDRINUSE of Windows; not used on other systems
	return errors.Is(err, syscall.EADDRINUSE) || errors.Is(err, wsaeAddrInUse)
}

// exposedFolders warns about folders in which any user could replace a port's link, the configuration, or another file of the daemon. With a
// link to another port, a program would read another meter.
func exposedFolders(set *config.Settings) []string {
	var folders []string // in the order of the files in them
	standing := make(map[string][]string)
	add := func(what, path string) {
		if !filepath.IsAbs(path) || config.Handed(path) {
			return
		}
		folder := filepath.Dir(path)
		if standing[folder] == nil {
			folders = append(folders, folder)
		}
		standing[folder] = append(standing[folder], what)
	}
	for _, p := range set.Bridge.Ports {
		add("port "+p.Spec.Address, p.Spec.Address)
	}
	add("control", set.Control)
	add("state", set.Ledger)
	add("log_file", set.Log.File)
	var warnings []string
	for _, folder := range folders {
		if text := exposed(folder, standing[folder]); text != "" {
			warnings = append(warnings, text)
		}
	}
	file := set.Path()
	if how, where := diskfile.ExposureOf(filepath.Dir(file)); how == diskfile.Replaceable {
		warnings = append(warnings, fmt.Sprintf("configuration %s: everybody can put another one in its place: chmod o-w %s", set.File, where))
	}
	return warnings
}

// exposed returns a warning about a folder with these files, empty if there is no danger.
func exposed(folder string, what []string) string {
	const most = 3
	if n := len(what); n > most {
		what = append(what[:most-1:most-1], fmt.Sprintf("%d more", n-most+1))
	}
	names := strings.Join(what, ", ")
	switch how, where := diskfile.ExposureOf(folder); how {
	case diskfile.Replaceable:
		return fmt.Sprintf("%s: everybody can put a link to another meter, or something else, in their place: chmod o-w %s", names, where)
	case diskfile.Creatable:
		return fmt.Sprintf("%s: everybody can make files in %s, and take these names while no daemon runs: choose a folder of its own, such as %s",
			names, where, ownFolder)
	}
	return ""
}

// ownFolder is the usual folder of links and control socket (systemd's RuntimeDirectory=).
const ownFolder = "/run/meterline"

// notWritable returns which of the daemon's own files this user could not write.
func notWritable(set *config.Settings) []string {
	var warnings []string
	for _, one := range []struct{ key, path string }{{"control", set.Control}, {"state", set.Ledger}, {"log_file", set.Log.File}} {
		if !filepath.IsAbs(one.path) || config.Handed(one.path) {
			continue
		}
		if err := diskfile.Writable(one.path); err != nil {
			where := set.WherePath(one.path)
			if where == "" {
				where = one.key
			}
			warnings = append(warnings, fmt.Sprintf("%s: %v: run meterline as a user who may, or choose another path", where, err))
		}
	}
	return warnings
}

// unsafeLog returns why a daemon would not write its log to path.
func unsafeLog(path string) []string {
	if path == "" {
		return nil
	}
	if _, err := diskfile.Follow(path); err != nil {
		return []string{fmt.Sprintf("log_file: %v; the log goes to standard error", err)}
	}
	return nil
}
