package main

import (
	"path/filepath"
	"runtime"
	"testing"
)

func TestPathsCountFrom(t *testing.T) {
	for _, c := range []struct{ goos, dir, path, want string }{
		{"windows", `D:\etc`, `\logs\a.log`, `D:\logs\a.log`},
		{"windows", `D:\etc`, "/run/meterline/a", "D:/run/meterline/a"},
		{"windows", `D:\etc`, "C:a.log", `C:\a.log`},
		{"windows", `D:\etc`, `c:logs\a.log`, `c:\logs\a.log`},
		{"windows", `D:\etc`, `C:\a.log`, `C:\a.log`},
		{"windows", `D:\etc`, "C:/a.log", "C:/a.log"},
		{"windows", `D:\etc`, `\\server\share\a.log`, `\\server\share\a.log`},
		{"windows", `D:\etc`, `\\.\pipe\meterline`, `\\.\pipe\meterline`},
		{"windows", `D:\etc`, "a.log", filepath.Join(`D:\etc`, "a.log")},
		{"windows", ".", `\a.log`, `\a.log`},
		{"linux", "/etc", "//a.log", "//a.log"},
		{"linux", "/etc", "/a.log", "/a.log"},
		{"linux", "/etc", `\a.log`, `/etc/\a.log`},
		{"linux", "/etc", "C:a.log", "/etc/C:a.log"},
		{"linux", "/etc", "", "/etc"},
	} {
		if c.goos != "windows" && runtime.GOOS == "windows" {
			continue // filepath.Join goes by this system
		}
		if got := from(c.goos, c.dir, c.path); filepath.ToSlash(got) != filepath.ToSlash(c.want) {
			t.Errorf("%s: %q in %q is %q, want %q", c.goos, c.path, c.dir, got, c.want)
		}
	}
}
