package service

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"meterline/cmd/meterline/config"
	"meterline/cmd/meterline/config/configtest"
	"meterline/cmd/meterline/exit"
)

var update = flag.Bool("update", false, "write what the tests get as what they want")

// planned is what would be installed for one of the configurations in testdata.
func planned(t *testing.T, s *Manager, name string) unitPlan {
	t.Helper()
	t.Setenv("STATE_DIRECTORY", "")
	plan, err := s.plan(filepath.Join("testdata", name+".toml"))
	if err != nil {
		t.Fatal(err)
	}
	plan.Config = "/etc/meterline/meterline.toml" // wherever the checkout is
	plan.Home, plan.Tmp = name == "everything", false
	return plan
}

// TestUnits compares all files, and what the operator is told, with golden ones, which go test -run TestUnits -update writes.
func TestUnits(t *testing.T) {
	for _, name := range []string{"plain", "everything"} {
		s := &Manager{program: "/usr/local/bin/meterline"}
		plan := planned(t, s, name)
		files, err := s.files(plan)
		if err != nil {
			t.Fatal(err)
		}
		var got bytes.Buffer
		if err := printFiles(&got, files); err != nil {
			t.Fatal(err)
		}
		got.WriteString(strings.Join(plan.Notes, "\n"))
		golden := filepath.Join("testdata", name+".want")
		if *update {
			if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got.String()); diff != "" {
			t.Errorf("%s: -want +got:\n%s", name, diff)
		}
	}
}

func TestConfigurationInAClosedFolder(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "closed")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	var p unitPlan
	p.enter("/etc")
	if len(p.Notes) > 0 {
		t.Errorf("/etc: %q", p.Notes)
	}
	p.enter(filepath.Join(folder, "deeper"))
	if len(p.Notes) == 0 || !strings.Contains(p.Notes[0], "enter "+folder+" ") || !strings.Contains(p.Notes[0], "/etc/meterline") {
		t.Errorf("%q", p.Notes)
	}
}

// TestUnitsPleaseSystemd has systemd's own tool read the units, and judge how open they leave the machine.
func TestUnitsPleaseSystemd(t *testing.T) {
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Skip("no systemd-analyze")
	}
	for _, name := range []string{"plain", "everything"} {
		plan := planned(t, &Manager{program: "/bin/true"}, name)
		text, err := plan.text()
		if err != nil {
			t.Fatal(err)
		}
		unit := filepath.Join(t.TempDir(), "meterline.service")
		if err := os.WriteFile(unit, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, args := range [][]string{{"verify", "--man=no", unit}, {"security", "--offline=true", "--threshold=30", "--no-pager", unit}} {
			said, err := exec.CommandContext(t.Context(), "systemd-analyze", args...).CombinedOutput()
			if strings.Contains(string(said), "unrecognized option") {
				t.Skipf("systemd-analyze %s refuses: %s", args[0], said)
			}
			if err != nil || args[0] == "verify" && strings.Contains(string(said), "meterline.service:") {
				t.Errorf("%s: %s: %v\n%s", name, args[0], err, said)
			}
		}
	}
}

func TestUnitWords(t *testing.T) {
	for in, want := range map[string]string{
		"/usr/bin/meterline": "/usr/bin/meterline",
		"/a b":               `"/a b"`,
		`/a"b\c`:             `"/a\"b\\c"`,
		"/100%/$HOME":        "/100%%/$$HOME", // where it is no argument, $ is nothing special
		"/a;b":               `"/a;b"`,
	} {
		if got := unitArgument(in); got != want || unitWord(in) != strings.ReplaceAll(want, "$$", "$") {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}

func TestOpenFilesGrowWithThePorts(t *testing.T) {
	for ports, want := range map[int]int{1: 4096, 1000: 16384, 10_000: 131072} {
		var set config.Settings
		set.Bridge.Ports = slices.Grow(set.Bridge.Ports, ports)[:ports]
		set.Bridge.Modems = slices.Grow(set.Bridge.Modems, ports)[:ports]
		if got := openFiles(&set); got != want {
			t.Errorf("%d ports: %d, want %d", ports, got, want)
		}
	}
}

// installed is the service below a folder of the test's, and what was said and run.
func installed(t *testing.T) (s *Manager, config string) {
	t.Helper()
	dir := configtest.Write(t, "meterline.toml", "[modem.a]\ndial = \"10.0.0.1:1\"\nport = \"/run/meterline/a\"\n[usb.g]\nusb = \"12d1:1001\"\n")
	s = &Manager{root: t.TempDir(), program: "/usr/bin/meterline", runs: func() bool { return false }}
	config = filepath.Join(dir, "meterline.toml")
	var out strings.Builder
	if err := s.Install(t.Context(), &out, config); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"wrote " + s.root + unitPath, "wrote " + s.root + udevPath, "\n  systemctl daemon-reload\n", "udevadm"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not said:\n%s", want, out.String())
		}
	}
	return s, config
}

