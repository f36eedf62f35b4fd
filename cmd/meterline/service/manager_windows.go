package service

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/svc"
	"golang.org/x/sys/windows/svc/eventlog"
	"golang.org/x/sys/windows/svc/mgr"

	"meterline/cmd/meterline/config"
	"meterline/cmd/meterline/exit"
	"meterline/cmd/meterline/render"
)

// InstallLong is the help text of install.
const InstallLong = `Make the Windows service meterline, or bring it up to date: it begins with the system, a little after
the others, and is started again when it fails. The configuration is checked first. Its folder,
%ProgramData%\meterline, is given to the service and to administrators alone; its warnings and errors
are in the event log, and its log is %ProgramData%\meterline\meterline.log unless log_file says
otherwise.`

// Manager installs, controls and runs the service under the service control manager.
type Manager struct {
	name    string // of the service
	program string // empty: this program
	account string // empty: a new service runs under its virtual account, an existing one as before
}

// NewManager returns a Manager for this program, unless flags say otherwise.
func NewManager() *Manager { return &Manager{name: serviceName} }

// InstallFlags adds the flags of Install.
func (w *Manager) InstallFlags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&w.account, "account", "", "`ACCOUNT` that needs no password, like LocalSystem (default: one of the service's own)")
}

// UninstallFlags adds no flags: Uninstall has none here.
func (w *Manager) UninstallFlags(*cobra.Command) {}

// errNotInstalled reports that there is no such service.
var errNotInstalled = errors.New("meterline is not installed as a service here: meterline service install")

// open opens the manager, and the service if there is one.
func (w *Manager) open() (*mgr.Mgr, *mgr.Service, error) {
	m, err := mgr.Connect()
	if errors.Is(err, windows.ERROR_ACCESS_DENIED) {
		return nil, nil, fmt.Errorf("service manager: only an administrator may: write it in a prompt that was opened with \"Run as administrator\": %w", err)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("service manager: %w", err)
	}
	s, err := m.OpenService(w.name)
	if errors.Is(err, windows.ERROR_SERVICE_DOES_NOT_EXIST) {
		return m, nil, nil
	}
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("service %s: %w", w.name, err), m.Disconnect())
	}
	return m, s, nil
}

// disconnect closes the manager; nothing that could fail is in progress.
func disconnect(m *mgr.Mgr) { _ = m.Disconnect() }

// existing calls do with the service, which must exist.
func (w *Manager) existing(do func(s *mgr.Service) error) error {
	m, s, err := w.open()
	if err != nil {
		return err
	}
	defer disconnect(m)
	if s == nil {
		return errNotInstalled
	}
	defer s.Close()
	return do(s)
}

// Install makes the service for the configuration file, or updates it, and writes to out what it has done.
func (w *Manager) Install(_ context.Context, out io.Writer, file string) error {
	file, err := filepath.Abs(file)
	if err != nil {
		return err
	}
	set, err := loadServiceSettings(file)
	if err != nil {
		return err
	}
	command, err := w.command(file)
	if err != nil {
		return err
	}
	m, s, err := w.open()
	if err != nil {
		return err
	}
	defer disconnect(m)
	was := s != nil
	if s, err = w.configure(m, s, command); err != nil {
		return fmt.Errorf("install the service %s: %w", w.name, err)
	}
	defer s.Close()
	if err := w.equip(s); err != nil {
		return fmt.Errorf("install the service %s: %w", w.name, err)
	}
	for _, warning := range set.Warnings {
		fmt.Fprintf(out, "note: %s\n", warning)
	}
	if !strings.EqualFold(filepath.Dir(file), config.DataFolder()) {
		fmt.Fprintf(out, "note: the service must be able to read %s: icacls \"%[1]s\" /grant \"%s:R\"\n", file, virtualAccount(w.name))
	}
	if was {
		return render.Say(out, "the service %s is up to date; what changed takes effect when it is started again", w.name)
	}
	return render.Say(out, "the service %s is installed: meterline service start starts it", w.name)
}

// command returns the command that the manager runs. It must be quoted when it is written as one line: an unquoted path with spaces could
// start another program.
func (w *Manager) command(config string) ([]string, error) {
	program := w.program
	if program == "" {
		var err error
		if program, err = os.Executable(); err != nil {
			return nil, fmt.Errorf("path of this program: %w", err)
		}
	}
	return []string{program, "service", "run", "-c", config}, nil
}

// Uninstall stops the service, and removes it.
func (w *Manager) Uninstall(ctx context.Context, out io.Writer) error {
	err := w.existing(func(s *mgr.Service) error {
		if err := stopService(ctx, s); err != nil {
			return err
		}
		if err := s.Delete(); err != nil {
			return fmt.Errorf("uninstall the service %s: %w", w.name, err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	_ = eventlog.Remove(w.name) // its past events stay readable; fails if there is no source
	return render.Say(out, "the service %s is gone; %s stays", w.name, config.DataFolder())
}

// Stop stops the service, and returns when the daemon has ended.
func (w *Manager) Stop(ctx context.Context, out io.Writer) error {
	if err := w.existing(func(s *mgr.Service) error { return stopService(ctx, s) }); err != nil {
		return err
	}
	return render.Say(out, "meterline has stopped")
}

// Run runs the daemon in this process for the service manager, which has started the process.
func (w *Manager) Run(_ context.Context, _ io.Writer, file string) error {
	if err := serviceFolders(); err != nil {
		return err
	}
	err := svc.Run(w.name, &handler{name: w.name, file: file})
	if errors.Is(err, windows.ERROR_FAILED_SERVICE_CONTROLLER_CONNECT) {
		return exit.UsageError(errors.New("the service manager calls this: write meterline service start, or meterline run to serve from a prompt"))
	}
	return err
}
