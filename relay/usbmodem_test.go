package relay_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"meterline/relay"
	"meterline/relay/at"
)

func TestUSBWake(t *testing.T) {
	var mu sync.Mutex
	var woken []string
	note := func(s string) { mu.Lock(); defer mu.Unlock(); woken = append(woken, s) }
	slot := func() *simSlot {
		s := echoSlot()
		s.modem.OnSMS = func(n, text string) { note("sms " + n + " " + text) }
		s.modem.OnRing = func(n string, d time.Duration) { note("ring " + n + " " + d.Round(time.Second).String()) }
		return s
	}
	plugged(t, slot, func(t *testing.T, _ *simSlot, m *relay.USBModem) {
		awaitState(t, m, relay.USBReady, 30*time.Second)
		if err := m.SMS(t.Context(), "+7 916 123-45-67", "WAKE 1"); err != nil {
			t.Error(err)
		}
		if r, err := m.Ring(t.Context(), farNumber, 7*time.Second); err != nil || r.Note != "" || r.Rung != at.RungOut {
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

func TestUSBPulledOut(t *testing.T) {
	plugged(t, echoSlot, func(t *testing.T, s *simSlot, m *relay.USBModem) {
		for i, path := range []string{"/dev/ttyUSB7", "/dev/ttyACM0"} {
			awaitState(t, m, relay.USBReady, 40*time.Second)
			session, err := m.Call(t.Context(), farNumber)
			if err != nil {
				t.Fatal(err)
			}
			exchangeBytes(t, session, allBytes(1))
			s.unplug()
			began := time.Now()
			if err := session.Receive(func([]byte) bool { return true }); !errors.Is(err, relay.ErrUnplugged) {
				t.Error(err)
			}
			if _, err := session.Write([]byte("x")); !errors.Is(err, relay.ErrUnplugged) {
				t.Error(err)
			}
			if took := time.Since(began); took > time.Second {
				t.Errorf("took %v", took)
			}
			session.End(nil)
			awaitState(t, m, relay.USBAbsent, time.Second)
			if _, err := m.Call(t.Context(), farNumber); !errors.Is(err, relay.ErrUSBAbsent) {
				t.Error(err)
			}
			time.Sleep(time.Duration(i) * 10 * time.Second)
			s.change(func() {
				s.ports, s.answers = []relay.USBDevice{{Path: path, VID: "12d1", PID: "1506", Unit: "1-1"}}, path
				s.modem.FarHangUp(time.Now())
			})
			awaitState(t, m, relay.USBReady, 40*time.Second)
			if m.Status().Device.Path != path {
				t.Errorf("it is at %v", m.Status().Device)
			}
		}
	})
}

func TestUSBPulledOutWhileDialling(t *testing.T) {
	plugged(t, echoSlot, func(t *testing.T, s *simSlot, m *relay.USBModem) {
		awaitState(t, m, relay.USBReady, 30*time.Second)
		time.AfterFunc(5*time.Second, s.unplug)
		if _, err := m.Call(t.Context(), "+7901"); !errors.Is(err, relay.ErrUnplugged) {
			t.Error(err)
		}
	})
}

func TestUSBShutdownHangsUp(t *testing.T) {
	for _, noDTR := range []bool{false, true} {
		slot := func() *simSlot { s := echoSlot(); s.noDTR = noDTR; return s }
		plugged(t, slot, func(t *testing.T, _ *simSlot, m *relay.USBModem) {
			awaitState(t, m, relay.USBReady, 30*time.Second)
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
		plugged(t, slot, func(t *testing.T, _ *simSlot, m *relay.USBModem) {
			awaitState(t, m, relay.USBReady, 30*time.Second)
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

func TestUSBSettings(t *testing.T) {
	for _, m := range []*relay.USBModem{
		{}, {Select: relay.USBSelect{ID: "12d1"}}, {Select: relay.USBSelect{ID: "12d1:15zz"}}, {Select: relay.USBSelect{Path: "x"}, Speed: -1},
		{Select: relay.USBSelect{Path: "x"}, AT: at.Config{PIN: "12"}}, {Select: relay.USBSelect{Interface: "02"}},
	} {
		if err := m.Run(t.Context()); err == nil {
			t.Errorf("%+v is taken", m.Select)
		}
	}
}
