package usb_test

import (
	"sync"
	"testing"
	"time"

	"meterline/relay/simulated"
	"meterline/relay/usb"
	"meterline/relay/usb/at"
)

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
