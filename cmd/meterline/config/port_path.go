package config

import (
	"fmt"
	"path/filepath"
	"strings"

	"meterline/cmd/meterline/config/table"
)

// claimPath makes the path under key an absolute one, and reserves it for the port.
func (c *checker) claimPath(t *table.Table, key, path string) (full string, free bool) {
	v := t.Value(key)
	full = absolute(v.Folder(), path)
	hint := "each port has its own"
	if v.Soft {
		hint = `write {name} into it, like "/run/meterline/{name}"`
	}
	taken := table.Flawf(hint, "%s %s: %s is taken", t.Label(), key, path)
	free = c.claim("path", full, v.At, t.Label(), taken)
	// A link to a folder gives a path a second name: /dev/meterline may be a link to /run/meterline.
	if real := realPath(full); free && real != full {
		free = c.claim("path", real, v.At, t.Label(), taken)
	}
	return full, free
}

// realPath is path with the links to its folder followed, or path itself where the folder is not there yet.
func realPath(path string) string {
	folder, err := filepath.EvalSymlinks(filepath.Dir(path))
	if err != nil {
		return path
	}
	return filepath.Join(folder, filepath.Base(path))
}

// pathFlaw refuses what cannot be the path of a port.
func pathFlaw(path string) *table.Flaw {
	clean := filepath.ToSlash(filepath.Clean(path))
	switch {
	case isNetwork(path):
		return table.Flawf(fmt.Sprintf("write listen = %q in place of path", path), "%q is a port over the network", path)
	case strings.Contains(path, "://"):
		return table.Flawf(`write a path, like "/run/meterline/boiler", or "tcp://127.0.0.1:4012"`, "%q has an unknown scheme", path)
	case strings.ContainsAny(path, "{}"):
		return table.Flawf("braces stand for columns only in a list, and {name} for the name", "%q has braces in it", path)
	case strings.HasSuffix(path, "/") || clean == "." || clean == ".." || strings.HasSuffix(clean, "/.."):
		return table.Flawf("write the port's own name behind it", "%q is a folder", path)
	case !strings.ContainsAny(path, `/\`):
		return table.Flawf(fmt.Sprintf(`write "./%s" or "/run/meterline/%s"`, path, path), "%q is a name without a folder", path)
	case len(path) > 1024:
		return table.Flawf("write a shorter one", "a path of %d bytes", len(path))
	}
	for _, taken := range []string{"/dev/pts", "/dev/ptmx", "/dev/tty", "/dev/console", "/dev/null", "/proc", "/sys"} {
		if clean == taken || strings.HasPrefix(clean, taken+"/") {
			return table.Flawf(fmt.Sprintf(`write a path of its own, like "/run/meterline/%s"`, filepath.Base(clean)), "%s belongs to the system", path)
		}
	}
	return nil
}

// pathsInPaths reports a path that would have to be a folder for another one.
func (c *checker) pathsInPaths() {
	for k, who := range c.claims {
		if k.space != "path" {
			continue
		}
		for dir := filepath.Dir(k.key); dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
			if other, taken := c.claims[claim{"path", dir}]; taken {
				c.found.Fault(who.at, table.Flawf("write another path", "%s: its path is below that of %s at %s, which is no folder", who.label, other.label, other.at))
			}
		}
	}
}
