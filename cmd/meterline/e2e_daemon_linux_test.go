package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"meterline/cmd/meterline/exit"
)

// At its end a daemon takes its links away, and only those.
func TestEndOfTheDaemon(t *testing.T) {
	t.Parallel()
	s := startSite(t, fleet(nil, "a", "b"))
	program, modem := s.openSeen("ports/a"), s.online("a", fleetID("a"))
	talk(program, modem)
	theirs := s.path("theirs") // somebody has put his own there meanwhile
	if err := errors.Join(os.Symlink("/dev/null", theirs), os.Rename(theirs, s.path("ports/b"))); err != nil {
		t.Fatal(err)
	}
	s.stop()
	modem.end()
	program.end()
	if exists(s.path("ports/a")) || exists(s.control) {
		t.Error("a link or the control socket is left")
	}
	if target, _ := os.Readlink(s.path("ports/b")); target != "/dev/null" {
		t.Errorf("a link that was somebody else's is gone, or points at %q", target)
	}
}

// process is a daemon of its own.
func (s *site) process() *exec.Cmd {
	s.Helper()
	daemon := exec.Command("meterline", "run", "-c", s.file)
	daemon.Stdout, daemon.Stderr = s.Output(), s.Output()
	if err := daemon.Start(); err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() {
		_ = daemon.Process.Kill() // most have ended
		_ = daemon.Wait()         // for the second time, in most tests
	})
	return daemon
}

// kill ends a process as nothing else does.
func (s *site) kill(p *exec.Cmd) {
	s.Helper()
	if err := p.Process.Kill(); err != nil {
		s.Fatal(err)
	}
	_ = p.Wait() // it tells of the signal
}

// A daemon that was killed has left its links; the next one takes them over.
func TestKilledDaemon(t *testing.T) {
	t.Parallel()
	s := newSite(t, fleet(nil, "a", "b"))
	for range 3 {
		daemon := s.process()
		s.ready()
		program, modem := s.openSeen("ports/a"), s.online("a", fleetID("a"))
		talk(program, modem)
		s.kill(daemon)
		program.end()
		modem.end()
		if !exists(s.path("ports/a")) || !exists(s.path("ports/b")) {
			t.Fatal("kill -9 has removed a link: there is nothing to be tested")
		}
	}
	daemon := s.process()
	s.ready()
	for _, name := range []string{"a", "b"} {
		talk(s.openSeen("ports/"+name), s.online(name, fleetID(name)))
	}
	if err := daemon.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := daemon.Wait(); err != nil {
		t.Errorf("SIGTERM: %v", err)
	}
	if exists(s.path("ports/a")) || exists(s.path("ports/b")) {
		t.Error("a link is left after an orderly end")
	}
}

// A second daemon of the same configuration, started by mistake, does no harm to the first.
func TestSecondDaemon(t *testing.T) {
	t.Parallel()
	s := startSite(t, fleet(nil, "a"))
	program, modem := s.openSeen("ports/a"), s.online("a", fleetID("a"))
	out, err := exec.Command("meterline", "run", "-c", s.file).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "another daemon serves these ports: process ") {
		t.Errorf("the second daemon: %v: %s", err, out)
	}
	talk(program, modem)

	// With a control socket of its own it gets as far as the ports, and finds them taken.
	text, err := os.ReadFile(s.file)
	if err != nil {
		t.Fatal(err)
	}
	second := &site{TB: t, dir: s.dir, file: s.path("second.toml"), control: s.path("second.sock"), host: s.host}
	config := strings.NewReplacer(s.control, second.control, ":7001", ":7002").Replace(string(text))
	if err := os.WriteFile(second.file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	daemon := second.process()
	second.ready()
	if st := second.port("ports/a"); st.State != "down" || !strings.Contains(st.LastError, "another running program serves it") {
		t.Errorf("the second daemon's port is %s: %s", st.State, st.LastError)
	}
	talk(program, modem)
	second.kill(daemon)
	talk(s.openSeen("ports/a"), modem)
}

// Whatever somebody removes of what is the daemon's is there again soon; until then nobody takes its place.
func TestWhatIsRemovedComesBack(t *testing.T) {
	t.Parallel()
	s := startSite(t, fleet(nil, "a"))
	program, modem := s.openSeen("ports/a"), s.online("a", fleetID("a"))
	if err := os.Remove(s.control); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("meterline", "run", "-c", s.file).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "another daemon serves these ports") {
		t.Errorf("a second daemon while the socket is gone: %v: %s", err, out)
	}
	if err := os.Rename(s.path("ports"), s.path("ports.old")); err != nil {
		t.Fatal(err)
	}
	s.eventually("the socket and the link are there again", func() bool { return exists(s.control) && exists(s.path("ports/a")) })
	talk(program, modem)
	if st := s.port("ports/a"); st.State != "joined" || st.Problem != "" {
		t.Errorf("the port is %s: %q", st.State, st.Problem)
	}
	if err := os.Remove(s.control + ".lock"); err != nil {
		t.Fatal(err)
	}
	s.eventually("the lock is there again", func() bool { return exists(s.control + ".lock") })
	out, err = exec.Command("meterline", "run", "-c", s.file).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "another daemon serves these ports") {
		t.Errorf("a second daemon: %v: %s", err, out)
	}
}

