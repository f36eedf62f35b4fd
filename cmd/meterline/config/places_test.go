package config

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"meterline/cmd/meterline/config/configtest"
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

// A link to the folder of ports gives each port a second path: /dev/meterline may be a link to /run/meterline.
func TestOnePathUnderTwoNames(t *testing.T) {
	for _, order := range [][2]string{{"real", "alias"}, {"alias", "real"}, {"alias", "other"}} {
		dir := configtest.Write(t, "main.toml", fmt.Sprintf(`
[modem.a]
dial = "10.0.0.1:1"
port = "./%s/x"
[modem.b]
dial = "10.0.0.2:1"
port = "./%s/x"
[modem.c]
dial = "10.0.0.3:1"
port = "./%[2]s/y"
`, order[0], order[1]))
		if err := os.Mkdir(filepath.Join(dir, "real"), 0o755); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"alias", "other"} {
			if err := os.Symlink("real", filepath.Join(dir, name)); err != nil {
				t.Skip(err) // on Windows a right of its own
			}
		}
		_, err := Load(filepath.Join(dir, "main.toml"))
		if err == nil || !strings.Contains(err.Error(), "is taken by [modem.a]") || strings.Contains(err.Error(), "[modem.c]") {
			t.Errorf("%s: got %v", order, err)
		}
	}
}

func TestDefaultControl(t *testing.T) {
	if runtime.GOOS != "windows" && os.Geteuid() == 0 {
		if got := defaultControl("."); filepath.Base(got) != "control.sock" || !filepath.IsAbs(got) {
			t.Errorf("root: %s", got)
		}
	}
	t.Setenv("XDG_RUNTIME_DIR", "")
	t.Setenv("ProgramData", `C:\ProgramData`)
	if got := defaultControl("."); !filepath.IsAbs(got) {
		t.Errorf("%s is not absolute", got)
	}
}
