package usb_test

import (
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"meterline/relay/simulated"
	"meterline/relay/usb"
	"meterline/relay/usb/at"
)

func TestPINIsNotTriedAgain(t *testing.T) {
	var told atomic.Int32
	slot := func() *simSlot {
		s := newSlot(&simulated.ATModem{PIN: "1234", Refuse: map[string]string{"+CPINR": "ERROR"}})
		s.setUp = func(m *usb.Modem) {
			m.AT.PIN, m.PIN = "9999", func(step usb.PINStep, _ string) error {
				if told.Add(1); step == usb.PINTaken {
					t.Error("it was taken")
				}
				return nil
			}
		}
		return s
	}
	plugged(t, slot, func(t *testing.T, s *simSlot, m *usb.Modem) {
		for range 4 {
			awaitState(t, m, usb.Failed, 60*time.Second)
			if why := m.Status().Why; !errors.Is(why, at.ErrPINRefused) || strings.Contains(why.Error(), "9999") {
				t.Error(why)
			}
			s.unplug()
			awaitState(t, m, usb.Absent, 10*time.Second)
			s.change(func() { s.ports = []usb.Device{{Path: "/dev/ttyUSB2", VID: "12d1", PID: "1506", Unit: "1-1"}} })
		}
		time.Sleep(5 * time.Minute)
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.modem.Counts.WrongPINs != 1 || told.Load() != 2 { // given, refused
			t.Errorf("%d attempts, told %d times", s.modem.Counts.WrongPINs, told.Load())
		}
	})
}

// Another SIM in the same modem is given the PIN that the one before has refused, if the modem tells which it is.
func TestAnotherSIM(t *testing.T) {
	for name, told := range map[string]bool{"told": true, "not told": false} {
		t.Run(name, func(t *testing.T) {
			refuse := map[string]string{"+CPINR": "ERROR"}
			if !told {
				refuse["+CCID"] = "ERROR"
			}
			slot := func() *simSlot {
				s := newSlot(&simulated.ATModem{PIN: "1234", Refuse: refuse})
				s.setUp = func(m *usb.Modem) { m.AT.PIN = "9999" }
				return s
			}
			plugged(t, slot, func(t *testing.T, s *simSlot, m *usb.Modem) {
				awaitState(t, m, usb.Failed, 60*time.Second)
				again := func() {
					s.unplug()
					awaitState(t, m, usb.Absent, 10*time.Second)
					s.change(func() {
						s.modem.PIN = "9999"
						if told {
							refuse["+CCID"] = "+CCID: " + "8970100000000000002\r\n\r\nOK"
						}
						s.ports = []usb.Device{{Path: "/dev/ttyUSB2", VID: "12d1", PID: "1506", Unit: "1-1"}}
					})
				}
				again()
				if !told {
					awaitState(t, m, usb.Failed, 60*time.Second)
					m.ForgetPIN()
					again()
				}
				awaitState(t, m, usb.Ready, 60*time.Second)
			})
		})
	}
}

// A PIN whose refusal would not be remembered is given only where the modem tells how many attempts are left.
func TestPINThatCannotBeRemembered(t *testing.T) {
	for name, told := range map[string]bool{"told": true, "not told": false} {
		t.Run(name, func(t *testing.T) {
			slot := func() *simSlot {
				s := newSlot(&simulated.ATModem{PIN: "1234"})
				if !told {
					s.modem.Refuse = map[string]string{"+CPINR": "ERROR"}
				}
				s.setUp = func(m *usb.Modem) {
					m.AT.PIN = "1234"
					m.PIN = func(usb.PINStep, string) error { return errors.New("read-only file system") }
				}
				return s
			}
			plugged(t, slot, func(t *testing.T, _ *simSlot, m *usb.Modem) {
				if told {
					awaitState(t, m, usb.Ready, 60*time.Second)
					return
				}
				awaitState(t, m, usb.Failed, 60*time.Second)
				if why := m.Status().Why; !errors.Is(why, at.ErrPINUnsaved) || !strings.Contains(why.Error(), "read-only") {
					t.Error(why)
				}
			})
		})
	}
}

func TestFindsTheCommandPort(t *testing.T) {
	slot := func() *simSlot {
		s := echoSlot()
		s.ports = nil
		for _, i := range []string{"00", "01", "02", "03"} {
			s.ports = append(s.ports, usb.Device{Path: "/dev/ttyUSB" + i, VID: "12d1", PID: "1506", Interface: i, Unit: "1-1"})
		}
		s.answers = "/dev/ttyUSB02"
		return s
	}
	plugged(t, slot, func(t *testing.T, _ *simSlot, m *usb.Modem) {
		awaitState(t, m, usb.Ready, 90*time.Second)
		if m.Status().Device.Interface != "02" {
			t.Errorf("%+v", m.Status().Device)
		}
	})
}

