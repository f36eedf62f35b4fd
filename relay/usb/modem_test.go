package usb_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"meterline/relay"
	"meterline/relay/simulated"
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

func TestCheck(t *testing.T) {
	port := filepath.Join(t.TempDir(), "ttyUSB2")
	if err := os.WriteFile(port, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	stick := usb.Device{Path: port, VID: "12d1", PID: "1001", Unit: "1-2"}
	other := usb.Device{Path: port + "x", VID: "12d1", PID: "1001", Unit: "1-3"}
	byID := usb.Selector{ID: "12d1:1001"}
	for name, c := range map[string]struct {
		choice  usb.Selector
		plugged []usb.Device
		fault   error // of the list
		want    string
	}{
		"nothing chosen": {usb.Selector{}, nil, nil, "which device is it"},
		"not plugged in": {byID, nil, nil, "not plugged in (meterline usb lists"},
		"another one":    {usb.Selector{Serial: "7"}, []usb.Device{stick}, nil, "not plugged in"},
		"two alike":      {byID, []usb.Device{stick, other}, nil, "several fit"},
		"no list":        {byID, nil, errors.New("no sysfs"), "no sysfs"},
		"no such path":   {usb.Selector{Path: port + "y"}, nil, nil, "not plugged in"},
		"it is there":    {byID, []usb.Device{stick}, nil, ""},
	} {
		err := usb.CheckAmong(c.choice, func() ([]usb.Device, error) { return c.plugged, c.fault })
		switch {
		case c.want == "" && err != nil, c.want != "" && err == nil:
			t.Errorf("%s: %v", name, err)
		case err != nil && !strings.Contains(err.Error(), c.want):
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}

// A reply comes in whether the modem hands it over or stores it, at rest and behind a call, and leaves nothing in the store.
func TestTakesMessagesIn(t *testing.T) {
	for name, stores := range map[string]bool{"handed over": false, "stored": true} {
		t.Run(name, func(t *testing.T) {
			var mu sync.Mutex
			var got []at.Message
			count := func() int { mu.Lock(); defer mu.Unlock(); return len(got) }
			slot := func() *simSlot {
				s := newSlot(&simulated.ATModem{OnlyStores: stores, Numbers: map[string]simulated.Subscriber{
					farNumber: {Reply: &simulated.ATReply{Text: "Готов", After: 3 * time.Second}},
				}})
				s.setUp = func(m *usb.Modem) {
					m.AT.Inbox = true
					m.Message = func(msg at.Message) { mu.Lock(); defer mu.Unlock(); got = append(got, msg) }
				}
				return s
			}
			plugged(t, slot, func(t *testing.T, s *simSlot, m *usb.Modem) {
				awaitState(t, m, usb.Ready, 30*time.Second)
				if err := m.SMS(t.Context(), farNumber, "1234 CONNECT"); err != nil {
					t.Fatal(err)
				}
				time.Sleep(5 * time.Second)
				if count() != 1 || got[0] != (at.Message{From: farNumber, Text: "Готов"}) {
					t.Errorf("%+v", got)
				}
				session, err := m.Call(t.Context(), farNumber)
				if err != nil {
					t.Fatal(err)
				}
				s.change(func() { s.modem.Receive("Bank", "advertisement", time.Now()) })
				time.Sleep(time.Second)
				session.End(errTestEnd)
				awaitState(t, m, usb.Ready, 20*time.Second)
				time.Sleep(time.Second)
				s.change(func() {
					if s.modem.Stored() != 0 {
						t.Errorf("%d stored", s.modem.Stored())
					}
				})
			})
		})
	}
}
