package main

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// abandon leaves a socket at path that nobody listens at, as a crash does.
func abandon(t *testing.T, path string) {
	t.Helper()
	ln, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	ln.SetUnlinkOnClose(false)
	if err := ln.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestNobodyAnswers(t *testing.T) {
	path := socketPath(t)
	_, err := newClient(path, 0).status(t.Context())
	if exitCode(err) != exitUnreachable || !strings.Contains(err.Error(), path) {
		t.Errorf("no socket: code %d, %v", exitCode(err), err)
	}
	abandon(t, path)
	_, err = newClient(path, 0).status(t.Context())
	if exitCode(err) != exitUnreachable || !strings.Contains(err.Error(), "no daemon answers") {
		t.Errorf("a socket that nobody listens at: %v", err)
	}
}

func TestConnectionsAreBounded(t *testing.T) {
	c := serveFake(t, &fakeDaemon{})
	for range maxConnections {
		conn, err := net.Dial("unix", c.socket)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
	}
	conn, err := net.Dial("unix", c.socket)
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
	if _, err := listenControl(t.Context(), c.socket); err == nil || !strings.Contains(err.Error(), "another daemon answers") {
		t.Errorf("a second daemon: %v", err)
	}
	if _, err := c.status(t.Context()); err != nil {
		t.Errorf("the first one afterwards: %v", err)
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{file, filepath.Dir(file)} {
		if _, err := listenControl(t.Context(), path); err == nil || !strings.Contains(err.Error(), "not a socket") {
			t.Errorf("%s: %v", path, err)
		}
	}
	if text, err := os.ReadFile(file); err != nil || string(text) != "mine" {
		t.Errorf("the file afterwards: %q, %v", text, err)
	}
}

func TestSocketOfACrashedDaemonIsReplaced(t *testing.T) {
	path := filepath.Join(filepath.Dir(socketPath(t)), "deep", "er", "c.sock")
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	abandon(t, path)
	ln, err := listenControl(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm() != socketMode {
		t.Errorf("mode %v, want %v", info.Mode().Perm(), socketMode)
	}
}

func TestRefusedPermissionSaysWhoMay(t *testing.T) {
	path := socketPath(t)
	abandon(t, path)
	err := newClient(path, 0).unreachable(&net.OpError{Op: "dial", Net: "unix", Err: os.NewSyscallError("connect", syscall.EACCES)})
	if exitCode(err) != exitUnreachable || !strings.Contains(err.Error(), "permission denied") {
		t.Errorf("code %d, %v", exitCode(err), err)
	}
	if runtime.GOOS != "windows" && !strings.Contains(err.Error(), "may") {
		t.Errorf("%v does not say who may", err)
	}
}
