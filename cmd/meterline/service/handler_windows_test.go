package service

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/windows/svc"
	"golang.org/x/sys/windows/svc/mgr"

	"meterline/cmd/meterline/config"
	"meterline/cmd/meterline/config/configtest"
	"meterline/cmd/meterline/control"
	"meterline/cmd/meterline/control/controltest"
	"meterline/cmd/meterline/exit"
)

// scmConfig is a configuration that a service can serve.
func scmConfig(t *testing.T, more string) (file, log string) {
	t.Helper()
	t.Setenv("STATE_DIRECTORY", "") // a service sets it for itself; the tests that follow are none
	dir := configtest.Write(t, "meter line.toml", fmt.Sprintf("control = '%s'\nlog_file = 'm.log'\nstate = 's.json'\n%s", controltest.Path(t), more))
	return filepath.Join(dir, "meter line.toml"), filepath.Join(dir, "m.log")
}

// executed is a handler in the hands of a manager that the test plays.
type executed struct {
	t        *testing.T
	requests chan svc.ChangeRequest
	states   chan svc.Status
	ended    chan uint32
}

func inHands(t *testing.T, file string) *executed {
	e := &executed{t: t, requests: make(chan svc.ChangeRequest), states: make(chan svc.Status, 100), ended: make(chan uint32, 1)}
	h := &handler{name: serviceName, file: file}
	go func() {
		_, code := h.Execute(nil, e.requests, e.states)
		e.ended <- code
	}()
	return e
}

// until waits for a state, through others that are pending.
func (e *executed) until(want svc.State) svc.Status {
	e.t.Helper()
	for {
		select {
		case got := <-e.states:
			if got.State == want {
				return got
			}
		case <-time.After(20 * time.Second):
			e.t.Fatalf("no state %d", want)
		}
	}
}

func TestServiceIsControlled(t *testing.T) {
	t.Setenv("ProgramData", t.TempDir())
	t.Setenv("LOGS_DIRECTORY", "")
	file, log := scmConfig(t, "")
	e := inHands(t, file)
	if got := e.until(svc.Running); got.Accepts != scmAccepts {
		t.Errorf("it accepts %b, want %b", got.Accepts, scmAccepts)
	}
	e.requests <- svc.ChangeRequest{Cmd: svc.Interrogate}
	e.until(svc.Running)
	e.requests <- svc.ChangeRequest{Cmd: svc.ParamChange}
	e.until(svc.Running)
	e.requests <- svc.ChangeRequest{Cmd: svc.PreShutdown}
	if got := e.until(svc.StopPending); got.Accepts != 0 || got.WaitHint == 0 {
		t.Errorf("while it stops: %+v", got)
	}
	if code := <-e.ended; code != 0 {
		t.Errorf("code %d", code)
	}
	text, err := os.ReadFile(log)
	if err != nil || !strings.Contains(string(text), `signal="stop of the service"`) || !strings.Contains(string(text), "meterline has stopped") {
		t.Errorf("%v\n%s", err, text)
	}
}

func TestServiceThatCannotServe(t *testing.T) {
	data := t.TempDir()
	t.Setenv("ProgramData", data)
	t.Setenv("LOGS_DIRECTORY", filepath.Join(data, "meterline"))
	file, _ := scmConfig(t, "frob = 1\n")
	if code := <-inHands(t, file).ended; code != exit.Usage {
		t.Errorf("code %d, want %d", code, exit.Usage)
	}
	text, err := os.ReadFile(filepath.Join(data, "meterline", "meterline.log"))
	if err != nil || !strings.Contains(string(text), "frob") {
		t.Errorf("the reason is not in the log: %v\n%s", err, text)
	}
}

// TestServiceOfTheSystem goes through the verbs with the system's own service manager.
func TestServiceOfTheSystem(t *testing.T) {
	program := os.Getenv("METERLINE_EXE")
	if program == "" {
		t.Skip("METERLINE_EXE does not say which program to install")
	}
	t.Setenv("ProgramData", t.TempDir())
	t.Setenv("LOGS_DIRECTORY", "")
	text, err := os.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	program = filepath.Join(configtest.Write(t, "meter line.exe", string(text)), "meter line.exe")
	w := &Manager{name: fmt.Sprintf("meterline-test-%d", os.Getpid()), program: program, account: "LocalSystem"}
	m, s, err := w.open()
	if err != nil {
		t.Skipf("no service manager for this user: %v", err)
	}
	if s != nil {
		t.Fatalf("a service %s is there", w.name)
	}
	if err := m.Disconnect(); err != nil {
		t.Error(err)
	}
	file, log := scmConfig(t, "")
	var out strings.Builder
	if err := w.Start(t.Context(), &out); !errors.Is(err, errNotInstalled) {
		t.Errorf("start what is not there: %v", err)
	}
	if err := w.Install(t.Context(), &out, file); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Uninstall(context.WithoutCancel(t.Context()), &out); err != nil && !errors.Is(err, errNotInstalled) {
			t.Errorf("uninstall: %v", err)
		}
	})
	for range 4 {
		if err := w.existing(func(*mgr.Service) error { return nil }); err != nil {
			t.Skipf("this system has several service managers at once, as Wine has after it was set up: %v", err)
		}
	}
	checkService(t, w, file)
	if err := w.Install(t.Context(), &out, file); err != nil || !strings.Contains(out.String(), "is up to date") {
		t.Errorf("install once more: %v\n%s", err, out.String())
	}
	checkService(t, w, file)
	if err := w.Start(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	if err := w.Start(t.Context(), &out); err != nil || !strings.Contains(out.String(), "runs already") {
		t.Errorf("start once more: %v\n%s", err, out.String())
	}
	places, err := config.PlacesOf(file)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := control.NewClient(places.Control, 0).Status(t.Context()); err != nil {
		t.Errorf("the service does not answer: %v", err)
	}
	for range 2 {
		if err := w.Stop(t.Context(), &out); err != nil {
			t.Fatal(err)
		}
	}
	if text, err = os.ReadFile(log); err != nil || !strings.Contains(string(text), "meterline has stopped") {
		t.Errorf("%v\n%s", err, text)
	}
	if err := os.WriteFile(file, []byte("frob = 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := w.Start(t.Context(), &out); exit.Code(err) != exit.Usage || !strings.Contains(err.Error(), "frob") {
		t.Errorf("start with a faulty configuration: %v", err)
	}
	if err := w.Install(t.Context(), &out, file); exit.Code(err) != exit.Usage {
		t.Errorf("install with a faulty configuration: %v", err)
	}
}

// checkService looks at what was installed.
func checkService(t *testing.T, w *Manager, file string) {
	t.Helper()
	err := w.existing(func(s *mgr.Service) error {
		words, err := commandOf(s)
		want, _ := w.command(file)
		if diff := cmp.Diff(want, words); diff != "" || err != nil {
			t.Errorf("it runs %q: %v\n%s", words, err, diff)
		}
		actions, err := s.RecoveryActions()
		if err != nil {
			return err
		}
		var delays []time.Duration
		for _, a := range actions {
			delays = append(delays, a.Delay)
		}
		if c, err := s.Config(); err == nil && (c.StartType != mgr.StartAutomatic || !c.DelayedAutoStart || c.Description != scmDescription) {
			t.Errorf("%+v", c)
		}
		if len(delays) > 0 && !slices.Equal(delays, restartAfter) {
			t.Errorf("it is started again after %v", delays)
		}
		return nil
	})
	if err != nil {
		t.Logf("this system does not tell all of its services: %v", err)
	}
}
