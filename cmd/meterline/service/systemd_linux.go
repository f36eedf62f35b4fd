package service

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"meterline/cmd/meterline/config"
	"meterline/cmd/meterline/exit"
	"meterline/cmd/meterline/render"
)

// InstallLong is the help text of install.
const InstallLong = `Write the systemd unit /etc/systemd/system/meterline.service, fitted to what the configuration needs
and closed to everything else, and what belongs to it: the user meterline (sysusers.d), the link
/dev/meterline (tmpfiles.d) and, with a plugged-in modem, a rule that keeps ModemManager off it. Files
that were changed by hand are left alone unless --force is given; to change the unit, use
"systemctl edit meterline". Written again after a change of the configuration, it follows.`

// Manager installs, controls and runs the service under systemd.
type Manager struct {
	root, program string
	print, force  bool

	runs func() bool                                        // reports whether systemd runs here
	do   func(ctx context.Context, command ...string) error // runs a command
}

// NewManager returns a Manager for systemd of this machine and this program, unless flags say otherwise.
func NewManager() *Manager {
	return &Manager{
		runs: func() bool { _, err := os.Stat("/run/systemd/system"); return err == nil },
		do:   runCommand,
	}
}

// InstallFlags adds the flags of Install.
func (s *Manager) InstallFlags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&s.root, "root", "", "write below `FOLDER`, as packages are made")
	cmd.Flags().StringVar(&s.program, "program", "", "`PATH` of the program in the unit (default: this one)")
	cmd.Flags().BoolVar(&s.print, "print", false, "print the files, and write nothing")
	cmd.Flags().BoolVar(&s.force, "force", false, "overwrite files that were changed by hand, too")
}

// UninstallFlags adds the flags of Uninstall.
func (s *Manager) UninstallFlags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&s.root, "root", "", "take away what stands below `FOLDER`")
	cmd.Flags().BoolVar(&s.force, "force", false, "take away files that were changed by hand, too")
}

// The paths of the service's files.
const (
	unitPath     = "/etc/systemd/system/meterline.service"
	sysusersPath = "/etc/sysusers.d/meterline.conf"
	tmpfilesPath = "/etc/tmpfiles.d/meterline.conf"
	udevPath     = "/etc/udev/rules.d/78-meterline.rules"
)

func (s *Manager) file(path, text string) ownFile {
	return ownFile{path: filepath.Join(s.root, path), text: text}
}

// files returns the files of the service. One without a text must not exist.
func (s *Manager) files(p unitPlan) ([]ownFile, error) {
	unit, err := p.text()
	if err != nil {
		return nil, err
	}
	return []ownFile{
		s.file(unitPath, unit), s.file(sysusersPath, sysusersText), s.file(tmpfilesPath, tmpfilesText), s.file(udevPath, p.udevText()),
	}, nil
}

// Install writes the unit for the configuration file, and the files that go with it. It writes to out what it has done, and what is left to
// do.
func (s *Manager) Install(ctx context.Context, out io.Writer, file string) error {
	plan, err := s.plan(file)
	if err != nil {
		return err
	}
	files, err := s.files(plan)
	if err != nil {
		return err
	}
	if s.print {
		return printFiles(out, files)
	}
	if err := s.allowed(files); err != nil {
		return err
	}
	for _, f := range files {
		if err := s.place(out, f); err != nil {
			return fmt.Errorf("install the service: %w", err)
		}
	}
	if s.root == "" {
		plan.enter(filepath.Dir(plan.Config))
	}
	for _, note := range plan.Notes {
		fmt.Fprintf(out, "note: %s\n", note)
	}
	commands := [][]string{{"systemd-sysusers", sysusersPath}, {"systemd-tmpfiles", "--create", tmpfilesPath}}
	if len(plan.USBIDs) > 0 {
		commands = append(commands, []string{"udevadm", "control", "--reload"})
	}
	commands = append(commands, []string{"systemctl", "daemon-reload"}, []string{"systemctl", "enable", "--quiet", "meterline"})
	if err := s.all(ctx, out, commands); err != nil {
		return err
	}
	return render.Say(out, "meterline service start starts it; systemctl restart meterline goes over to a changed unit")
}

