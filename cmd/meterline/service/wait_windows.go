package service

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/svc"
	"golang.org/x/sys/windows/svc/mgr"

	"meterline/cmd/meterline/config"
	"meterline/cmd/meterline/exit"
	"meterline/cmd/meterline/render"
)

const (
	stateEvery  = 100 * time.Millisecond // how often a service that starts or stops is checked
	startLimit  = 5 * time.Minute        // enough for thousands of ports
	stopLimit   = time.Minute
	lastOfLog   = 4 << 10 // how many bytes are read
	linesOfLog  = 10      // how many lines are shown
	logIsMissed = "its log says nothing"
)

// Start starts the service, and waits until all ports are there. If the service ends, the error tells why.
func (w *Manager) Start(ctx context.Context, out io.Writer) error {
	return w.existing(func(s *mgr.Service) error {
		err := s.Start()
		if errors.Is(err, windows.ERROR_SERVICE_ALREADY_RUNNING) {
			return render.Say(out, "meterline runs already")
		}
		if err != nil {
			return fmt.Errorf("start the service: %w", err)
		}
		switch st, err := waitFor(ctx, s, startLimit, func(now svc.State) bool { return now != svc.StartPending }); {
		case err != nil:
			return fmt.Errorf("start the service: %w", err)
		case st.State != svc.Running:
			return whyEnded(s, st)
		}
		return render.Say(out, "meterline runs")
	})
}

// controlled is a service that the manager can query and control.
type controlled interface {
	Control(svc.Cmd) (svc.Status, error)
	Query() (svc.Status, error)
}

// stopService stops the service, and waits until it has ended. A service that does not run has ended.
func stopService(ctx context.Context, s controlled) error {
	_, err := s.Control(svc.Stop)
	refused := errors.Is(err, windows.ERROR_SERVICE_CANNOT_ACCEPT_CTRL) // it is stopping already, or still starting
	limit := stopLimit
	switch {
	case errors.Is(err, windows.ERROR_SERVICE_NOT_ACTIVE):
		return nil
	case refused:
		limit += startLimit
	case err != nil:
		return fmt.Errorf("stop the service: %w", err)
	}
	// For a moment it still runs: the manager's request is on its way.
	st, err := waitFor(ctx, s, limit, func(now svc.State) bool {
		if now == svc.Running && refused { // it has finished starting
			_, err := s.Control(svc.Stop)
			refused = err != nil // so the request is repeated
		}
		return now == svc.Stopped
	})
	if err != nil {
		return fmt.Errorf("stop the service: it is in state %d: %w", st.State, err)
	}
	return nil
}

// waitFor waits until the service is in a wanted state.
func waitFor(ctx context.Context, s controlled, limit time.Duration, wanted func(svc.State) bool) (svc.Status, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("not within %v", limit))
	defer cancel()
	tick := time.NewTicker(stateEvery)
	defer tick.Stop()
	for {
		st, err := s.Query()
		if err != nil || wanted(st.State) {
			return st, err
		}
		select {
		case <-ctx.Done():
			return st, context.Cause(ctx)
		case <-tick.C:
		}
	}
}

// whyEnded returns why a service ended while it started, from its configuration or its log.
func whyEnded(s *mgr.Service, st svc.Status) error {
	code := cmp.Or(st.ServiceSpecificExitCode, st.Win32ExitCode)
	ended := fmt.Errorf("the service ended at once with code %d", code)
	words, err := commandOf(s)
	if err != nil {
		return errors.Join(ended, err)
	}
	file := config.DefaultFile()
	if i := slices.Index(words, "-c"); i >= 0 && i+1 < len(words) {
		file = words[i+1]
	}
	set, err := loadServiceSettings(file)
	if err != nil {
		return err
	}
	return fmt.Errorf("%w; the end of %s:\n%s", ended, set.Log.File, lastLines(set.Log.File))
}

// commandOf returns the command that the manager runs. The library's function asks for more, which not every system supports.
func commandOf(s *mgr.Service) ([]string, error) {
	size := uint32(8 << 10) // the greatest that is possible
	p := make([]byte, size)
	c := (*windows.QUERY_SERVICE_CONFIG)(unsafe.Pointer(&p[0]))
	if err := windows.QueryServiceConfig(s.Handle, c, size, &size); err != nil {
		return nil, fmt.Errorf("configuration of the service: %w", err)
	}
	return windows.DecomposeCommandLine(windows.UTF16PtrToString(c.BinaryPathName))
}

// lastLines returns the end of a log.
func lastLines(path string) string {
	f, err := os.Open(path)
	if err != nil {
		return err.Error()
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.Size() > lastOfLog {
		if _, err := f.Seek(-lastOfLog, io.SeekEnd); err != nil {
			return err.Error()
		}
	}
	text, err := io.ReadAll(io.LimitReader(f, lastOfLog))
	if err != nil {
		return err.Error()
	}
	lines := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
	lines = lines[max(0, len(lines)-linesOfLog):]
	return cmp.Or(string(bytes.Join(lines, []byte("\n"))), logIsMissed)
}

// serviceFolders sets the environment variables by which systemd would tell where a service's state and log are.
func serviceFolders() error {
	for _, name := range []string{"STATE_DIRECTORY", "LOGS_DIRECTORY"} {
		if os.Getenv(name) == "" {
			if err := os.Setenv(name, config.DataFolder()); err != nil {
				return err
			}
		}
	}
	return nil
}

// loadServiceSettings reads a configuration as the service will read it.
func loadServiceSettings(file string) (*config.Settings, error) {
	if err := serviceFolders(); err != nil {
		return nil, err
	}
	set, err := config.Load(file)
	if err != nil {
		return nil, exit.ConfigurationError(err)
	}
	return set, nil
}
