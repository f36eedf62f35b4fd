package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/windows"
)

var pipes atomic.Uint32

// controlPath is a pipe that nobody has.
func controlPath(t *testing.T) string {
	t.Helper()
	return fmt.Sprintf(`%smeterline-test-%d-%d`, pipePrefix, os.Getpid(), pipes.Add(1))
}

func TestPipeOfAPath(t *testing.T) {
	c := serveFakeAt(t, &fakeDaemon{}, t.TempDir()+`\c.sock`)
	if !isPipe(c.socket) {
		t.Errorf("%s is no pipe", c.socket)
	}
	if _, err := c.status(t.Context()); err != nil {
		t.Error(err)
	}
}

// A client that says nothing keeps nobody waiting: both ends of a pipe heed deadlines, on which http.Server relies.
func TestPipeHeedsDeadlines(t *testing.T) {
	path := controlPath(t)
	ln, err := listenControl(t.Context(), path, "")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	client, err := dialControl(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	server, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	for name, conn := range map[string]net.Conn{"server": server, "client": client} {
		if err := conn.SetReadDeadline(time.Now().Add(50 * time.Millisecond)); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if n, err := conn.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%s: %d, %v, want os.ErrDeadlineExceeded", name, n, err)
		}
	}
}

func TestPipeAccessIsUnderstood(t *testing.T) {
	if _, err := controlGroup("no such group"); err == nil || !strings.Contains(err.Error(), "no such group, give") {
		t.Errorf("an unknown group: %v", err)
	}
	access, err := controlAccess("S-1-5-4")
	if err != nil {
		t.Fatal(err)
	}
	descriptor, err := windows.SecurityDescriptorFromString(access)
	if err != nil {
		t.Fatalf("%s: %v", access, err)
	}
	if got := descriptor.String(); strings.Count(got, "(A;") != 4 {
		t.Errorf("%s: %s", access, got)
	}
}
