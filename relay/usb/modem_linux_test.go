package usb_test

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"meterline/relay/simulated"
	"meterline/relay/usb"
	"meterline/relay/usb/at"
)

// The silence around the escape that the simulated modem wants, and that the driver gives it. Usually they are a second each. Between them
// is what a busy machine may need until the simulated modem has read the escape, before more comes.
const (
	modemGuard  = 50 * time.Millisecond
	driverGuard = 250 * time.Millisecond
)

// onPTY runs a simulated modem on a real port, and a Modem that uses it by its link. All waits of the dialogue are short.
func onPTY(t *testing.T, modem *simulated.ATModem) (*simulated.ATStick, *usb.Modem) {
	t.Helper()
	modem.Guard, modem.ConnectAfter = modemGuard, 20*time.Millisecond
	modem.Numbers = map[string]simulated.Subscriber{farNumber: {}}
	stick := &simulated.ATStick{Modem: modem, Link: filepath.Join(t.TempDir(), "modem")}
	m := &usb.Modem{Name: "stick", Select: usb.Selector{Path: stick.Link}, AT: at.Config{Guard: driverGuard}}
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
	const most = time.Minute // a start that fails on a busy machine is repeated half a minute later
	for end := time.Now().Add(most); !f(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: not within %v", what, most)
		}
	}
}

func awaitReady(t *testing.T, m *usb.Modem) {
	t.Helper()
	awaitReal(t, "ready", func() bool { return m.Status().State == usb.Ready })
}

func TestModemOnAPort(t *testing.T) {
	t.Parallel()
	sms := make(chan string, 1)
	stick, m := onPTY(t, &simulated.ATModem{
		Noise: []string{"RING", "^RSSI:3"}, NoiseEvery: 100 * time.Millisecond,
		OnSMS: func(number, text string) { sms <- number + " " + text },
	})
	stick.Do(func(m *simulated.ATModem, now time.Time) { m.EnterData("", now) })
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
	stick.Do(func(m *simulated.ATModem, _ time.Time) {
		if m.InCall() || m.Counts.DataCalls != 2 {
			t.Errorf("in call %v, %+v", m.InCall(), m.Counts)
		}
	})
}

func TestModemPulledOutOfAPort(t *testing.T) {
	t.Parallel()
	stick, m := onPTY(t, &simulated.ATModem{})
	awaitReady(t, m)
	session, err := m.Call(t.Context(), farNumber)
	if err != nil {
		t.Fatal(err)
	}
	exchangeBytes(t, session, allBytes(1))
	stick.Unplug()
	if err := session.Receive(func([]byte) bool { return true }); !errors.Is(err, usb.ErrUnplugged) {
		t.Error(err)
	}
	session.End(nil)
	awaitReal(t, "absent", func() bool { return m.Status().State == usb.Absent })
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

// TestModemWithManyDescriptors: a descriptor above 1023 is one like any other.
func TestModemWithManyDescriptors(t *testing.T) {
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
	_, m := onPTY(t, &simulated.ATModem{})
	awaitReady(t, m)
	session, err := m.Call(t.Context(), farNumber)
	if err != nil {
		t.Fatal(err)
	}
	exchangeBytes(t, session, allBytes(1))
	session.End(nil)
	awaitReady(t, m)
}
