package service

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"meterline/cmd/meterline/daemon"
	"meterline/cmd/meterline/render"
)

// errNotInstalled reports that none of the service's files exists.
var errNotInstalled = errors.New("meterline is not installed as a service here: meterline service install")

// errNoSystemd reports that systemd does not run here.
var errNoSystemd = errors.New("systemd does not run here: start meterline run under what does")

// Uninstall stops the service and removes its files, and no others.
func (s *Manager) Uninstall(ctx context.Context, out io.Writer) error {
	files := []ownFile{s.file(unitPath, ""), s.file(sysusersPath, ""), s.file(tmpfilesPath, ""), s.file(udevPath, "")}
	if err := s.allowed(files); err != nil {
		return err
	}
	some := false
	for _, f := range files {
		there, _ := f.check() // allowed has reported an error already
		some = some || there
	}
	if !some {
		return errNotInstalled
	}
	here := s.root == "" && s.runs()
	if here {
		if err := s.do(ctx, "systemctl", "disable", "--quiet", "--now", "meterline"); err != nil {
			return fmt.Errorf("stop the service: %w", err)
		}
	}
	for _, f := range files {
		if err := s.place(out, f); err != nil {
			return fmt.Errorf("uninstall the service: %w", err)
		}
	}
	if link := filepath.Join(s.root, "/dev/meterline"); s.root == "" {
		if to, err := os.Readlink(link); err == nil && to == runFolder {
			if err := os.Remove(link); err != nil {
				return fmt.Errorf("uninstall the service: %w", err)
			}
		}
	}
	if here {
		if err := s.do(ctx, "systemctl", "daemon-reload"); err != nil {
			return err
		}
	}
	return render.Say(out, "the user %s, %s and the configuration stay", serviceUser, stateFolder)
}

// Start starts the service. Because of the unit's Type=notify, it waits until all ports are there.
func (s *Manager) Start(ctx context.Context, out io.Writer) error {
	if err := s.ready(); err != nil {
		return err
	}
	since := fmt.Sprintf("--since=@%d", time.Now().Unix()) // the log before that is of no interest
	if err := s.do(ctx, "systemctl", "start", "meterline"); err != nil {
		last, _ := exec.CommandContext(ctx, "journalctl", "-u", "meterline", since, "-n", "10", "--no-pager", "-o", "cat").Output() // if that fails there is still the error
		return fmt.Errorf("start the service: %w\n%ssystemd tries again until it starts, or meterline service stop", err, last)
	}
	return render.Say(out, "meterline runs")
}

// Stop stops the service, and returns when the daemon has ended.
func (s *Manager) Stop(ctx context.Context, out io.Writer) error {
	if err := s.ready(); err != nil {
		return err
	}
	if err := s.do(ctx, "systemctl", "stop", "meterline"); err != nil {
		return fmt.Errorf("stop the service: %w", err)
	}
	return render.Say(out, "meterline has stopped")
}

// ready returns an error if there is no service, or no systemd.
func (s *Manager) ready() error {
	if !s.runs() {
		return errNoSystemd
	}
	for _, path := range []string{unitPath, "/usr/lib/systemd/system/meterline.service", "/lib/systemd/system/meterline.service"} {
		if _, err := os.Stat(filepath.Join(s.root, path)); err == nil {
			return nil
		}
	}
	return errNotInstalled
}

// Run does what meterline run does: systemd needs nothing else.
func (*Manager) Run(ctx context.Context, stderr io.Writer, file string) error {
	return daemon.RunHere(ctx, stderr, file)
}
