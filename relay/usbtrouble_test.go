package relay_test

import (
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"meterline/relay"
	"meterline/relay/at"
	"meterline/relay/relaytest"
)

func TestUSBPINIsNotTriedAgain(t *testing.T) {
	var told atomic.Int32
	slot := func() *simSlot {
		s := newSlot(&relaytest.ATModem{PIN: "1234", Refuse: map[string]string{"+CPINR": "ERROR"}})
		s.setUp = func(m *relay.USBModem) {
			m.AT.PIN, m.PIN = "9999", func(step relay.PINStep, _ string) error {
				if told.Add(1); step == relay.PINTaken {
					t.Error("it was taken")
				}
				return nil
			}
		}
		return s
	}
	plugged(t, slot, func(t *testing.T, s *simSlot, m *relay.USBModem) {
		for range 4 {
			awaitState(t, m, relay.USBFailed, 60*time.Second)
			if why := m.Status().Why; !errors.Is(why, at.ErrPINRefused) || strings.Contains(why.Error(), "9999") {
				t.Error(why)
			}
			s.unplug()
			awaitState(t, m, relay.USBAbsent, 10*time.Second)
			s.change(func() { s.ports = []relay.USBDevice{{Path: "/dev/ttyUSB2", VID: "12d1", PID: "1506", Unit: "1-1"}} })
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
func TestUSBAnotherSIM(t *testing.T) {
	for name, told := range map[string]bool{"told": true, "not told": false} {
		t.Run(name, func(t *testing.T) {
			refuse := map[string]string{"+CPINR": "ERROR"}
			if !told {
				refuse["+CCID"] = "ERROR"
			}
			slot := func() *simSlot {
				s := newSlot(&relaytest.ATModem{PIN: "1234", Refuse: refuse})
				s.setUp = func(m *relay.USBModem) { m.AT.PIN = "9999" }
				return s
			}
			plugged(t, slot, func(t *testing.T, s *simSlot, m *relay.USBModem) {
				awaitState(t, m, relay.USBFailed, 60*time.Second)
				again := func() {
					s.unplug()
					awaitState(t, m, relay.USBAbsent, 10*time.Second)
					s.change(func() {
						s.modem.PIN = "9999"
						if told {
							refuse["+CCID"] = "+CCID: " + "8970100000000000002\r\n\r\nOK"
						}
						s.ports = []relay.USBDevice{{Path: "/dev/ttyUSB2", VID: "12d1", PID: "1506", Unit: "1-1"}}
					})
				}
				again()
				if !told {
					awaitState(t, m, relay.USBFailed, 60*time.Second)
					m.ForgetPIN()
					again()
				}
				awaitState(t, m, relay.USBReady, 60*time.Second)
			})
		})
	}
}

// A PIN whose refusal would not be remembered is given only where the modem tells how many attempts are left.
func TestUSBPINThatCannotBeRemembered(t *testing.T) {
	for name, told := range map[string]bool{"told": true, "not told": false} {
		t.Run(name, func(t *testing.T) {
			slot := func() *simSlot {
				s := newSlot(&relaytest.ATModem{PIN: "1234"})
				if !told {
					s.modem.Refuse = map[string]string{"+CPINR": "ERROR"}
				}
				s.setUp = func(m *relay.USBModem) {
					m.AT.PIN = "1234"
					m.PIN = func(relay.PINStep, string) error { return errors.New("read-only file system") }
				}
				return s
			}
			plugged(t, slot, func(t *testing.T, _ *simSlot, m *relay.USBModem) {
				if told {
					awaitState(t, m, relay.USBReady, 60*time.Second)
					return
				}
				awaitState(t, m, relay.USBFailed, 60*time.Second)
				if why := m.Status().Why; !errors.Is(why, at.ErrPINUnsaved) || !strings.Contains(why.Error(), "read-only") {
					t.Error(why)
				}
			})
		})
	}
}

func TestUSBFindsTheCommandPort(t *testing.T) {
	slot := func() *simSlot {
		s := echoSlot()
		s.ports = nil
		for _, i := range []string{"00", "01", "02", "03"} {
			s.ports = append(s.ports, relay.USBDevice{Path: "/dev/ttyUSB" + i, VID: "12d1", PID: "1506", Interface: i, Unit: "1-1"})
		}
		s.answers = "/dev/ttyUSB02"
		return s
	}
	plugged(t, slot, func(t *testing.T, _ *simSlot, m *relay.USBModem) {
		awaitState(t, m, relay.USBReady, 90*time.Second)
		if m.Status().Device.Interface != "02" {
			t.Errorf("%+v", m.Status().Device)
		}
	})
}

func TestUSBFailsAndRecovers(t *testing.T) {
	busy := errors.Join(relay.ErrUSBHeld, errors.New("by ModemManager (pid 7)"))
	tests := map[string]struct {
		spoil, repair func(s *simSlot)
		want          error
		state         relay.USBState
	}{
		"silent":     {func(s *simSlot) { s.modem.Silent = true }, func(s *simSlot) { s.modem.Silent = false }, at.ErrSilent, relay.USBFailed},
		"no SIM":     {func(s *simSlot) { s.modem.NoSIM = true }, func(s *simSlot) { s.modem.NoSIM = false }, at.ErrNoSIM, relay.USBFailed},
		"held":       {func(s *simSlot) { s.openErr = busy }, func(s *simSlot) { s.openErr = nil }, relay.ErrUSBHeld, relay.USBFailed},
		"not listed": {func(s *simSlot) { s.listErr = errTestEnd }, func(s *simSlot) { s.listErr = nil }, errTestEnd, relay.USBAbsent},
		"not there":  {func(s *simSlot) { s.ports[0].VID = "1234" }, func(s *simSlot) { s.ports[0].VID = "12d1" }, relay.ErrUSBAbsent, relay.USBAbsent},
		"no name":    {func(s *simSlot) { s.ports[0].Path = "" }, func(s *simSlot) { s.ports[0].Path = s.answers }, relay.ErrUSBAbsent, relay.USBAbsent},
		"two of a kind": {
			func(s *simSlot) {
				s.ports = append(s.ports, relay.USBDevice{Path: "/dev/ttyUSB9", VID: "12d1", PID: "1506", Unit: "1-2"})
			},
			func(s *simSlot) { s.ports = s.ports[:1] }, relay.ErrUSBAbsent, relay.USBAbsent,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			slot := func() *simSlot { s := echoSlot(); test.spoil(s); return s }
			plugged(t, slot, func(t *testing.T, s *simSlot, m *relay.USBModem) {
				awaitState(t, m, test.state, 60*time.Second)
				time.Sleep(time.Second)
				if why := m.Status().Why; !errors.Is(why, test.want) {
					t.Errorf("%v", why)
				}
				if _, err := m.Call(t.Context(), farNumber); err == nil {
					t.Error("it calls")
				}
				s.change(func() { test.repair(s) })
				awaitState(t, m, relay.USBReady, 100*time.Second)
			})
		})
	}
}

func TestUSBGoesSilentAtRest(t *testing.T) {
	plugged(t, echoSlot, func(t *testing.T, s *simSlot, m *relay.USBModem) {
		awaitState(t, m, relay.USBReady, 30*time.Second)
		s.change(func() { s.modem.Silent = true })
		awaitState(t, m, relay.USBFailed, 7*time.Minute)
		s.change(func() { s.modem.Silent = false })
		awaitState(t, m, relay.USBReady, 90*time.Second)
	})
}

// TestUSBMany checks that of many who want the modem one gets it, and that nobody waits for another.
func TestUSBMany(t *testing.T) {
	plugged(t, echoSlot, func(t *testing.T, s *simSlot, m *relay.USBModem) {
		awaitState(t, m, relay.USBReady, 30*time.Second)
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
					case errors.Is(err, relay.ErrUSBBusy):
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

// TestUSBStuckCall: a call that cannot be ended is tried to be ended again soon, for it costs.
func TestUSBStuckCall(t *testing.T) {
	slot := func() *simSlot { s := echoSlot(); s.modem.Deaf, s.modem.IgnoreDTR = true, true; return s }
	plugged(t, slot, func(t *testing.T, s *simSlot, m *relay.USBModem) {
		awaitState(t, m, relay.USBReady, 30*time.Second)
		session, err := m.Call(t.Context(), farNumber)
		if err != nil {
			t.Fatal(err)
		}
		session.End(nil)
		awaitState(t, m, relay.USBFailed, 90*time.Second)
		if why := m.Status().Why; !errors.Is(why, at.ErrStuck) {
			t.Error(why)
		}
		s.change(func() { s.modem.Deaf = false })
		awaitState(t, m, relay.USBReady, 30*time.Second)
		if s.modem.InCall() {
			t.Error("the call is left")
		}
	})
}
