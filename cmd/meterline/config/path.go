package config

import (
	"path/filepath"
	"strings"
)

// from is path as it is meant in a file of a system that stands in dir. On Windows one without a drive counts from the root of
// that of the file, and one like C:logs from the root of its own: the current folder of a drive, by which Windows goes, is not
// the same for a service and for whoever tries the file by hand.
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

// cutDrive takes Windows' letter of a drive, and its colon, off a path.
func cutDrive(goos, path string) (drive, rest string) {
	if goos != "windows" || len(path) < 2 || path[1] != ':' || path[0]|0x20 < 'a' || path[0]|0x20 > 'z' {
		return "", path
	}
	return path[:2], path[2:]
}
