package service

import (
	"fmt"
	"math/bits"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"meterline/cmd/meterline/config"
	"meterline/cmd/meterline/daemon"
)

// unitPlan is what the configuration needs of the unit.
type unitPlan struct {
	Program, Config string
	Groups          []string // in addition to serviceGroup
	Writable        []string // folders that the service must be able to write to
	Logs            bool     // the log is in systemd's folder for logs
	Home, Tmp       bool     // something is in users' home folders, or in /tmp
	LowPorts        bool     // it listens at a port below 1024
	USB             bool
	Devices, USBIDs []string
	Files           int      // how many files may be open at the same time
	Notes           []string // what the operator has to do
}

// planUnit returns what the unit must allow for a configuration.
func planUnit(set *config.Settings, program, config string) unitPlan {
	p := unitPlan{Program: program, Config: config, Groups: []string{serviceUser}, Files: openFiles(set)}
	p.within(config, program)
	p.write("control", filepath.Dir(set.Control))
	if set.Ledger != "" {
		p.write("state", filepath.Dir(set.Ledger))
	}
	if set.Log.File != "" && !daemon.IsStandardOutput(set.Log.File) {
		p.write("log_file", filepath.Dir(set.Log.File))
	}
	p.group(set.ControlGroup)
	for _, e := range set.Bridge.Exchanges {
		p.listen(e.Listen)
	}
	for _, m := range set.Bridge.Modems {
		p.listen(m.Listen)
	}
	p.ports(set)
	for _, u := range set.Bridge.USB {
		p.USB = true
		p.device(u.Select.Path)
		if u.Select.ID != "" && !slices.Contains(p.USBIDs, u.Select.ID) {
			p.USBIDs = append(p.USBIDs, u.Select.ID)
		}
	}
	return p
}

// openFiles returns the limit of open files. It has room for twice the ports and modems, because a reload cannot raise it. There can be
// twice as many unregistered callers as modems.
func openFiles(set *config.Settings) int {
	ports, modems := len(set.Bridge.Ports), len(set.Bridge.Modems)
	need := 2 * (2*ports + modems + max(256, 2*modems))
	return max(4096, 1<<bits.Len(uint(need)))
}

func (p *unitPlan) ports(set *config.Settings) {
	var inDev []string
	for _, port := range set.Bridge.Ports {
		p.group(port.Spec.Group)
		if port.Spec.Owner != "" && port.Spec.Owner != serviceUser {
			p.note("port %s: owner = %q: user %s cannot give it away: write group in place of owner", port.Spec.Address, port.Spec.Owner, serviceUser)
		}
		if _, address, network := strings.Cut(port.Spec.Address, "://"); network {
			p.listen(address)
		} else if port.Spec.Address != "" && below("/dev", port.Spec.Address) {
			inDev = append(inDev, port.Spec.Address)
		} else if port.Spec.Address != "" {
			p.write("port "+port.Name, filepath.Dir(port.Spec.Address))
		}
	}
	if n := len(inDev); n > 0 {
		more := ""
		if n > 1 {
			more = fmt.Sprintf(" and %d more", n-1)
		}
		p.note(`port %s%s: user %s cannot make links in /dev: write "%s/%s", which is also /dev/meterline/%[5]s`,
			inDev[0], more, serviceUser, runFolder, filepath.Base(inDev[0]))
	}
}

// Needs returns the paths that must exist for the service to start.
func (p unitPlan) Needs() []string { return append([]string{p.Program, p.Config}, p.Writable...) }

func (p *unitPlan) note(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); !slices.Contains(p.Notes, text) {
		p.Notes = append(p.Notes, text)
	}
}

// enter adds a note about a folder on the way to the configuration that other users cannot enter, such as /root and most home folders.
func (p *unitPlan) enter(folder string) {
	for ; folder != filepath.Dir(folder); folder = filepath.Dir(folder) {
		if info, err := os.Stat(folder); err == nil && info.Mode().Perm()&0o001 == 0 {
			p.note("user %s must be able to enter %s to read the configuration: better put that into /etc/meterline", serviceUser, folder)
		}
	}
}

func (p *unitPlan) group(name string) {
	if name != "" && name != serviceGroup && !slices.Contains(p.Groups, name) {
		p.Groups = append(p.Groups, name)
	}
}

// write makes sure that the service can write to a folder.
func (p *unitPlan) write(what, folder string) {
	p.within(folder)
	switch {
	case below(runFolder, folder), below(stateFolder, folder), slices.Contains(p.Writable, folder):
	case below(logsFolder, folder):
		p.Logs = true
	default:
		p.Writable = append(p.Writable, folder)
		p.note("%s: folder %s must be there, and user %s must be able to write in it", what, folder, serviceUser)
	}
}

// within records which folders must not be hidden from the service.
func (p *unitPlan) within(paths ...string) {
	for _, path := range paths {
		p.Home = p.Home || below("/home", path) || below("/root", path) || below("/run/user", path)
		p.Tmp = p.Tmp || below("/tmp", path) || below("/var/tmp", path)
	}
}

// listen records whether listening at the address needs a capability.
func (p *unitPlan) listen(address string) {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return
	}
	n, err := strconv.Atoi(port)
	p.LowPorts = p.LowPorts || err == nil && n > 0 && n < 1024
}

// device allows the device classes of USB modems, and the device at path if one is given.
func (p *unitPlan) device(path string) {
	allow := []string{"char-ttyUSB", "char-ttyACM"}
	if path != "" && !below("/dev/serial", path) && !strings.HasPrefix(path, "/dev/ttyUSB") && !strings.HasPrefix(path, "/dev/ttyACM") {
		allow = append(allow, path)
	}
	for _, one := range allow {
		if !slices.Contains(p.Devices, one) {
			p.Devices = append(p.Devices, one)
		}
	}
}

// below reports whether path is folder, or is in it.
func below(folder, path string) bool {
	return path == folder || strings.HasPrefix(path, folder+"/")
}
