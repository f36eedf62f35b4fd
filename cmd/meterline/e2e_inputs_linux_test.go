package main

import (
	"context"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// fifo makes a pipe that nobody writes to, in the place of what stands there.
func (s *site) fifo(name string) {
	s.Helper()
	if err := os.Remove(s.path(name)); err != nil && !os.IsNotExist(err) {
		s.Fatal(err)
	}
	if err := unix.Mkfifo(s.path(name), 0o600); err != nil {
		s.Fatal(err)
	}
}

// command runs a command that must end by itself.
func (s *site) command(name string, args ...string) (output string, err error) {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.Context(), longest)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = s.dir
	out, err := cmd.CombinedOutput()
	if ctx.Err() != nil {
		s.Errorf("%s %q has not ended by itself: %s", name, args, out)
	}
	return string(out), err
}

// TestPipesAreNoConfiguration: no verb waits for a pipe, wherever the configuration names it.
func TestPipesAreNoConfiguration(t *testing.T) {
	t.Parallel()
	for name, config := range map[string]string{
		"the file":   "",
		"an include": `include = ["pipe"]`,
		"a list":     oneModem + "[list.all]\nfile = \"pipe\"\nexchange = \"gprs\"\n",
		"a PIN":      "[usb.stick]\npath = \"/dev/ttyUSB77\"\npin_file = \"./pipe\"\n",
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, config)
			s.fifo("pipe")
			file := s.file
			if config == "" {
				file = s.path("pipe")
			}
			verbs := []string{"check", "run", "profile test imei", "ports"}
			if config == "" {
				verbs = append(verbs, "status", "reload")
			}
			for _, verb := range verbs {
				out, err := s.command("meterline", append(strings.Fields(verb), "-c", file)...)
				if err == nil || !strings.Contains(out, "a pipe stands there") {
					t.Errorf("%s: %v: %s", verb, err, out)
				}
			}
		})
	}
}

// TestHandedConfiguration: what a shell hands over is read, as by other programs.
func TestHandedConfiguration(t *testing.T) {
	t.Parallel()
	s := newSite(t, oneModem)
	for _, line := range []string{
		"meterline check -c /dev/stdin <$0", "cat $0 | meterline check -c /dev/stdin", "meterline check -c <(cat $0)",
		"meterline profile list -c <(cat $0)",
	} {
		if out, err := s.command("bash", "-c", line, s.file); err != nil || strings.HasPrefix(line, "meterline check") && !strings.Contains(out, "no faults; 1 port") {
			t.Errorf("%s: %v: %s", line, err, out)
		}
	}
}

// TestReloadFromAPipe is refused at once, by whichever file, and the next one is heard.
func TestReloadFromAPipe(t *testing.T) {
	t.Parallel()
	const including = `include = ["more.toml"]` + "\n"
	s := newSite(t, including+oneModem)
	more := func(text string) {
		if err := os.Remove(s.path("more.toml")); err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		if err := os.WriteFile(s.path("more.toml"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	more("")
	s.run()
	refused := func() {
		t.Helper()
		out, err := s.command("meterline", "reload", "--control", s.control)
		if err == nil || !strings.Contains(out, "nothing is changed") || !strings.Contains(out, "a pipe stands there") {
			t.Errorf("reload: %v: %s", err, out)
		}
	}
	s.fifo("more.toml")
	refused()
	more("")
	s.fifo("meterline.toml")
	refused()
	if err := os.Remove(s.file); err != nil {
		t.Fatal(err)
	}
	s.configure(strings.ReplaceAll(including+oneModem, "boiler", "pump"))
	if out := s.must("reload"); !strings.Contains(out, "added: modem pump") {
		t.Errorf("the reload after those says %s", out)
	}
}

// TestNotASocket: what stands in the control socket's place and is none stays there.
func TestNotASocket(t *testing.T) {
	t.Parallel()
	s := newSite(t, oneModem)
	s.fifo("control.sock")
	out, err := s.command("meterline", "run", "-c", s.file)
	if err == nil || !strings.Contains(out, "something that is not a socket stands there") {
		t.Errorf("%v: %s", err, out)
	}
	if info, err := os.Lstat(s.control); err != nil || info.Mode()&fs.ModeNamedPipe == 0 {
		t.Errorf("%v, %v", info, err)
	}
}
