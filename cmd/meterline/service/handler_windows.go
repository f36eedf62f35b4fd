package service

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"os"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/windows/svc"
	"golang.org/x/sys/windows/svc/eventlog"

	"meterline/cmd/meterline/daemon"
	"meterline/cmd/meterline/exit"
)

// handler runs the daemon for the service control manager.
type handler struct {
	name, file string
}

// managerSays is a request of the manager, as a signal for the daemon.
type managerSays string

func (managerSays) Signal()          {}
func (s managerSays) String() string { return string(s) }

const (
	// pendingEvery is how often the manager is told that a start or stop makes progress; it waits for pendingHint.
	pendingEvery = time.Second
	pendingHint  = 10 * time.Second

	scmAccepts = svc.AcceptStop | svc.AcceptShutdown | svc.AcceptPreShutdown | svc.AcceptParamChange
)

// Execute runs the daemon until it ends, by itself or at the manager's request. It returns the exit code of meterline run.
func (h *handler) Execute(_ []string, requests <-chan svc.ChangeRequest, states chan<- svc.Status) (specific bool, code uint32) {
	now := svc.Status{State: svc.StartPending, WaitHint: uint32(pendingHint.Milliseconds())}
	states <- now
	signals, ready, ended := make(chan os.Signal, 8), make(chan struct{}), make(chan error, 1)
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() { ended <- h.daemon(signals, func() { close(ready) }) })
	tick := time.NewTicker(pendingEvery)
	defer tick.Stop()
	for {
		select {
		case err := <-ended:
			return err != nil, uint32(exit.Code(failure(err)))
		case <-ready:
			ready = nil
			if now.State == svc.StartPending {
				now = svc.Status{State: svc.Running, Accepts: scmAccepts}
				states <- now
			}
		case <-tick.C:
			if now.State != svc.Running {
				now.CheckPoint++
				states <- now
			}
		case r := <-requests:
			now = obeyManager(r, now, signals)
			states <- now
		}
	}
}

// failure returns an error of the daemon with the exit code of meterline run.
func failure(err error) error {
	if err == nil || exit.IsCoded(err) {
		return err
	}
	return &exit.Error{Code: exit.Failed, Err: err}
}

// obeyManager carries out a request of the manager, and returns the state after it.
func obeyManager(r svc.ChangeRequest, now svc.Status, signals chan<- os.Signal) svc.Status {
	switch r.Cmd {
	case svc.ParamChange:
		offer(signals, syscall.SIGHUP)
	case svc.Stop, svc.Shutdown, svc.PreShutdown:
		if now.State != svc.StopPending {
			offer(signals, managerSays("stop of the service"))
			return svc.Status{State: svc.StopPending, WaitHint: uint32(pendingHint.Milliseconds())}
		}
	}
	return now
}

// offer sends a signal to the daemon. It never waits: a daemon that has eight signals waiting is ending.
func offer(signals chan<- os.Signal, s os.Signal) {
	select {
	case signals <- s:
	default:
	}
}

// daemon runs the daemon, with warnings and errors in the event log as well. If it cannot run, both logs tell why.
func (h *handler) daemon(signals chan os.Signal, ready func()) error {
	events := daemon.NewEventHandler(func(string) {}, func(string) {})
	if source, err := eventlog.Open(h.name); err == nil { // otherwise there is still the log
		defer source.Close()
		events = daemon.NewEventHandler(
			func(text string) { _ = source.Warning(1, text) }, // an error could be reported to nobody
			func(text string) { _ = source.Error(1, text) },
		)
	}
	err := daemon.Run(context.Background(), h.file, daemon.Host{Signals: signals, Logs: faultsOnly{slog.New(events)}, Events: events, Ready: ready})
	if err != nil {
		daemon.Host{Logs: io.Discard, Events: events}.LastWords(h.file, err)
	}
	return err
}

// faultsOnly takes the place of standard error. It passes to the event log that the log file cannot be written. The records that cannot be
// written are lost, except for warnings and errors, which are in the event log anyway.
type faultsOnly struct {
	log *slog.Logger
}

func (f faultsOnly) Write(p []byte) (int, error) {
	if text, is := bytes.CutPrefix(p, []byte("meterline: ")); is && !bytes.HasPrefix(text, []byte("the log is ")) {
		f.log.Warn(string(bytes.TrimSpace(text)))
	}
	return len(p), nil
}
