package control

import (
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"meterline/bridge/status"
)

// FullName returns the full path of a port that is named by a relative path. Other names stay as they are.
func FullName(name string) string {
	if !strings.ContainsAny(name, `/\`) || strings.Contains(name, "://") {
		return name
	}
	if full, err := filepath.Abs(name); err == nil {
		return full
	}
	return name
}

// Select returns st with only those ports and modems that the names or patterns (path.Match) mean: ports by name, path, device or modem, and
// modems by name. No names mean everything. A name that matches nothing is an error.
func Select(st status.Status, names []string) (status.Status, error) {
	if len(names) == 0 {
		return st, nil
	}
	used := make([]bool, len(names))
	wanted := func(candidates ...string) bool {
		found := false
		for i, name := range names {
			if slices.ContainsFunc(candidates, func(c string) bool { return nameMatches(name, c) }) {
				used[i], found = true, true
			}
		}
		return found
	}
	ports, modems := []status.Port{}, []status.Modem{}
	owners := make(map[string]bool) // the modems of the selected ports, which are shown with them
	for _, p := range st.Ports {
		if wanted(p.Name, p.Path, p.Device, p.Modem) {
			ports = append(ports, p)
			owners[p.Modem] = true
		}
	}
	for _, m := range st.Modems {
		if wanted(m.Name) || owners[m.Name] {
			modems = append(modems, m)
		}
	}
	if i := slices.Index(used, false); i >= 0 {
		return st, fmt.Errorf("no modem or port is called %q; see meterline status", names[i])
	}
	st.Ports, st.Modems = ports, modems
	return st, nil
}

// nameMatches reports whether a name or pattern matches candidate. A name that is no valid pattern matches itself.
func nameMatches(name, candidate string) bool {
	if candidate == "" {
		return false
	}
	if name == candidate || FullName(name) == candidate {
		return true
	}
	ok, err := path.Match(name, candidate)
	return err == nil && ok
}

// PortIs reports whether name is the port's name, path or device.
func PortIs(p status.Port, name string) bool {
	return p.Name == name || p.Path == name || p.Device == name && name != ""
}
