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

// errNotInstalled: none of the service's files is there.
var errNotInstalled = errors.New("meterline is not installed as a service here: meterline service install")

// errNoSystemd: there is nobody to start the service.
var errNoSystemd = errors.New("systemd does not run here: start meterline run under what does")

// Uninstall stops the service and removes its files, and no others.
func (s *Manager) Uninstall(ctx context.Context, out io.Writer) error {
	files := []ownFile{s.file(unitPath, ""), s.file(sysusersPath, ""), s.file(tmpfilesPath, ""), s.file(udevPath, "")}
	if err := s.allowed(files); err != nil {
		return err
	}
	some := false
	for _, f := range files {
		there, _ := f.check() // allowed has told of what is wrong with it
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

// Start waits until all ports are there, as the unit's Type=notify has it.
func (s *Manager) Start(ctx context.Context, out io.Writer) error {
	if err := s.ready(); err != nil {
		return err
	}
	since := fmt.Sprintf("--since=@%d", time.Now().Unix()) // what it said before is of another day
	if err := s.do(ctx, "systemctl", "start", "meterline"); err != nil {
		last, _ := exec.CommandContext(ctx, "journalctl", "-u", "meterline", since, "-n", "10", "--no-pager", "-o", "cat").Output() // without it there is still the error
		return fmt.Errorf("start the service: %w\n%ssystemd tries again until it starts, or meterline service stop", err, last)
	}
	return render.Say(out, "meterline runs")
}

// Stop returns when the daemon has ended.
func (s *Manager) Stop(ctx context.Context, out io.Writer) error {
	if err := s.ready(); err != nil {
		return err
	}
	if err := s.do(ctx, "systemctl", "stop", "meterline"); err != nil {
		return fmt.Errorf("stop the service: %w", err)
	}
	return render.Say(out, "meterline has stopped")
}

// ready reports whether there is a service, and somebody to start it.
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

// Run is what meterline run is: systemd needs no more.
func (*Manager) Run(ctx context.Context, stderr io.Writer, file string) error {
	return daemon.RunHere(ctx, stderr, file)
}