// plan reads the configuration, which must be free of faults.
func (s *Manager) plan(file string) (unitPlan, error) {
	file, err := filepath.Abs(file)
	if err != nil {
		return unitPlan{}, err
	}
	load := config.NewLoader()
	load.State = cmp.Or(load.State, stateFolder) // as for the service, whoever installs it
	load.Control = filepath.Join(runFolder, "control.sock")
	set, err := load.Load(file)
	if err != nil {
		return unitPlan{}, exit.ConfigurationError(err)
	}
	program, err := s.theProgram()
	if err != nil {
		return unitPlan{}, err
	}
	if strings.ContainsFunc(file+program, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return unitPlan{}, exit.UsageError(fmt.Errorf("%q, %q: a unit cannot name paths with control characters", file, program))
	}
	plan := planUnit(set, program, file)
	plan.Notes = append(plan.Notes, set.Warnings...)
	if info, err := os.Stat(file); err == nil && info.Mode().Perm()&0o004 == 0 {
		plan.note("user %s must be able to read %s: chgrp %[1]s %[2]s; chmod 0640 %[2]s", serviceUser, file)
	}
	return plan, nil
}

// theProgram returns the program that the unit starts. It must be in a place where the service's user can start it, and that is permanent.
func (s *Manager) theProgram() (string, error) {
	if s.program != "" {
		if !filepath.IsAbs(s.program) {
			return "", exit.UsageError(fmt.Errorf("--program %s: write a full path, like /usr/bin/meterline", s.program))
		}
		return s.program, nil
	}
	program, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("path of this program: %w; name it with --program", err)
	}
	for _, folder := range []string{"/home", "/root", os.TempDir()} {
		if below(folder, program) {
			return "", exit.UsageError(fmt.Errorf("%s is no place for a service's program: copy it to /usr/local/bin, or name another one with --program", program))
		}
	}
	return program, nil
}

// allowed returns an error if one of the files must not be written. It is called before any is.
func (s *Manager) allowed(files []ownFile) error {
	if s.root == "" && os.Geteuid() != 0 {
		return fmt.Errorf("services are root's: sudo meterline service …, or --print or --root to write elsewhere: %w", os.ErrPermission)
	}
	var all []error
	for _, f := range files {
		if _, err := f.check(); err != nil && (!s.force || !errors.Is(err, errChanged)) {
			all = append(all, err)
		}
	}
	return errors.Join(all...)
}

// place writes a file, or removes one without a text.
func (s *Manager) place(out io.Writer, f ownFile) error {
	if f.text != "" {
		if err := f.write(); err != nil {
			return err
		}
		return render.Say(out, "wrote %s", f.path)
	}
	if there, _ := f.check(); !there { // allowed has reported an error already
		return nil
	}
	if err := os.Remove(f.path); err != nil {
		return err
	}
	return render.Say(out, "removed %s", f.path)
}

// all runs the commands that make systemd read the files, or prints them for the operator to run.
func (s *Manager) all(ctx context.Context, out io.Writer, commands [][]string) error {
	if s.root == "" && s.runs() {
		for _, c := range commands {
			if err := s.do(ctx, c...); err != nil {
				return err
			}
		}
		return nil
	}
	var b strings.Builder
	b.WriteString("systemd does not run here: on the machine itself run\n")
	for _, c := range commands {
		fmt.Fprintf(&b, "  %s\n", strings.Join(c, " "))
	}
	_, err := io.WriteString(out, b.String())
	return err
}

func printFiles(out io.Writer, files []ownFile) error {
	for _, f := range files {
		if f.text != "" {
			if err := render.Say(out, "# %s\n%s", f.path, f.text); err != nil {
				return err
			}
		}
	}
	return nil
}

// runCommand runs one command. Its output is in the error.
func runCommand(ctx context.Context, command ...string) error {
	said, err := exec.CommandContext(ctx, command[0], command[1:]...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w: %s", strings.Join(command, " "), err, strings.TrimSpace(string(said)))
	}
	return nil
}
