package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/windows"

	"meterline/bridge/status"
	"meterline/cmd/meterline/exit"
	"meterline/relay/simulated/meters"
)

// installation is meterline.exe with a configuration file in a folder of its own.
type installation struct {
	testing.TB
	exe, dir, file string
	host           string // loopback address that no other test has
	daemon         *exec.Cmd
	log            record
}

// record is what a process has written so far.
type record struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (r *record) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.Write(p)
}

func (r *record) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.String()
}

var installations atomic.Uint32

// install writes a configuration and starts nothing. HOST in it stands for the test's own address. The program is the one
// that METERLINE_EXE names, else this one under its name.
func install(t testing.TB, config string) *installation {
	t.Helper()
	exe := os.Getenv("METERLINE_EXE")
	if exe == "" {
		var err error
		if exe, err = exec.LookPath("meterline"); err != nil {
			t.Fatal(err)
		}
	}
	dir, pid := t.TempDir(), os.Getpid()
	i := &installation{
		TB: t, exe: exe, dir: dir, file: filepath.Join(dir, "meterline.toml"),
		host: fmt.Sprintf("127.%d.%d.%d", 16+pid>>8%200, pid&255, 1+installations.Add(1)%250),
	}
	i.configure(config)
	return i
}

// configure writes the configuration; a daemon that runs does not look at it before a reload.
func (i *installation) configure(config string) {
	i.Helper()
	config = "control = 'control.sock'\n" + strings.ReplaceAll(config, "HOST", i.host)
	if err := os.WriteFile(i.file, []byte(config), 0o600); err != nil {
		i.Fatal(err)
	}
}

// run starts the daemon, in a group of its own that Ctrl-Break can be sent to, and waits until it answers.
func (i *installation) run() {
	i.Helper()
	i.daemon = exec.Command(i.exe, "run", "-c", i.file)
	i.daemon.Stdout, i.daemon.Stderr = &i.log, &i.log
	if !underWine() {
		i.daemon.SysProcAttr = &syscall.SysProcAttr{CreationFlags: windows.CREATE_NEW_PROCESS_GROUP}
	}
	if err := i.daemon.Start(); err != nil {
		i.Fatal(err)
	}
	i.Cleanup(func() {
		_ = i.daemon.Process.Kill() // most have ended
		_ = i.daemon.Wait()
		if i.Failed() {
			i.Logf("the daemon's log:\n%s", &i.log)
		}
	})
	i.must("status", "--wait", "20s")
}

// meterline runs a verb with the configuration, as an operator does.
func (i *installation) meterline(args ...string) (code int, output string) {
	i.Helper()
	return i.verb(append(args, "-c", i.file)...)
}

// verb runs a verb that may know no configuration.
func (i *installation) verb(args ...string) (code int, output string) {
	i.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(i.Context()), time.Minute) // a Cleanup is late
	defer cancel()
	out, err := exec.CommandContext(ctx, i.exe, args...).CombinedOutput()
	if exit, ended := errors.AsType[*exec.ExitError](err); ended {
		return exit.ExitCode(), string(out)
	}
	if err != nil {
		i.Fatalf("meterline %s: %v: %s", strings.Join(args, " "), err, out)
	}
	return 0, string(out)
}

// must runs a verb, which has to succeed.
func (i *installation) must(args ...string) string {
	i.Helper()
	code, out := i.meterline(args...)
	if code != exit.Done {
		i.Fatalf("meterline %s: exit code %d: %s", strings.Join(args, " "), code, out)
	}
	return out
}

// says runs a verb, which has to succeed and say this.
func (i *installation) says(want string, args ...string) {
	i.Helper()
	if out := i.must(args...); !strings.Contains(out, want) {
		i.Fatalf("meterline %s does not say %q: %s", strings.Join(args, " "), want, out)
	}
}

// verbSays is says for a verb that knows no configuration.
func (i *installation) verbSays(want string, args ...string) {
	i.Helper()
	if code, out := i.verb(args...); code != exit.Done || !strings.Contains(out, want) {
		i.Fatalf("meterline %s: exit code %d, without %q: %s", strings.Join(args, " "), code, want, out)
	}
}

func (i *installation) status() status.Status {
	i.Helper()
	var st status.Status
	if err := json.Unmarshal([]byte(i.must("status", "--json")), &st); err != nil {
		i.Fatal(err)
	}
	return st
}

// up waits until a modem has a session.
func (i *installation) up(modem string) {
	i.Helper()
	i.eventually("modem "+modem+" is up", func() bool {
		for _, m := range i.status().Modems {
			if m.Name == modem {
				return m.State == "up"
			}
		}
		return false
	})
}

// eventually waits for what has to come true.
func (i *installation) eventually(what string, done func() bool) {
	i.Helper()
	for end := time.Now().Add(20 * time.Second); !done(); {
		if time.Now().After(end) {
			i.Fatalf("not within 20 s: %s", what)
		}
		time.Sleep(20 * time.Millisecond) // between two looks at programs of their own
	}
}

// dial connects to a port over the network, as a program does.
func (i *installation) dial(port string) net.Conn {
	i.Helper()
	conn, err := net.Dial("tcp", i.host+":"+port)
	if err != nil {
		i.Fatal(err)
	}
	i.Cleanup(func() { _ = conn.Close() })
	return conn
}

// reads asks the simulated meter as reading software does, and looks at what never changes.
func (i *installation) reads(w meters.Wire) {
	i.Helper()
	const nameAt = 200
	values, err := meters.ReadModbus(w, 1, 3, nameAt, 7, 10*time.Second)
	if err != nil {
		i.Fatal(err)
	}
	var name []byte
	for _, v := range values {
		name = append(name, byte(v>>8), byte(v))
	}
	if got := strings.TrimRight(string(name), "\x00"); got != "METERLINE-SIM" {
		i.Errorf("the meter is called %q", got)
	}
}

// A modem that calls in is read through a raw port and, by way of a second modem, through one of RFC 2217.
func TestWindowsPortsOverTheNetwork(t *testing.T) {
	i := install(t, `
[exchange.gprs]
listen = "HOST:7001"
profile = "imei"
[modem.near]
exchange = "gprs"
id = "356938035643809"
port = "tcp://HOST:7002"
[port.serial]
listen = "rfc2217://HOST:7003"
modem = "near"
[modem.far]
dial = "rfc2217://HOST:7003"
port = "tcp://HOST:7004"
[sim.near]
meter = "modbus-rtu"
`)
	i.run()
	i.up("near")
	direct := i.dial("7002")
	i.reads(direct)
	if err := direct.Close(); err != nil { // the lease ends
		t.Fatal(err)
	}
	i.up("far")
	i.reads(i.dial("7004"))
}
