package relay

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"meterline/relay/at"
	"meterline/relay/relaytest"
)

// onPTY runs a simulated modem on a real port, and a USBModem that uses it by its link. All waits of the dialogue are short.
func onPTY(t *testing.T, modem *relaytest.ATModem) (*relaytest.ATStick, *USBModem) {
	t.Helper()
	modem.Guard, modem.ConnectAfter = 40*time.Millisecond, 20*time.Millisecond
	modem.Numbers = map[string]relaytest.Subscriber{farNumber: {}}
	stick := &relaytest.ATStick{Modem: modem, Link: filepath.Join(t.TempDir(), "modem")}
	m := &USBModem{Name: "stick", Select: USBSelect{Path: stick.Link}, AT: at.Config{Guard: 60 * time.Millisecond}}
	var group sync.WaitGroup
	t.Cleanup(group.Wait)
	group.Go(func() {
		if err := stick.Run(t.Context()); err != nil {
			t.Error(err)
		}
	})
	awaitReal(t, "the port", func() bool { return stick.Device() != "" })
	group.Go(func() {
		if err := m.Run(t.Context()); err != nil {
			t.Error(err)
		}
	})
	return stick, m
}

// awaitReal waits in real time.
func awaitReal(t *testing.T, what string, f func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !f(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: not within 20 s", what)
		}
	}
}

func awaitReady(t *testing.T, m *USBModem) {
	t.Helper()
	awaitReal(t, "ready", func() bool { return m.Status().State == USBReady })
}

func TestUSBModemOnAPort(t *testing.T) {
	t.Parallel()
	sms := make(chan string, 1)
	stick, m := onPTY(t, &relaytest.ATModem{
		Noise: []string{"RING", "^RSSI:3"}, NoiseEvery: 100 * time.Millisecond,
		OnSMS: func(number, text string) { sms <- number + " " + text },
	})
	stick.Do(func(m *relaytest.ATModem, now time.Time) { m.EnterData("", now) })
	awaitReady(t, m)
	if got := m.Status().Info.Model; got != "ATModem" {
		t.Errorf("model %q", got)
	}
	if err := m.SMS(t.Context(), farNumber, "WAKE"); err != nil {
		t.Fatal(err)
	}
	if got := <-sms; got != farNumber+" WAKE" {
		t.Errorf("got %q", got)
	}
	for _, times := range []int{4, 1} {
		session, err := m.Call(t.Context(), farNumber)
		if err != nil {
			t.Fatal(err)
		}
		exchangeBytes(t, session, allBytes(times))
		session.End(nil)
		awaitReady(t, m)
	}
	stick.Do(func(m *relaytest.ATModem, _ time.Time) {
		if m.InCall() || m.Counts.DataCalls != 2 {
			t.Errorf("in call %v, %+v", m.InCall(), m.Counts)
		}
	})
}

func TestUSBModemPulledOutOfAPort(t *testing.T) {
	t.Parallel()
	stick, m := onPTY(t, &relaytest.ATModem{})
	awaitReady(t, m)
	session, err := m.Call(t.Context(), farNumber)
	if err != nil {
		t.Fatal(err)
	}
	exchangeBytes(t, session, allBytes(1))
	stick.Unplug()
	if err := session.Receive(func([]byte) bool { return true }); !errors.Is(err, ErrUnplugged) {
		t.Error(err)
	}
	session.End(nil)
	awaitReal(t, "absent", func() bool { return m.Status().State == USBAbsent })
	other, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0) // takes the number that has become free
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.Close() }()
	stick.Plug()
	awaitReady(t, m)
	if now := m.Status().Device.Path; now != stick.Device() {
		t.Errorf("it is at %s, and used at %s", stick.Device(), now)
	}
	session, err = m.Call(t.Context(), farNumber)
	if err != nil {
		t.Fatal(err)
	}
	exchangeBytes(t, session, allBytes(1))
	session.End(nil)
	awaitReady(t, m)
}

// TestUSBModemWithManyDescriptors: a descriptor above 1023 is one like any other.
func TestUSBModemWithManyDescriptors(t *testing.T) {
	const many = 1200
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	if raised := limit; limit.Cur < 2*many {
		raised.Cur = min(2*many, limit.Max)
		if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &raised); err != nil || raised.Cur < 2*many {
			t.Skipf("RLIMIT_NOFILE is %d, of at most %d, and %d are wanted: %v", limit.Cur, limit.Max, 2*many, err)
		}
		t.Cleanup(func() { _ = unix.Setrlimit(unix.RLIMIT_NOFILE, &limit) })
	}
	for range many {
		f, err := os.Open(os.DevNull)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = f.Close() }()
	}
	_, m := onPTY(t, &relaytest.ATModem{})
	awaitReady(t, m)
	session, err := m.Call(t.Context(), farNumber)
	if err != nil {
		t.Fatal(err)
	}
	exchangeBytes(t, session, allBytes(1))
	session.End(nil)
	awaitReady(t, m)
}

