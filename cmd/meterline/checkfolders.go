package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"meterline/bridge/diskfile"
	"meterline/cmd/meterline/config"
)

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
