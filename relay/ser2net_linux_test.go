package relay

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"

	"meterline/vport/rawtty"
	"meterline/vport/rfc2217"
)

// device is a serial device on a pseudo-terminal, behind ser2net.
type device struct {
	*testing.T
	at     string // where ser2net listens
	master *os.File
	mu     sync.Mutex
	heard  []byte
}

func newDevice(t *testing.T) *device {
	t.Helper()
	ser2net, err := exec.LookPath("ser2net")
	if err != nil {
		t.Skip("ser2net is not installed; on Debian it is in the package ser2net")
	}
	master, slave, err := pty.Open()
	if err != nil {
		t.Skipf("no pseudo-terminal: %v", err)
	}
	if err := rawtty.Set(int(master.Fd()), nil); err != nil {
		t.Fatal(err)
	}
	ln := listener(t, "127.0.0.1:0")
	d := &device{T: t, at: ln.Addr().String(), master: master}
	_ = ln.Close()
	_, port, _ := net.SplitHostPort(d.at)
	file := filepath.Join(t.TempDir(), "ser2net.yaml")
	text := "%YAML 1.1\n---\nconnection: &d\n  accepter: telnet(rfc2217),tcp,127.0.0.1," + port + "\n  connector: serialdev," + slave.Name() + ",9600n81,local\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(ser2net, "-n", "-c", file, "-P", filepath.Join(t.TempDir(), "pid"))
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var reading sync.WaitGroup
	reading.Go(d.read)
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // which says that it was killed
		_ = slave.Close()
		reading.Wait() // a master without a slave ends reads
		_ = master.Close()
	})
	return d
}

func (d *device) read() {
	buf := make([]byte, 4096)
	for {
		n, err := d.master.Read(buf)
		if err != nil {
			return
		}
		d.mu.Lock()
		d.heard = append(d.heard, buf[:n]...)
		d.mu.Unlock()
	}
}

// until waits for what has to come true.
func (d *device) until(what string, done func() bool) {
	d.Helper()
	for end := time.Now().Add(20 * time.Second); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			d.Fatalf("not within 20 s: %s", what)
		}
	}
}

func (d *device) hears(want []byte) {
	d.Helper()
	d.until("the device hears all", func() bool {
		d.mu.Lock()
		defer d.mu.Unlock()
		return len(d.heard) >= len(want)
	})
	d.mu.Lock()
	defer d.mu.Unlock()
	if !bytes.Equal(d.heard, want) {
		d.Errorf("the device hears %q, want %q", d.heard, want)
	}
	d.heard = nil
}

// set tells how ser2net has set the device; a pseudo-terminal has neither data bits nor whether there is parity.
func (d *device) set() (speed uint32, two, odd bool) {
	d.Helper()
	t, err := unix.IoctlGetTermios(int(d.master.Fd()), unix.TCGETS2)
	if err != nil {
		d.Fatal(err)
	}
	return t.Ospeed, t.Cflag&unix.CSTOPB != 0, t.Cflag&unix.PARODD != 0
}

func TestSer2net(t *testing.T) {
	t.Parallel()
	d := newDevice(t)
	var c *caller
	d.until("ser2net listens", func() bool { return listening(d.at) })
	c = callTerminal(t, &Dial{Addresses: []string{"rfc2217://" + d.at}, Serial: rfc2217.Settings{
		Speed: 300, DataBits: 8, Parity: rfc2217.ParityOdd, StopBits: rfc2217.StopTwo,
	}})
	if speed, two, odd := d.set(); speed != 300 || !two || !odd {
		t.Errorf("the device is set to %d, two stop bits %v, odd %v", speed, two, odd)
	}
	if !c.Settable() {
		t.Error("ser2net cannot be set")
	}
	every := make([]byte, 1024)
	for i := range every {
		every[i] = byte(i * 7)
	}
	if n, err := c.Write(every[:12]); n != 12 || err != nil {
		t.Fatal(n, err)
	}
	start := time.Now()
	if err := c.Set(rfc2217.Settings{Speed: 9600, StopBits: rfc2217.StopOne}); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(start); took < 300*time.Millisecond {
		t.Errorf("the speed was changed after %v, before twelve characters had left at 300", took)
	}
	if n, err := c.Write(every[12:]); n != len(every)-12 || err != nil {
		t.Fatal(n, err)
	}
	d.hears(every)
	d.until("the device has the new speed", func() bool { speed, two, _ := d.set(); return speed == 9600 && !two })
	if _, err := d.master.Write(every); err != nil {
		t.Fatal(err)
	}
	c.until(t, "all bytes", func() bool { return c.data == string(every) })
	for _, err := range []error{c.Purge(true, true), c.Break(true), c.Break(false), c.ShortBreak(), c.SetDTR(false), c.SetRTS(false)} {
		if err != nil {
			t.Error(err)
		}
	}
	if n, err := c.Write([]byte("still here")); n != 10 || err != nil {
		t.Fatal(n, err)
	}
	d.hears([]byte("still here"))
	c.mu.Lock()
	t.Logf("facts %v, events %q", c.facts, c.told)
	c.mu.Unlock()
}

// listening looks into the system's list: a connection would be a user's.
func listening(address string) bool {
	_, port, _ := net.SplitHostPort(address)
	n, _ := net.LookupPort("tcp", port)
	table, err := os.ReadFile("/proc/net/tcp")
	return err == nil && strings.Contains(string(table), ": 0100007F:"+strings.ToUpper(hex4(n))+" 00000000:0000 0A ")
}

func hex4(n int) string {
	const digits = "0123456789abcdef"
	return string([]byte{digits[n>>12&15], digits[n>>8&15], digits[n>>4&15], digits[n&15]})
}
