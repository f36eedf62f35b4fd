package control

import (
	"errors"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/windows"

	"meterline/cmd/meterline/control/controltest"
)

func TestPipeOfAPath(t *testing.T) {
	c := serveFakeAt(t, &fakeDaemon{}, t.TempDir()+`\c.sock`)
	if !isPipe(c.socket) {
		t.Errorf("%s is no pipe", c.socket)
	}
	if _, err := c.Status(t.Context()); err != nil {
		t.Error(err)
	}
}

// A client that says nothing keeps nobody waiting: both ends of a pipe heed deadlines, on which http.Server relies.
func TestPipeHeedsDeadlines(t *testing.T) {
	path := controltest.Path(t)
	ln, err := Listen(t.Context(), path, "")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	client, err := dial(t.Context(), path)
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

// Where the system has no room for another instance, clients are served still, and later ones when there is room.
func TestPipeWithoutRoom(t *testing.T) {
	path := controltest.Path(t)
	access, err := controlAccess("")
	if err != nil {
		t.Fatal(err)
	}
	ln, err := listenPipe(path, access, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	for range 2 {
		client, err := dial(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		server, err := ln.Accept()
		if err != nil {
			t.Fatal(err)
		}
		var passes interface{ Temporary() bool }
		if _, err := ln.Accept(); !errors.As(err, &passes) || !passes.Temporary() {
			t.Errorf("%v, want an error that passes", err)
		}
		if err := errors.Join(server.Close(), client.Close()); err != nil {
			t.Error(err)
		}
		var accepting sync.WaitGroup
		accepting.Go(func() { // makes the instance, and waits for a client that comes and goes
			if server, err := ln.Accept(); err == nil {
				server.Close()
			}
		})
		for {
			if client, err := dial(t.Context(), path); err == nil {
				client.Close()
				break
			}
			time.Sleep(time.Millisecond)
		}
		accepting.Wait()
		if ln.instance == 0 {
			if ln.instance, err = ln.make(0); err != nil {
				t.Fatal(err)
			}
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
