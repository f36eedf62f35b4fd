package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"meterline/bridge/status"
	"meterline/cmd/meterline/exit"
)

// logPipe is a log in the form of a pipe, which takes a page, and is full already if full is set.
type logPipe struct{ read, write *os.File }

func newLogPipe(t testing.TB, full bool) *logPipe {
	t.Helper()
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { read.Close(); write.Close() }) // closed already in most tests
	size := shrink(t, write)
	if full {
		fill(t, write, size)
	}
	return &logPipe{read, write}
}

// shrink makes a pipe as small as can be, and returns how many bytes it holds.
func shrink(t testing.TB, pipe *os.File) int {
	t.Helper()
	size, err := unix.FcntlInt(pipe.Fd(), unix.F_SETPIPE_SZ, 4096)
	if err != nil {
		t.Fatal(err)
	}
	return size
}

func fill(t testing.TB, pipe *os.File, size int) {
	t.Helper()
	if _, err := pipe.Write(bytes.Repeat([]byte("."), size)); err != nil {
		t.Fatal(err)
	}
}

// loggingTo is a daemon of its own whose standard error is the pipe.
func (s *site) loggingTo(p *logPipe) *exec.Cmd {
	s.Helper()
	daemon := exec.Command("meterline", "run", "-c", s.file)
	daemon.Stdout, daemon.Stderr = p.write, p.write
	if err := daemon.Start(); err != nil {
		s.Fatal(err)
	}
	_ = p.write.Close() // the daemon has it
	s.Cleanup(func() {
		_ = daemon.Process.Kill() // most have ended
		_ = daemon.Wait()
	})
	return daemon
}

// chatty is a configuration whose daemon logs much, all of it.
const chatty = "log_level = \"debug\"\n" + oneModem

// reconnect lets the modem call in again and again, and its program read it each time.
func (s *site) reconnect(times int) {
	s.Helper()
	program := s.openSeen("ports/boiler")
	for range times {
		modem := s.online("boiler", siteID)
		talk(program, modem)
		modem.close()
	}
	program.close()
}

func (s *site) logStatus() status.Log {
	s.Helper()
	if st := s.status().Log; st != nil {
		return *st
	}
	s.Fatal("status has nothing about the log")
	return status.Log{}
}

// A daemon whose log nobody reads goes on reading meters, answers, says what is wrong, and ends in order. Once somebody reads, one
// record tells what is missing.
func TestLogThatNobodyReads(t *testing.T) {
	t.Parallel()
	s, p := newSite(t, chatty), newLogPipe(t, true)
	daemon := s.loggingTo(p)
	s.ready()
	s.reconnect(10)
	s.eventually("the log is shown as stalled", func() bool { return s.logStatus().Problem != "" })
	s.online("boiler", siteID)
	code, out := s.meterline("status", "--problems")
	if code != exit.Failed || !strings.Contains(out, "standard error") || !strings.Contains(out, "nobody takes the log") {
		t.Errorf("status --problems: exit code %d: %s", code, out)
	}
	if out := s.must("status"); !strings.Contains(out, "log to standard error: nobody takes the log") {
		t.Errorf("status: %s", out)
	}
	s.overflow()
	dropped := s.logStatus().Dropped
	if dropped == 0 {
		t.Fatal("nothing was dropped: there is nothing to be tested")
	}

	var got bytes.Buffer
	read := make(chan error, 1)
	go func() {
		_, err := io.Copy(&got, p.read)
		read <- err
	}()
	s.eventually("the log is all right again", func() bool { l := s.logStatus(); return l.Problem == "" && l.Waiting == 0 })
	s.terminate(daemon)
	if err := <-read; err != nil {
		t.Fatal(err)
	}
	text := got.String()
	if n := strings.Count(text, "records of the log were dropped"); n != 1 || !strings.Contains(text, fmt.Sprintf("dropped=%d ", dropped)) {
		t.Errorf("%d records of what was dropped, want one of %d", n, dropped)
	}
	for _, what := range []string{"meterline starts", "session up", "meterline has stopped"} {
		if !strings.Contains(text, what) {
			t.Errorf("the log lacks %q", what)
		}
	}
}

// overflow fills the daemon's queue with the faults of a configuration that has thousands of them.
func (s *site) overflow() {
	s.Helper()
	text, err := os.ReadFile(s.file)
	if err != nil {
		s.Fatal(err)
	}
	faulty := bytes.NewBuffer(text)
	for i := range 2000 {
		fmt.Fprintf(faulty, "no_such_key_%d = true\n", i)
	}
	if err := os.WriteFile(s.file, faulty.Bytes(), 0o600); err != nil {
		s.Fatal(err)
	}
	s.eventually("records are dropped", func() bool {
		if code, out := s.meterline("reload"); code != exit.Usage {
			s.Fatalf("reload of a faulty file: exit code %d: %s", code, out)
		}
		return s.logStatus().Dropped > 0
	})
}

// terminate ends the daemon by SIGTERM, in order and within a few seconds.
func (s *site) terminate(daemon *exec.Cmd) {
	s.Helper()
	if err := daemon.Process.Signal(syscall.SIGTERM); err != nil {
		s.Fatal(err)
	}
	s.ends(daemon, exit.Done)
}

// ends waits for the daemon's end with that exit code.
func (s *site) ends(daemon *exec.Cmd, want int) {
	s.Helper()
	done := make(chan error, 1)
	go func() { done <- daemon.Wait() }()
	select {
	case err := <-done:
		code := 0
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			code = exit.ExitCode()
		}
		if code != want {
			s.Errorf("the daemon ends with %d (%v), want %d", code, err, want)
		}
	case <-time.After(longest):
		s.Fatal("the daemon does not end")
	}
}