func TestInstallFollowsTheConfiguration(t *testing.T) {
	s, config := installed(t)
	if err := os.WriteFile(config, []byte("[modem.a]\nlisten = \":80\"\nallow = [\"10.0.0.1\"]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := s.Install(t.Context(), &out, config); err != nil {
		t.Fatal(err)
	}
	unit, err := os.ReadFile(s.root + unitPath)
	if err != nil || !strings.Contains(string(unit), "\nAmbientCapabilities=CAP_NET_BIND_SERVICE\n") {
		t.Errorf("%v\n%s", err, unit)
	}
	if _, err := os.Stat(s.root + udevPath); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the rule for a modem that is not there any more: %v", err)
	}
	if !strings.Contains(out.String(), "chgrp meterline "+config) {
		t.Errorf("nothing is said of a file that the service cannot read:\n%s", out.String())
	}
}

// TestInstallLeavesWhatIsNotItsOwn: nothing is written at all then.
func TestInstallLeavesWhatIsNotItsOwn(t *testing.T) {
	s, config := installed(t)
	byHand := "[Service]\nExecStart=/bin/true\n"
	if err := os.WriteFile(s.root+sysusersPath, []byte(byHand), 0o600); err != nil {
		t.Fatal(err)
	}
	unit, err := os.OpenFile(s.root+unitPath, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := unit.WriteString("# mine\n"); err != nil || unit.Close() != nil {
		t.Fatal(err)
	}
	for name, do := range map[string]func() error{
		"install":   func() error { return s.Install(t.Context(), new(strings.Builder), config) },
		"uninstall": func() error { return s.Uninstall(t.Context(), new(strings.Builder)) },
	} {
		err := do()
		if err == nil || !strings.Contains(err.Error(), unitPath) || !strings.Contains(err.Error(), sysusersPath) || !strings.Contains(err.Error(), "--force") {
			t.Errorf("%s: %v", name, err)
		}
		if text, err := os.ReadFile(s.root + sysusersPath); err != nil || string(text) != byHand {
			t.Errorf("%s: %v, %q", name, err, text)
		}
	}
	s.force = true
	if err := s.Install(t.Context(), new(strings.Builder), config); err != nil {
		t.Error(err)
	}
	s.force = false
	if err := s.Uninstall(t.Context(), new(strings.Builder)); err != nil {
		t.Error(err)
	}
	err = filepath.WalkDir(s.root, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			t.Errorf("%s is left", path)
		}
		return err
	})
	if err := errors.Join(err, s.Uninstall(t.Context(), new(strings.Builder))); !errors.Is(err, errNotInstalled) {
		t.Errorf("a second time: %v", err)
	}
}

func TestInstallRefuses(t *testing.T) {
	s := &Manager{root: t.TempDir(), program: "/usr/bin/meterline"}
	bad := filepath.Join(configtest.Write(t, "m.toml", "[modem.a]\nfrob = 1\n"), "m.toml")
	good := filepath.Join("testdata", "plain.toml")
	if err := s.Install(t.Context(), new(strings.Builder), bad); exit.Code(err) != exit.Usage || !strings.Contains(err.Error(), "m.toml:2: ") {
		t.Errorf("a faulty configuration: %v", err)
	}
	s.program = "meterline"
	if err := s.Install(t.Context(), new(strings.Builder), good); exit.Code(err) != exit.Usage || !strings.Contains(err.Error(), "full path") {
		t.Errorf("a short name: %v", err)
	}
	s.program = "" // a test's program is a temporary one
	if err := s.Install(t.Context(), new(strings.Builder), good); exit.Code(err) != exit.Usage || !strings.Contains(err.Error(), "/usr/local/bin") {
		t.Errorf("a temporary program: %v", err)
	}
	if entries, err := os.ReadDir(s.root); err != nil || len(entries) > 0 {
		t.Errorf("%v, %v", entries, err)
	}
}

func TestSystemdIsAsked(t *testing.T) {
	var ran []string
	s := &Manager{runs: func() bool { return true }, do: func(_ context.Context, command ...string) error {
		ran = append(ran, strings.Join(command, " "))
		return nil
	}}
	if err := s.all(t.Context(), new(strings.Builder), [][]string{{"a", "b"}, {"c"}}); err != nil || !slices.Equal(ran, []string{"a b", "c"}) {
		t.Errorf("%v, ran %q", err, ran)
	}
	s.root = t.TempDir()
	if err := s.Start(t.Context(), nil); !errors.Is(err, errNotInstalled) {
		t.Errorf("start: %v", err)
	}
	s.runs = func() bool { return false }
	if err := s.Stop(t.Context(), nil); !errors.Is(err, errNoSystemd) {
		t.Errorf("stop: %v", err)
	}
}
