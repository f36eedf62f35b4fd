package usb_test

import (
	"context"
	"errors"
	"net"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"meterline/relay/simulated"
	"meterline/relay/usb"
	"meterline/relay/usb/at"
)

func TestCall(t *testing.T) {
	plugged(t, echoSlot, func(t *testing.T, s *simSlot, m *usb.Modem) {
		awaitState(t, m, usb.Ready, 30*time.Second)
		if info := m.Status().Info; info.Maker != "SIMULATED" || info.Signal == 0 {
			t.Errorf("%+v", info)
		}
		for range 2 {
			session, err := m.Call(t.Context(), farNumber)
			if err != nil {
				t.Fatal(err)
			}
			if m.Status().State != usb.InCall || session.Peer() != farNumber {
				t.Errorf("%v, %v", m.Status().State, session.Peer())
			}
			exchangeBytes(t, session, allBytes(50))
			if err := m.SMS(t.Context(), farNumber, "x"); !errors.Is(err, usb.ErrBusy) || !strings.Contains(err.Error(), farNumber) {
				t.Error(err)
			}
			session.End(errTestEnd)
			if _, err := m.Call(t.Context(), farNumber); !errors.Is(err, usb.ErrBusy) {
				t.Error(err)
			}
			awaitState(t, m, usb.Ready, 20*time.Second)
			if _, err := session.Write([]byte("x")); !errors.Is(err, errTestEnd) {
				t.Error(err)
			}
		}
		if s.modem.Counts.DataCalls != 2 || s.modem.InCall() {
			t.Errorf("%+v", s.modem.Counts)
		}
	})
}

func TestCallFails(t *testing.T) {
	plugged(t, echoSlot, func(t *testing.T, _ *simSlot, m *usb.Modem) {
		if _, err := m.Call(t.Context(), farNumber); !errors.Is(err, usb.ErrAbsent) && !errors.Is(err, usb.ErrBusy) {
			t.Error(err)
		}
		awaitState(t, m, usb.Ready, 30*time.Second)
		for number, want := range map[string]error{"+7900": at.ErrBusy, "+7000": at.ErrNoCarrier, "+7901": at.ErrTimeout} {
			if _, err := m.Call(t.Context(), number); !errors.Is(err, want) || !strings.Contains(err.Error(), number) {
				t.Error(err)
			}
			awaitState(t, m, usb.Ready, 0)
			if !errors.Is(m.Status().Why, want) {
				t.Errorf("status: %v", m.Status().Why)
			}
		}
		if _, err := m.Call(t.Context(), "12;34"); err == nil {
			t.Error("dialled")
		}
		awaitState(t, m, usb.Ready, 0)
	})
}

func TestFarHangUp(t *testing.T) {
	for name, noDTR := range map[string]bool{"with DCD": false, "without": true} {
		t.Run(name, func(t *testing.T) {
			slot := func() *simSlot { s := echoSlot(); s.noDTR = noDTR; return s }
			plugged(t, slot, func(t *testing.T, s *simSlot, m *usb.Modem) {
				awaitState(t, m, usb.Ready, 30*time.Second)
				session, err := m.Call(t.Context(), farNumber)
				if err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Second)
				s.change(func() {
					s.modem.Say("last words\r\n", time.Now())
					s.modem.FarHangUp(time.Now())
				})
				var got []byte
				err = session.Receive(func(p []byte) bool { got = append(got, p...); return true })
				if !errors.Is(err, usb.ErrCallEnded) || string(got) != "last words\r\n" {
					t.Errorf("%q, %v", got, err)
				}
				session.End(err)
				awaitState(t, m, usb.Ready, 20*time.Second)
			})
		})
	}
}

func TestGivenUp(t *testing.T) {
	for _, after := range []time.Duration{0, 100 * time.Millisecond, 1900 * time.Millisecond, 2 * time.Second, 2100 * time.Millisecond, 10 * time.Second} {
		plugged(t, echoSlot, func(t *testing.T, s *simSlot, m *usb.Modem) {
			awaitState(t, m, usb.Ready, 30*time.Second)
			for _, number := range []string{farNumber, "+7901"} {
				ctx, cancel := context.WithTimeoutCause(t.Context(), after, errTestEnd)
				began := time.Now()
				session, err := m.Call(ctx, number)
				if took := time.Since(began); took > after {
					t.Errorf("took %v", took)
				}
				if err == nil {
					session.End(nil)
				} else if !errors.Is(err, errTestEnd) {
					t.Error(err)
				}
				cancel()
				synctest.Wait()
				awaitState(t, m, usb.Ready, 30*time.Second)
				if s.modem.InCall() {
					t.Error("a call is left")
				}
			}
		})
	}
}

