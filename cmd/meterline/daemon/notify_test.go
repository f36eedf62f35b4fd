package daemon

import (
	"context"
	"log/slog"
	"net"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"meterline/bridge/status"
	"meterline/cmd/meterline/control/controltest"
)

// listenNotify is a service manager's end of sd_notify.
func listenNotify(t *testing.T) *net.UnixConn {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("no datagram sockets in the file system on Windows")
	}
	path := controltest.Path(t)
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	t.Setenv("NOTIFY_SOCKET", path)
	return conn
}

func received(t *testing.T, conn *net.UnixConn) string {
	t.Helper()
	if err := conn.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	p := make([]byte, 1024)
	n, err := conn.Read(p)
	if err != nil {
		t.Fatal(err)
	}
	return string(p[:n])
}

func TestServiceManagerIsTold(t *testing.T) {
	conn := listenNotify(t)
	n := notifier{log: slog.New(slog.DiscardHandler)}
	n.ready(controltest.Status())
	if got, want := received(t, conn), "READY=1\nSTATUS=3 of 5 modems up, 2 of 6 ports joined"; got != want {
		t.Errorf("ready: %q, want %q", got, want)
	}
	n.reloading()
	got := received(t, conn)
	if !strings.HasPrefix(got, "RELOADING=1") || runtime.GOOS == "linux" && !strings.Contains(got, "\nMONOTONIC_USEC=") {
		t.Errorf("reloading: %q", got)
	}
	n.stopping()
	if got := received(t, conn); got != "STOPPING=1" {
		t.Errorf("stopping: %q", got)
	}
}

func TestWatchdogIsFedOnlyWhileStatusAnswers(t *testing.T) {
	conn := listenNotify(t)
	t.Setenv("WATCHDOG_USEC", "20000000")
	t.Setenv("WATCHDOG_PID", "")
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		asked, stuck := 0, make(chan struct{})
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			notifier{log: slog.New(slog.DiscardHandler)}.beat(ctx, func() status.Status {
				if asked++; asked == 3 {
					<-stuck
				}
				return status.Status{}
			})
		}()
		time.Sleep(65 * time.Second) // of the bubble's clock: six times half the watchdog's 20 s
		synctest.Wait()
		if asked != 3 {
			t.Errorf("status was asked %d times, want 3", asked)
		}
		cancel()
		close(stuck)
		<-ended
	})
	for range 2 {
		if got := received(t, conn); !strings.Contains(got, "WATCHDOG=1") {
			t.Errorf("beat: %q", got)
		}
	}
}

func TestNobodyIsToldWithoutAServiceManager(t *testing.T) {
	t.Setenv("NOTIFY_SOCKET", "")
	notifier{log: slog.New(slog.DiscardHandler)}.beat(t.Context(), func() status.Status {
		t.Error("a picture was taken for nobody")
		return status.Status{}
	})
}
