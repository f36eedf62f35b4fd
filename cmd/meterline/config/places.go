package config

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"meterline/cmd/meterline/config/table"
	"meterline/cmd/meterline/control"
)

// Places is where the daemon of a configuration keeps its own files.
type Places struct {
	Control string // the socket, or Windows' named pipe
	State   string // path of the state file, empty: there is none
}

// Places is where the daemon keeps its own files.
func (s *Settings) Places() Places { return Places{Control: s.Control, State: s.Ledger} }

// Path is the full path of the file.
func (s *Settings) Path() string { return absolute(&table.Source{Name: "./-"}, s.File) }

// Record is the base of the files that record which pseudo-terminals the ports have, and that lock them (pty.OpenLinks).
func (p Places) Record() string { return cmp.Or(p.State, p.Control) }

// PlacesOf is what the configuration file names, or the defaults. It checks nothing else of the file: a client must reach the daemon also
// while somebody is editing the file.
func PlacesOf(file string) (Places, error) {
	p := Places{Control: defaultControl(filepath.Dir(file)), State: defaultState(serviceState())}
	text, err := ReadInput(file)
	switch {
	case (errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission)) && file == DefaultFile():
		// A daemon may run without a file in the usual place, or with one that this user cannot read; it is then at the
		// default.
		return p, nil
	case err != nil:
		return Places{}, err
	}
	src := &table.Source{Name: file}
	doc, fault := table.Decode(src, text)
	if fault != nil {
		return Places{}, fault.Err()
	}
	named := make(map[string]string)
	for _, key := range []string{"control", "state"} {
		text, ok := doc.Values[key].(string)
		if doc.Values[key] != nil && !ok {
			return Places{}, fmt.Errorf("%s: %s must be text: write it in quotes", file, key)
		}
		named[key] = text
	}
	if named["control"] != "" {
		p.Control = control.Address(absolute(src, named["control"]))
	}
	if named["state"] != "" {
		p.State = absolute(src, named["state"])
	}
	return p, nil
}

// DefaultFile is the configuration file where none is named.
func DefaultFile() string {
	if file := os.Getenv("METERLINE_CONFIG"); file != "" {
		return file
	}
	return filepath.Join(configFolder(), "meterline.toml")
}

// serviceState is the folder that systemd's StateDirectory= gives to the service, empty: there is none.
func serviceState() string {
	dirs := filepath.SplitList(os.Getenv("STATE_DIRECTORY"))
	if len(dirs) == 0 {
		return ""
	}
	return dirs[0]
}

// defaultState is the path of the state file in the folder of the service, empty where there is no such folder.
func defaultState(folder string) string {
	if folder == "" {
		return ""
	}
	return filepath.Join(folder, "state.json")
}

// absolute resolves a path relative to the folder of the file that it stands in.
func absolute(src *table.Source, path string) string {
	path = from(runtime.GOOS, src.Dir(), path)
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return filepath.Clean(path)
}

// from resolves a path that stands in a file in the folder dir. On Windows, a path without a drive is on the drive of dir,
// and one like C:logs starts at the root of its drive. Windows itself would start at the current folder of the drive,
// which differs between a service and whoever tries the file by hand.
func from(goos, dir, path string) string {
	drive, rest := cutDrive(goos, path)
	rooted := strings.HasPrefix(rest, "/") || goos == "windows" && strings.HasPrefix(rest, `\`)
	switch share := strings.TrimLeft(rest, `\/`); {
	case goos != "windows" && rooted, drive != "" && rooted, len(rest)-len(share) > 1: // the last one: \\server\share, or \\.\pipe
		return path
	case drive != "":
		return drive + `\` + rest
	case rooted:
		if drive, _ = cutDrive(goos, dir); drive == "" {
			drive = filepath.VolumeName(dir) // a share
		}
		return drive + path
	}
	return filepath.Join(dir, path)
}

// cutDrive splits off the letter of a Windows drive and its colon.
func cutDrive(goos, path string) (drive, rest string) {
	if goos != "windows" || len(path) < 2 || path[1] != ':' || path[0]|0x20 < 'a' || path[0]|0x20 > 'z' {
		return "", path
	}
	return path[:2], path[2:]
}