// What a killed daemon leaves is removed by tidy, which leaves one that runs alone.
func TestTidy(t *testing.T) {
	t.Parallel()
	for name, state := range map[string]string{
		"no state file":                     "",
		"a state file that nobody can make": "state = \"/proc/state.json\"\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tidies(t, newSite(t, state+fleet(nil, "a", "b")))
		})
	}
}

func tidies(t *testing.T, s *site) {
	t.Helper()
	daemon := s.process()
	s.ready()
	if code, out := s.tidy(); code != exit.Failed || !strings.Contains(out, "nothing is removed: another daemon serves these ports") {
		t.Errorf("tidy beside a daemon: exit code %d: %s", code, out)
	}
	if !exists(s.path("ports/a")) || !exists(s.control) {
		t.Fatal("tidy has removed what a running daemon serves")
	}
	s.kill(daemon)
	if code, out := s.tidy(); code != exit.Done || !strings.Contains(out, "removed "+s.path("ports/a")) {
		t.Errorf("tidy: exit code %d: %s", code, out)
	}
	if exists(s.path("ports/a")) || exists(s.path("ports/b")) || exists(s.control) {
		t.Error("tidy has left a link or the socket")
	}
	if code, out := s.tidy(); code != exit.Done || out != "" {
		t.Errorf("tidy for the second time: exit code %d: %s", code, out)
	}
}

func (s *site) tidy() (code int, output string) {
	s.Helper()
	var out bytes.Buffer
	code = execute(s.Context(), []string{"tidy", "-c", s.file}, &out, &out)
	return code, out.String()
}

// A link that a killed daemon has left goes, though its port has left the configuration meanwhile.
func TestKilledDaemonsPortHasLeft(t *testing.T) {
	t.Parallel()
	s := newSite(t, fleet(nil, "a", "b"))
	daemon := s.process()
	s.ready()
	s.kill(daemon)
	s.configure(fleet(nil, "a"))
	s.process()
	s.ready()
	if exists(s.path("ports/b")) {
		t.Error("the link of a port that is no more is still there")
	}
}

// Terminals are dealt to all ports before one is opened: also to a port that cannot be made yet.
func TestTerminalsAreDealtFirst(t *testing.T) {
	t.Parallel()
	s := newSite(t, fleet(nil, "a", "b"))
	if err := os.Mkdir(s.path("ports"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(s.path("ports/b"), nil, 0o600); err != nil { // in the way
		t.Fatal(err)
	}
	s.process()
	s.ready()
	record, err := os.ReadFile(s.control + ".ports")
	if err != nil || !strings.Contains(string(record), `"`+s.path("ports/b")+`":{"pts":`) {
		t.Errorf("the record is %s, %v", record, err)
	}
}

// Two signals to end at one moment, as timeout(1) sends them, are one: the links go.
func TestToldToStopTwice(t *testing.T) {
	t.Parallel()
	s := newSite(t, fleet(nil, "a", "b"))
	for range 5 {
		daemon := s.process()
		s.ready()
		for range 100 {
			if err := daemon.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
				t.Fatal(err)
			}
			time.Sleep(100 * time.Microsecond) // equal signals that wait are one
		}
		if err := daemon.Wait(); err != nil {
			t.Errorf("the daemon ended by %v", err)
		}
		if exists(s.path("ports/a")) || exists(s.control) {
			t.Fatal("it has left a link or the socket")
		}
	}
}

// What stands at the path of a port and is not ours costs that port alone.
func TestForeignFileAtAPort(t *testing.T) {
	t.Parallel()
	s := newSite(t, fleet(nil, "a", "b"))
	if err := os.Mkdir(s.path("ports"), 0o755); err != nil {
		t.Fatal(err)
	}
	const text = "a file of somebody's"
	if err := os.WriteFile(s.path("ports/b"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s.run()
	talk(s.openSeen("ports/a"), s.online("a", fleetID("a")))
	if st := s.port("ports/b"); st.State != "down" || !strings.Contains(st.Problem, s.path("ports/b")) {
		t.Errorf("the port with a file in its place is %s: %q", st.State, st.Problem)
	}
	if code, out := s.meterline("status", "--problems"); code != exit.Failed || !strings.Contains(out, "ports/b") || strings.Contains(out, "ports/a") {
		t.Errorf("status --problems: exit code %d: %s", code, out)
	}
	if got, err := os.ReadFile(s.path("ports/b")); err != nil || string(got) != text {
		t.Fatalf("the file holds %q, %v", got, err)
	}
	if err := os.Remove(s.path("ports/b")); err != nil {
		t.Fatal(err)
	}
	s.eventually("the port is made once its place is free", func() bool { return s.port("ports/b").State != "down" })
	talk(s.openSeen("ports/b"), s.online("b", fleetID("b")))
}
