package control

import (
	"errors"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"meterline/cmd/meterline/control/controltest"
	"meterline/cmd/meterline/exit"
)

func TestNobodyAnswers(t *testing.T) {
	path := controltest.Path(t)
	_, err := NewClient(path, 0).Status(t.Context())
	if exit.Code(err) != exit.Unreachable || !strings.Contains(err.Error(), path) {
		t.Errorf("no socket: code %d, %v", exit.Code(err), err)
	}
}

func TestConnectionsAreBounded(t *testing.T) {
	c := serveFake(t, &fakeDaemon{})
	for range maxConnections {
		conn, err := dial(t.Context(), c.socket)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
	}
	conn, err := dial(t.Context(), c.socket)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetReadDeadline(time.Now().Add(4 * time.Second)); err != nil {
		t.Fatal(err)
	}
	// A reset counts as closed: what had not been read is thrown away.
	if _, err := conn.Read(make([]byte, 1)); errors.Is(err, os.ErrDeadlineExceeded) || err == nil {
		t.Errorf("connection number %d: %v, want it closed at once", maxConnections+1, err)
	}
}

func TestSocketIsNotTakenFromAnybody(t *testing.T) {
	c := serveFake(t, &fakeDaemon{})
	if _, err := Listen(t.Context(), c.socket, ""); err == nil || !strings.Contains(err.Error(), "another daemon answers") {
		t.Errorf("a second daemon: %v", err)
	}
	if _, err := c.Status(t.Context()); err != nil {
		t.Errorf("the first one afterwards: %v", err)
	}
}

func TestRefusedPermissionSaysWhoMay(t *testing.T) {
	c := serveFake(t, &fakeDaemon{})
	err := c.unreachable(&net.OpError{Op: "dial", Net: "unix", Err: os.NewSyscallError("connect", syscall.EACCES)})
	if exit.Code(err) != exit.Unreachable || !strings.Contains(err.Error(), "permission denied") {
		t.Errorf("code %d, %v", exit.Code(err), err)
	}
	if !strings.Contains(err.Error(), "may") {
		t.Errorf("%v does not say who may", err)
	}
}

func TestPipeName(t *testing.T) {
	for path, want := range map[string]string{
		`\\.\pipe\meterline`:                    `\\.\pipe\meterline`,
		`\\.\PIPE\Other`:                        `\\.\PIPE\Other`,
		`\\.\pipe\`:                             `\\.\pipe\meterline-.-pipe-`,
		`C:\ProgramData\meterline\control.sock`: `\\.\pipe\meterline-C-ProgramData-meterline-control.sock`,
		`\\server\share\c.sock`:                 `\\.\pipe\meterline-server-share-c.sock`,
		"Z:/home/c.sock":                        `\\.\pipe\meterline-Z-home-c.sock`,
	} {
		if got := pipeName(path); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}

// TestPipeAccess: nobody but those named is in the list, and the group may not serve the pipe in the daemon's place.
func TestPipeAccess(t *testing.T) {
	if got, want := pipeAccess("S-1-5-18", ""), "D:P(A;;GA;;;SY)(A;;GA;;;BA)(A;;GA;;;S-1-5-18)"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got, want := pipeAccess("S-1-5-18", "S-1-5-4"), "D:P(A;;GA;;;SY)(A;;GA;;;BA)(A;;GA;;;S-1-5-18)(A;;0x12019b;;;S-1-5-4)"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	const createInstance = 0x4
	if pipeUse&createInstance != 0 {
		t.Error("the group may create instances")
	}
}
