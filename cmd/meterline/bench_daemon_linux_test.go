package main_test

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// newMeterline is the command itself, with everything as it is by default: one process, where the modems call in.
func newMeterline(b *testing.B, ports int) (*rival, error) { return newMeterlineWith(b, ports, "") }

// newMeterlineWith has more in the table of each modem.
func newMeterlineWith(b *testing.B, ports int, more string) (*rival, error) {
	path, err := command(b)
	if err != nil {
		return nil, err
	}
	d, err := startDaemon(b, path, ports, more)
	if err != nil {
		return nil, err
	}
	return d.join(b)
}

// join lets all modems call in, and opens all ports.
func (d *daemon) join(b *testing.B) (*rival, error) {
	r := newRival(b)
	r.pids = []int{d.pid()}
	for i := range d.modems {
		conn, err := d.callIn(i)
		if err != nil {
			return nil, err
		}
		far, err := detach(conn)
		if err != nil {
			return nil, err
		}
		near, err := openPort(d.port(i))
		if err != nil {
			return nil, err
		}
		r.circuits = append(r.circuits, circuit{near, far})
	}
	_, err := d.journal.wait(lineUp, d.modems)
	return r, err
}

// Lines of the daemon's log.
const (
	lineReady = "meterline is ready"
	lineUp    = "session up"
	lineEnded = "session ended"
)

// daemon is a running command, with so many modems that call in, each with a port.
type daemon struct {
	modems  int
	dir     string
	address string
	cmd     *exec.Cmd
	journal *journal
	stop    func() // may be repeated
}

func startDaemon(b *testing.B, path string, modems int, more string) (*daemon, error) {
	addresses, err := freeAddresses(1)
	if err != nil {
		return nil, err
	}
	d := &daemon{modems: modems, dir: b.TempDir(), address: addresses[0], journal: new(journal)}
	file := filepath.Join(d.dir, "bench.toml")
	if err := os.WriteFile(file, []byte(d.configuration(more)), 0o600); err != nil {
		return nil, err
	}
	d.cmd = exec.Command(path, "run", "-c", file)
	d.cmd.Stderr = d.journal
	if err := d.cmd.Start(); err != nil {
		return nil, err
	}
	d.stop = sync.OnceFunc(func() {
		_ = d.cmd.Process.Signal(syscall.SIGTERM)
		_ = d.cmd.Wait() // it may have been killed, and says so
	})
	b.Cleanup(d.stop)
	_, err = d.journal.wait(lineReady, 1)
	return d, err
}

// command builds the command that is tested, without what belongs to tests.
func command(b *testing.B) (string, error) {
	path := filepath.Join(b.TempDir(), "meterline")
	if out, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the command: %w\n%s", err, out)
	}
	return path, nil
}

func (d *daemon) configuration(more string) string {
	var conf strings.Builder
	fmt.Fprintf(&conf, "control = %q\n[exchange.bench]\nlisten = %q\nprofile = \"imei\"\n", filepath.Join(d.dir, "control"), d.address)
	for i := range d.modems {
		fmt.Fprintf(&conf, "[modem.m%d]\nexchange = \"bench\"\nid = %q\nport = %q\n%s\n", i, identity(i), d.port(i), more)
	}
	return conf.String()
}

func identity(i int) string { return fmt.Sprintf("86%013d", i) }

func (d *daemon) port(i int) string { return filepath.Join(d.dir, fmt.Sprintf("m%d", i)) }

func (d *daemon) pid() int { return d.cmd.Process.Pid }

// callIn is a modem that calls and says who it is.
func (d *daemon) callIn(i int) (net.Conn, error) {
	conn, err := net.Dial("tcp", d.address)
	if err != nil {
		return nil, err
	}
	_, err = conn.Write([]byte(identity(i) + "\r\n"))
	return conn, err
}

// journal is a daemon's log as it is written.
type journal struct {
	mu    sync.Mutex
	part  []byte // of a line that is not complete
	lines [64]string
	next  int
	seen  map[string][]time.Time // of the lines above
}

func (j *journal) Write(p []byte) (int, error) {
	now := time.Now()
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.seen == nil {
		j.seen = make(map[string][]time.Time)
	}
	j.part = append(j.part, p...)
	for {
		line, rest, ok := bytes.Cut(j.part, []byte("\n"))
		if !ok {
			return len(p), nil
		}
		j.lines[j.next%len(j.lines)] = string(line)
		j.next++
		for _, text := range []string{lineReady, lineUp, lineEnded} {
			if bytes.Contains(line, []byte(text)) {
				j.seen[text] = append(j.seen[text], now)
			}
		}
		j.part = rest
	}
}

// wait waits until a line has come so many times, and answers when that was.
func (j *journal) wait(text string, times int) (at time.Time, err error) {
	err = within(time.Minute, func() error {
		j.mu.Lock()
		defer j.mu.Unlock()
		if n := len(j.seen[text]); n < times {
			last := j.lines[(j.next+len(j.lines)-1)%len(j.lines)]
			return fmt.Errorf("%q came %d times of %d, last line: %s", text, n, times, last)
		}
		at = j.seen[text][times-1]
		return nil
	})
	return at, err
}

// freeAddresses are addresses on loopback where nobody listens at the moment. They are not of the host that outgoing connections on
// loopback come from, one of which could take the port before it is listened at.
func freeAddresses(n int) (addresses []string, err error) {
	for range n {
		ln, err := net.Listen("tcp", "127.66.0.1:0")
		if err != nil {
			return nil, err
		}
		defer func() { _ = ln.Close() }() // all together at the end, so that none comes twice
		addresses = append(addresses, ln.Addr().String())
	}
	return addresses, nil
}

func acceptOne(ln net.Listener) (int, error) {
	if tcp, ok := ln.(*net.TCPListener); ok {
		if err := tcp.SetDeadline(time.Now().Add(patience)); err != nil {
			return -1, err
		}
	}
	conn, err := ln.Accept()
	if err != nil {
		return -1, err
	}
	return detach(conn)
}