// A log whose reader goes away costs its records alone.
func TestLogWhoseReaderDies(t *testing.T) {
	t.Parallel()
	s, p := newSite(t, chatty), newLogPipe(t, false)
	daemon := s.loggingTo(p)
	if err := p.read.Close(); err != nil {
		t.Fatal(err)
	}
	s.ready()
	s.reconnect(3)
	if l := s.logStatus(); !strings.Contains(l.Problem, "broken pipe") || l.Dropped == 0 {
		t.Errorf("the log's status: %+v", l)
	}
	if code, out := s.meterline("status", "--problems"); code != exit.Failed || !strings.Contains(out, "broken pipe") {
		t.Errorf("status --problems: exit code %d: %s", code, out)
	}
	s.terminate(daemon)
}

// A daemon whose log is stalled ends within seconds.
func TestEndWithAStalledLog(t *testing.T) {
	t.Parallel()
	s, p := newSite(t, chatty), newLogPipe(t, true)
	process := s.loggingTo(p)
	s.ready()
	const flushFor = 2 * time.Second // that the daemon gives its log
	begun := time.Now()
	s.terminate(process)
	if took := time.Since(begun); took < flushFor {
		t.Errorf("the daemon has waited %v for its log", took)
	}
}

// What is wrong with a configuration is said, but waits for nobody; who has gone does not change the exit code.
func TestFaultsToldToNobody(t *testing.T) {
	t.Parallel()
	for name, p := range map[string]*logPipe{"nobody reads": newLogPipe(t, true), "the reader has gone": newLogPipe(t, false)} {
		s := newSite(t, "no_such_key = true\n")
		if name == "the reader has gone" {
			if err := p.read.Close(); err != nil {
				t.Fatal(err)
			}
		}
		s.ends(s.loggingTo(p), exit.Usage)
	}
	s, p := newSite(t, "no_such_key = true\n"), newLogPipe(t, false)
	s.ends(s.loggingTo(p), exit.Usage)
	if got, err := io.ReadAll(p.read); err != nil || !strings.HasPrefix(string(got), "meterline: ") || strings.Count(string(got), "no_such_key") != 1 {
		t.Errorf("said %q, %v", got, err)
	}
}

// A log file that stalls, here a FIFO whose reader does not read, holds nothing up either, nor does standard error in its place.
func TestLogFileThatStalls(t *testing.T) {
	t.Parallel()
	s := newSite(t, "log_file = \"m.log\"\n"+chatty)
	if err := syscall.Mkfifo(s.path("m.log"), 0o600); err != nil {
		t.Fatal(err)
	}
	reader, err := os.OpenFile(s.path("m.log"), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	fill(t, reader, shrink(t, reader))
	daemon := s.loggingTo(newLogPipe(t, true))
	s.ready()
	s.reconnect(3)
	s.eventually("the log is shown as stalled", func() bool { return strings.Contains(s.logStatus().Problem, "nobody takes the log") })
	s.terminate(daemon)
}

// A log file that cannot be written is written as soon as it can, even if nobody reads standard error meanwhile.
func TestLogFileThatHeals(t *testing.T) {
	t.Parallel()
	s := newSite(t, "log_file = \"blocked/m.log\"\n"+chatty)
	if err := os.WriteFile(s.path("blocked"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	daemon := s.loggingTo(newLogPipe(t, true))
	s.ready()
	s.reconnect(3)
	if l := s.logStatus(); !strings.Contains(l.Problem, "standard error") || !strings.Contains(l.Problem, "blocked") {
		t.Errorf("the log's status: %+v", l)
	}
	if err := os.Remove(s.path("blocked")); err != nil {
		t.Fatal(err)
	}
	s.eventually("the log is written", func() bool {
		s.must("reload") // a record, at which the file is tried
		return s.logStatus().Problem == "" && exists(s.path("blocked/m.log"))
	})
	s.terminate(daemon)
	if text, err := os.ReadFile(s.path("blocked/m.log")); err != nil || !strings.Contains(string(text), "meterline has stopped") {
		t.Errorf("the log has %s, %v", text, err)
	}
}

// The trace of a fatal end reaches standard error, past the log's queue.
func TestTraceOfAFatalEnd(t *testing.T) {
	t.Parallel()
	s, p := newSite(t, oneModem), newLogPipe(t, false)
	daemon := s.loggingTo(p)
	s.ready()
	if err := daemon.Process.Signal(syscall.SIGQUIT); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(p.read); err != nil || !strings.Contains(string(got), "SIGQUIT: quit") || !strings.Contains(string(got), "goroutine ") {
		t.Errorf("standard error has %q, %v", got, err)
	}
	s.ends(daemon, exit.Usage) // Go's own code
}

// Other verbs end by SIGPIPE, as programs do whose reader has gone.
func TestVerbsDieOfSIGPIPE(t *testing.T) {
	t.Parallel()
	p := newLogPipe(t, false)
	if err := p.read.Close(); err != nil {
		t.Fatal(err)
	}
	verb := exec.Command("meterline", "version")
	verb.Stdout = p.write
	err := verb.Run()
	exit, ok := errors.AsType[*exec.ExitError](err)
	if !ok || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGPIPE {
		t.Errorf("it ends with %v", err)
	}
}
