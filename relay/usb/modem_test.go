package usb_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"meterline/relay"
	"meterline/relay/usb"
	"meterline/relay/usb/at"
)

func TestWake(t *testing.T) {
	var mu sync.Mutex
	var woken []string
	note := func(s string) { mu.Lock(); defer mu.Unlock(); woken = append(woken, s) }
	slot := func() *simSlot {
		s := echoSlot()
		s.modem.OnSMS = func(n, text string) { note("sms " + n + " " + text) }
		s.modem.OnRing = func(n string, d time.Duration) { note("ring " + n + " " + d.Round(time.Second).String()) }
		return s
	}
	plugged(t, slot, func(t *testing.T, _ *simSlot, m *usb.Modem) {
		awaitState(t, m, usb.Ready, 30*time.Second)
		if err := m.SMS(t.Context(), "+7 916 123-45-67", "WAKE 1"); err != nil {
			t.Error(err)
		}
		if r, err := m.Ring(t.Context(), farNumber, 7*time.Second); err != nil || r.Note != "" || r.Ring != at.RingGivenUp {
			t.Error(r, err)
		}
		if _, err := m.Ask(t.Context()); err != nil {
			t.Error(err)
		}
		if err := m.SMS(t.Context(), farNumber, "две"); err == nil {
			t.Error("sent")
		}
		mu.Lock()
		defer mu.Unlock()
		if got, want := strings.Join(woken, "; "), "sms "+farNumber+" WAKE 1; ring "+farNumber+" 7s"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}

func TestPulledOut(t *testing.T) {
	plugged(t, echoSlot, func(t *testing.T, s *simSlot, m *usb.Modem) {
		for i, path := range []string{"/dev/ttyUSB7", "/dev/ttyACM0"} {
			awaitState(t, m, usb.Ready, 40*time.Second)
			session, err := m.Call(t.Context(), farNumber)
			if err != nil {
				t.Fatal(err)
			}
			exchangeBytes(t, session, allBytes(1))
			s.unplug()
			began := time.Now()
			if err := session.Receive(func([]byte) bool { return true }); !errors.Is(err, usb.ErrUnplugged) {
				t.Error(err)
			}
			if _, err := session.Write([]byte("x")); !errors.Is(err, usb.ErrUnplugged) {
				t.Error(err)
			}
			if took := time.Since(began); took > time.Second {
				t.Errorf("took %v", took)
			}
			session.End(nil)
			awaitState(t, m, usb.Absent, time.Second)
			if _, err := m.Call(t.Context(), farNumber); !errors.Is(err, usb.ErrAbsent) {
				t.Error(err)
			}
			time.Sleep(time.Duration(i) * 10 * time.Second)
			s.change(func() {
				s.ports, s.answers = []usb.Device{{Path: path, VID: "12d1", PID: "1506", Unit: "1-1"}}, path
				s.modem.FarHangUp(time.Now())
			})
			awaitState(t, m, usb.Ready, 40*time.Second)
			if m.Status().Device.Path != path {
				t.Errorf("it is at %v", m.Status().Device)
			}
		}
	})
}

func TestPulledOutWhileDialling(t *testing.T) {
	plugged(t, echoSlot, func(t *testing.T, s *simSlot, m *usb.Modem) {
		awaitState(t, m, usb.Ready, 30*time.Second)
		time.AfterFunc(5*time.Second, s.unplug)
		if _, err := m.Call(t.Context(), "+7901"); !errors.Is(err, usb.ErrUnplugged) {
			t.Error(err)
		}
	})
}

func TestShutdownHangsUp(t *testing.T) {
	for _, noDTR := range []bool{false, true} {
		slot := func() *simSlot { s := echoSlot(); s.noDTR = noDTR; return s }
		plugged(t, slot, func(t *testing.T, _ *simSlot, m *usb.Modem) {
			awaitState(t, m, usb.Ready, 30*time.Second)
			session, err := m.Call(t.Context(), farNumber)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := session.Receive(func([]byte) bool { return true }); !errors.Is(err, relay.ErrShutdown) {
					t.Error(err)
				}
				session.End(nil)
			})
		})
		plugged(t, slot, func(t *testing.T, _ *simSlot, m *usb.Modem) {
			awaitState(t, m, usb.Ready, 30*time.Second)
			var group sync.WaitGroup
			t.Cleanup(group.Wait)
			group.Go(func() {
				if _, err := m.Call(context.Background(), "+7901"); err == nil {
					t.Error("a call came about")
				}
			})
			time.Sleep(5 * time.Second)
		})
	}
}

func TestSettings(t *testing.T) {
	for _, m := range []*usb.Modem{
		{}, {Select: usb.Selector{ID: "12d1"}}, {Select: usb.Selector{ID: "12d1:15zz"}}, {Select: usb.Selector{Path: "x"}, Speed: -1},
		{Select: usb.Selector{Path: "x"}, AT: at.Config{PIN: "12"}}, {Select: usb.Selector{Interface: "02"}},
	} {
		if err := m.Run(t.Context()); err == nil {
			t.Errorf("%+v is taken", m.Select)
		}
	}
}