// TestTail checks that what was written right before the end still leaves, and that nothing else does.
func TestTail(t *testing.T) {
	for name, noDTR := range map[string]bool{"by DTR": false, "by escape": true} {
		t.Run(name, func(t *testing.T) {
			var meter tailMeter
			slot := func() *simSlot {
				s := newSlot(&simulated.ATModem{Numbers: map[string]simulated.Subscriber{farNumber: {Meter: &meter}}})
				s.noDTR = noDTR
				return s
			}
			plugged(t, slot, func(t *testing.T, _ *simSlot, m *usb.Modem) {
				awaitState(t, m, usb.Ready, 30*time.Second)
				session, err := m.Call(t.Context(), farNumber)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := session.Write(allBytes(4)); err != nil {
					t.Fatal(err)
				}
				session.End(nil)
				began := time.Now()
				awaitState(t, m, usb.Ready, 20*time.Second)
				if took := time.Since(began); took < time.Second {
					t.Errorf("hung up within %v: 1 KiB takes longer", took)
				}
				if string(meter.got) != string(allBytes(4)) {
					t.Errorf("the meter got %d bytes: %q", len(meter.got), meter.got)
				}
			})
		})
	}
}

type tailMeter struct{ got []byte }

func (m *tailMeter) Feed(p []byte, _ time.Time) []byte { m.got = append(m.got, p...); return nil }

func TestStalledHangsNothing(t *testing.T) {
	plugged(t, echoSlot, func(t *testing.T, s *simSlot, m *usb.Modem) {
		awaitState(t, m, usb.Ready, 30*time.Second)
		session, err := m.Call(t.Context(), farNumber)
		if err != nil {
			t.Fatal(err)
		}
		s.change(func() { s.stalled = true })
		if err := session.SetWriteDeadline(time.Now().Add(time.Second)); err != nil {
			t.Fatal(err)
		}
		if _, err := session.Write([]byte("x")); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error(err)
		}
		if err := session.SetWriteDeadline(time.Time{}); err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(5*time.Second, func() { session.End(errTestEnd) })
		if _, err := session.Write([]byte("x")); !errors.Is(err, errTestEnd) {
			t.Error(err)
		}
		awaitState(t, m, usb.Failed, 30*time.Second)
		if why := m.Status().Why; !errors.Is(why, usb.ErrStalled) {
			t.Error(why)
		}
		if _, err := m.Call(t.Context(), farNumber); !errors.Is(err, usb.ErrFailed) {
			t.Error(err)
		}
		s.change(func() { s.stalled = false })
		awaitState(t, m, usb.Ready, 90*time.Second)
	})
}

func TestReadDeadline(t *testing.T) {
	plugged(t, echoSlot, func(t *testing.T, _ *simSlot, m *usb.Modem) {
		awaitState(t, m, usb.Ready, 30*time.Second)
		session, err := m.Call(t.Context(), farNumber)
		if err != nil {
			t.Fatal(err)
		}
		defer session.End(nil)
		if err := session.SetReadDeadline(time.Now().Add(time.Second)); err != nil {
			t.Fatal(err)
		}
		nothing := func([]byte) bool { return true }
		if err := session.Receive(nothing); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error(err)
		}
		if err := session.SetReadDeadline(time.Time{}); err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(time.Second, func() { _ = session.SetReadDeadline(time.Unix(1, 0)) })
		if err := session.Receive(nothing); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error(err)
		}
		if err := session.SetReadDeadline(time.Time{}); err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(time.Second, func() { session.End(errTestEnd) })
		if err := session.Receive(nothing); !errors.Is(err, errTestEnd) || !errors.Is(err, net.ErrClosed) {
			t.Error(err)
		}
	})
}

// TestSlowReader checks that bytes wait for the reader in order, and that a full buffer does not stop the modem from being
// hung up.
func TestSlowReader(t *testing.T) {
	for name, reads := range map[string]bool{"at last": true, "never": false} {
		t.Run(name, func(t *testing.T) {
			plugged(t, echoSlot, func(t *testing.T, _ *simSlot, m *usb.Modem) {
				awaitState(t, m, usb.Ready, 30*time.Second)
				session, err := m.Call(t.Context(), farNumber)
				if err != nil {
					t.Fatal(err)
				}
				piece := allBytes(8)
				for range 50 {
					if _, err := session.Write(piece); err != nil {
						t.Fatal(err)
					}
					time.Sleep(10 * time.Millisecond)
				}
				time.Sleep(time.Second)
				if reads {
					want := strings.Repeat(string(piece), 50)
					var got strings.Builder
					err := session.Receive(func(p []byte) bool { got.Write(p); return got.Len() < len(want) })
					if err != nil || got.Len() != len(want) {
						t.Errorf("got %d of %d bytes, %v", got.Len(), len(want), err)
					}
				}
				session.End(nil)
				awaitState(t, m, usb.Ready, 30*time.Second)
			})
		})
	}
}
