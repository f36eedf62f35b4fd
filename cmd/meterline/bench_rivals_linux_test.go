package main_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
)

// newTCP is no bridge: a connection over loopback alone.
func newTCP(b *testing.B, ports int) (*rival, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	defer func() { _ = ln.Close() }()
	r := newRival(b)
	for range ports {
		conn, err := net.Dial("tcp", ln.Addr().String())
		if err != nil {
			return nil, err
		}
		near, err := detach(conn)
		if err != nil {
			return nil, err
		}
		far, err := acceptOne(ln)
		if err != nil {
			return nil, err
		}
		r.circuits = append(r.circuits, circuit{near, far})
	}
	return r, nil
}

// newPTY is no bridge: the far end is on the pseudo-terminal's other side.
func newPTY(b *testing.B, ports int) (*rival, error) {
	r := newRival(b)
	for range ports {
		master, slave, err := pty.Open()
		if err != nil {
			return nil, err
		}
		b.Cleanup(func() { _ = master.Close() })
		near, err := openPort(slave.Name())
		_ = slave.Close() // the program has its own
		if err != nil {
			return nil, err
		}
		far, err := duplicate(master)
		if err != nil {
			return nil, err
		}
		r.circuits = append(r.circuits, circuit{near, far})
	}
	return r, nil
}

// newSocat is one process for each port, which calls the modem.
func newSocat(b *testing.B, ports int) (*rival, error) {
	path, err := program("socat")
	if err != nil {
		return nil, err
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	defer func() { _ = ln.Close() }()
	dir := b.TempDir()
	r := newRival(b)
	for i := range ports {
		link := filepath.Join(dir, strconv.Itoa(i))
		pid, err := startProcess(b, path, "PTY,rawer,link="+link, "TCP:"+ln.Addr().String()+",nodelay")
		if err != nil {
			return nil, err
		}
		far, err := acceptOne(ln) // it calls when it has made its pseudo-terminal
		if err != nil {
			return nil, err
		}
		near, err := openPort(link)
		if err != nil {
			return nil, err
		}
		r.circuits, r.pids = append(r.circuits, circuit{near, far}), append(r.pids, pid)
	}
	return r, nil
}

// newSer2net is one process for all ports; every modem calls in at an address of its own.
func newSer2net(b *testing.B, ports int) (*rival, error) {
	path, err := program("ser2net")
	if err != nil {
		return nil, err
	}
	addresses, err := freeAddresses(ports)
	if err != nil {
		return nil, err
	}
	dir := b.TempDir()
	conf := []string{"%YAML 1.1\n---\n"}
	for i, address := range addresses {
		conf = append(conf, ser2netConnection(i, address, filepath.Join(dir, strconv.Itoa(i))))
	}
	file := filepath.Join(dir, "ser2net.yaml")
	if err := os.WriteFile(file, []byte(strings.Join(conf, "")), 0o600); err != nil {
		return nil, err
	}
	pid, err := startProcess(b, path, "-n", "-c", file, "-P", filepath.Join(dir, "pid"))
	if err != nil {
		return nil, err
	}
	r := newRival(b)
	r.pids = []int{pid}
	for i, address := range addresses {
		c, err := joinSer2net(address, filepath.Join(dir, strconv.Itoa(i)))
		if err != nil {
			return nil, err
		}
		r.circuits = append(r.circuits, c)
	}
	return r, nil
}

// ser2netConnection is told to pass bytes on at once, as the others do: its default waits for more of them.
func ser2netConnection(i int, address, link string) string {
	host, port, _ := net.SplitHostPort(address) // it came from the system
	return fmt.Sprintf("connection: &p%d\n  accepter: tcp(nodelay),%s,%s\n  connector: pty(raw,link=%s)\n  options:\n    chardelay: false\n",
		i, host, port, link)
}

// joinSer2net calls in, upon which the port is made.
func joinSer2net(address, link string) (c circuit, err error) {
	err = within(patience, func() error {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			c.far, err = detach(conn)
		}
		return err
	})
	if err != nil {
		return c, err
	}
	err = within(patience, func() error {
		c.near, err = openPort(link)
		return err
	})
	return c, err
}

// within repeats what fails while another process is on its way to it.
func within(d time.Duration, try func() error) error {
	for end := time.Now().Add(d); ; {
		err := try()
		if err == nil || time.Now().After(end) {
			return err
		}
		time.Sleep(time.Millisecond)
	}
}

// program finds an installed program, also where administrators' programs are.
func program(name string) (string, error) {
	path, err := exec.LookPath(name)
	if err != nil {
		path, err = exec.LookPath("/usr/sbin/" + name)
	}
	return path, err
}

// startProcess starts a program that ends with the benchmark, and says nothing.
func startProcess(b *testing.B, path string, args ...string) (pid int, err error) {
	cmd := exec.Command(path, args...)
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	b.Cleanup(func() {
		end([]int{cmd.Process.Pid})
		_ = cmd.Wait() // it was killed, and says so
	})
	return cmd.Process.Pid, nil
}

// newRival makes one whose descriptors are closed with the benchmark.
func newRival(b *testing.B) *rival {
	r := new(rival)
	b.Cleanup(func() { closeAll(r.circuits) })
	return r
}