func TestUSBPortOfAnotherProgram(t *testing.T) {
	t.Parallel()
	stick := &relaytest.ATStick{Modem: &relaytest.ATModem{}, Link: filepath.Join(t.TempDir(), "modem")}
	var group sync.WaitGroup
	t.Cleanup(group.Wait)
	group.Go(func() {
		if err := stick.Run(t.Context()); err != nil {
			t.Error(err)
		}
	})
	awaitReal(t, "the port", func() bool { return stick.Device() != "" })
	port, err := os.OpenFile(stick.Device(), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	other := exec.CommandContext(t.Context(), "cat")
	in, err := other.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	other.ExtraFiles = []*os.File{port}
	if err := other.Start(); err != nil {
		t.Skipf("cannot start cat: %v", err)
	}
	_ = port.Close()
	_, err = openSerial(stick.Link, 115200, false)
	if !errors.Is(err, ErrUSBHeld) || !strings.Contains(err.Error(), "cat (pid ") {
		t.Error(err)
	}
	_ = in.Close()
	_ = other.Wait()
	line, err := openSerial(stick.Link, 115200, false)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := openSerial(stick.Link, 115200, false); !errors.Is(err, ErrUSBHeld) {
		t.Errorf("opened twice: %v", err)
	}
	if err := line.Close(); err != nil {
		t.Error(err)
	}
	if line, err = openSerial(stick.Link, 300, false); err != nil {
		t.Fatal(err)
	}
	if err := line.Close(); err != nil {
		t.Error(err)
	}
	if _, err := openSerial("/dev/null", 9600, false); err == nil {
		t.Error("/dev/null is a modem")
	}
	if _, err := openSerial(filepath.Join(t.TempDir(), "none"), 9600, false); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

// TestSerialLineIsNeverStuck: Close wakes a read, a write ends at its deadline, and closing does not wait for what is unsent.
func TestSerialLineIsNeverStuck(t *testing.T) {
	t.Parallel()
	master, device := bareTerminal(t)
	line, err := openSerial(device, 9600, false)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := line.Carrier(); err == nil {
		t.Error("a pty has no DCD")
	}
	if err := line.SetDTR(true); err == nil {
		t.Error("a pty has no DTR")
	}
	var group sync.WaitGroup
	group.Go(func() {
		if _, err := line.Read(make([]byte, 1)); !errors.Is(err, os.ErrClosed) {
			t.Errorf("read: %v", err)
		}
	})
	if err := line.SetWriteDeadline(time.Now().Add(50 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	n, err := line.Write(make([]byte, 1<<20))
	if !errors.Is(err, os.ErrDeadlineExceeded) || n == 0 || n == 1<<20 {
		t.Errorf("wrote %d: %v", n, err)
	}
	began := time.Now()
	if err := line.Close(); err != nil {
		t.Error(err)
	}
	group.Wait()
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("closing took %v", took)
	}
	_ = master.Close()
}

func TestSerialLinePulledOut(t *testing.T) {
	t.Parallel()
	master, device := bareTerminal(t)
	line, err := openSerial(device, 9600, false)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = line.Close() }()
	time.AfterFunc(20*time.Millisecond, func() { _ = master.Close() })
	if n, err := line.Read(make([]byte, 1)); n != 0 || !errors.Is(err, unix.EIO) && !errors.Is(err, io.EOF) {
		t.Errorf("%d, %v", n, err)
	}
	if _, err := line.Write([]byte("x")); err == nil {
		t.Error("it still writes")
	}
}

// bareTerminal is a pseudo-terminal that nobody reads.
func bareTerminal(t *testing.T) (master *os.File, device string) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := master.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var n int
	_ = conn.Control(func(fd uintptr) {
		if err = unix.IoctlSetPointerInt(int(fd), unix.TIOCSPTLCK, 0); err == nil {
			n, err = unix.IoctlGetInt(int(fd), unix.TIOCGPTN)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return master, filepath.Join("/dev/pts", itoa(n))
}