func TestFailsAndRecovers(t *testing.T) {
	busy := errors.Join(usb.ErrHeld, errors.New("by ModemManager (pid 7)"))
	tests := map[string]struct {
		spoil, repair func(s *simSlot)
		want          error
		state         usb.State
	}{
		"silent":     {func(s *simSlot) { s.modem.Silent = true }, func(s *simSlot) { s.modem.Silent = false }, at.ErrSilent, usb.Failed},
		"no SIM":     {func(s *simSlot) { s.modem.NoSIM = true }, func(s *simSlot) { s.modem.NoSIM = false }, at.ErrNoSIM, usb.Failed},
		"held":       {func(s *simSlot) { s.openErr = busy }, func(s *simSlot) { s.openErr = nil }, usb.ErrHeld, usb.Failed},
		"not listed": {func(s *simSlot) { s.listErr = errTestEnd }, func(s *simSlot) { s.listErr = nil }, errTestEnd, usb.Absent},
		"not there":  {func(s *simSlot) { s.ports[0].VID = "1234" }, func(s *simSlot) { s.ports[0].VID = "12d1" }, usb.ErrAbsent, usb.Absent},
		"no name":    {func(s *simSlot) { s.ports[0].Path = "" }, func(s *simSlot) { s.ports[0].Path = s.answers }, usb.ErrAbsent, usb.Absent},
		"two of a kind": {
			func(s *simSlot) {
				s.ports = append(s.ports, usb.Device{Path: "/dev/ttyUSB9", VID: "12d1", PID: "1506", Unit: "1-2"})
			},
			func(s *simSlot) { s.ports = s.ports[:1] }, usb.ErrAbsent, usb.Absent,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			slot := func() *simSlot { s := echoSlot(); test.spoil(s); return s }
			plugged(t, slot, func(t *testing.T, s *simSlot, m *usb.Modem) {
				awaitState(t, m, test.state, 60*time.Second)
				time.Sleep(time.Second)
				if why := m.Status().Why; !errors.Is(why, test.want) {
					t.Errorf("%v", why)
				}
				if _, err := m.Call(t.Context(), farNumber); err == nil {
					t.Error("it calls")
				}
				s.change(func() { test.repair(s) })
				awaitState(t, m, usb.Ready, 100*time.Second)
			})
		})
	}
}

func TestGoesSilentAtRest(t *testing.T) {
	plugged(t, echoSlot, func(t *testing.T, s *simSlot, m *usb.Modem) {
		awaitState(t, m, usb.Ready, 30*time.Second)
		s.change(func() { s.modem.Silent = true })
		awaitState(t, m, usb.Failed, 7*time.Minute)
		s.change(func() { s.modem.Silent = false })
		awaitState(t, m, usb.Ready, 90*time.Second)
	})
}

// TestMany checks that of many who want the modem one gets it, and that nobody waits for another.
func TestMany(t *testing.T) {
	plugged(t, echoSlot, func(t *testing.T, s *simSlot, m *usb.Modem) {
		awaitState(t, m, usb.Ready, 30*time.Second)
		var group sync.WaitGroup
		var rung, busy atomic.Int32
		for i := range 20 {
			group.Go(func() {
				for n := range 40 {
					time.Sleep(time.Duration(i*13+n*7) * 100 * time.Millisecond)
					_, err := m.Ring(t.Context(), farNumber, 5*time.Second)
					switch {
					case err == nil:
						rung.Add(1)
					case errors.Is(err, usb.ErrBusy):
						busy.Add(1)
					default:
						t.Error(err)
					}
				}
			})
		}
		group.Wait()
		s.mu.Lock()
		defer s.mu.Unlock()
		if int(rung.Load()) != s.modem.Counts.VoiceCalls || rung.Load() < 20 || rung.Load()+busy.Load() != 800 {
			t.Errorf("%d rung, %d busy, %d placed", rung.Load(), busy.Load(), s.modem.Counts.VoiceCalls)
		}
	})
}

// TestStuckCall: a call that cannot be ended is tried to be ended again soon, for it costs.
func TestStuckCall(t *testing.T) {
	slot := func() *simSlot { s := echoSlot(); s.modem.Deaf, s.modem.IgnoreDTR = true, true; return s }
	plugged(t, slot, func(t *testing.T, s *simSlot, m *usb.Modem) {
		awaitState(t, m, usb.Ready, 30*time.Second)
		session, err := m.Call(t.Context(), farNumber)
		if err != nil {
			t.Fatal(err)
		}
		session.End(nil)
		awaitState(t, m, usb.Failed, 90*time.Second)
		if why := m.Status().Why; !errors.Is(why, at.ErrStuck) {
			t.Error(why)
		}
		s.change(func() { s.modem.Deaf = false })
		awaitState(t, m, usb.Ready, 30*time.Second)
		if s.modem.InCall() {
			t.Error("the call is left")
		}
	})
}
