package service

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/svc/eventlog"
	"golang.org/x/sys/windows/svc/mgr"

	"meterline/cmd/meterline/config"
)

// The service's names on Windows.
const (
	serviceName    = "meterline"
	scmDescription = "Serial ports for remote meters' modems"
)

// virtualAccount returns the account that the service runs under. Windows makes it for this service only, without a password, and with no
// more rights than every user has. Every user may open COM ports, listen, and make named pipes; the service's folder is given to the
// account. LocalService would work as well, but other services have that, too.
func virtualAccount(name string) string { return `NT SERVICE\` + name }

// configure makes the service. An existing one is changed to what it would be if it were made now.
func (w *Manager) configure(m *mgr.Mgr, s *mgr.Service, command []string) (*mgr.Service, error) {
	if s != nil {
		line, err := windows.UTF16PtrFromString(windows.ComposeCommandLine(command))
		if err != nil {
			return s, err
		}
		var account *uint16 // nil: unchanged
		if w.account != "" {
			if account, err = windows.UTF16PtrFromString(w.account); err != nil {
				return s, err
			}
		}
		return s, windows.ChangeServiceConfig(s.Handle, windows.SERVICE_WIN32_OWN_PROCESS, mgr.StartAutomatic, mgr.ErrorNormal,
			line, nil, nil, nil, account, nil, nil)
	}
	s, err := m.CreateService(w.name, command[0], mgr.Config{
		StartType: mgr.StartAutomatic, ErrorControl: mgr.ErrorNormal, DisplayName: w.name,
		ServiceStartName: cmp.Or(w.account, virtualAccount(w.name)),
	}, command[1:]...)
	if errors.Is(err, windows.ERROR_SERVICE_MARKED_FOR_DELETE) {
		return nil, fmt.Errorf("the one before is not gone yet: close the Services window, and try again: %w", err)
	}
	return s, err
}

// equip sets everything else that the service needs.
func (w *Manager) equip(s *mgr.Service) error {
	description, err := windows.UTF16PtrFromString(scmDescription)
	if err != nil {
		return err
	}
	text, late := windows.SERVICE_DESCRIPTION{Description: description}, windows.SERVICE_DELAYED_AUTO_START_INFO{IsDelayedAutoStartUp: 1}
	own := uint32(windows.SERVICE_SID_TYPE_UNRESTRICTED) // so that it can be given its folder under any account
	var actions []mgr.RecoveryAction
	for _, delay := range restartAfter {
		actions = append(actions, mgr.RecoveryAction{Type: mgr.ServiceRestart, Delay: delay})
	}
	for _, step := range []struct {
		what string
		err  error
	}{
		{"description", change(s, windows.SERVICE_CONFIG_DESCRIPTION, unsafe.Pointer(&text))},
		{"delayed start", change(s, windows.SERVICE_CONFIG_DELAYED_AUTO_START_INFO, unsafe.Pointer(&late))},
		{"SID of its own", change(s, windows.SERVICE_CONFIG_SERVICE_SID_INFO, unsafe.Pointer(&own))},
		{"restart when it fails", s.SetRecoveryActions(actions, uint32(failuresForgotten.Seconds()))},
		// A daemon that gives up reports that it has stopped, which Windows does not count as a failure by default.
		{"restart when it gives up", s.SetRecoveryActionsOnNonCrashFailures(true)},
		{"event log", w.registerEvents()},
		{"folder", giveFolder(config.DataFolder(), serviceSID(w.name))},
	} {
		if step.err != nil && !errors.Is(step.err, windows.ERROR_INVALID_LEVEL) { // not supported, as on Wine
			return fmt.Errorf("%s: %w", step.what, step.err)
		}
	}
	return nil
}

func change(s *mgr.Service, level uint32, info unsafe.Pointer) error {
	return windows.ChangeServiceConfig2(s.Handle, level, (*byte)(info))
}

// registerEvents makes the service a source of the event log, and replaces an existing source.
func (w *Manager) registerEvents() error {
	_ = eventlog.Remove(w.name) // fails if there is none
	return eventlog.InstallAsEventCreate(w.name, eventlog.Error|eventlog.Warning|eventlog.Info)
}

// giveFolder makes the service's folder, which only the service and administrators can enter. Every user can make folders and links next to
// it. So a link in its place is refused: it could make an administrator give away another folder.
func giveFolder(folder, sid string) error {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	if info, err := os.Lstat(folder); err != nil {
		return err
	} else if !info.IsDir() {
		return fmt.Errorf("%s is a link to somewhere else: remove it, and look who made it", folder)
	}
	descriptor, err := windows.SecurityDescriptorFromString(folderAccess(sid))
	if err != nil {
		return fmt.Errorf("access to %s: %w", folder, err)
	}
	list, _, err := descriptor.DACL()
	if err != nil {
		return fmt.Errorf("access to %s: %w", folder, err)
	}
	owner, _, err := descriptor.Owner()
	if err != nil {
		return fmt.Errorf("access to %s: %w", folder, err)
	}
	const what = windows.OWNER_SECURITY_INFORMATION | windows.DACL_SECURITY_INFORMATION | windows.PROTECTED_DACL_SECURITY_INFORMATION
	if err := windows.SetNamedSecurityInfo(folder, windows.SE_FILE_OBJECT, what, owner, nil, list, nil); err != nil {
		return fmt.Errorf("access to %s: %w", folder, err)
	}
	return nil
}
