package fallback

import (
	"slices"

	"meterline/relay/usb/at"
)

// awaiting is a far modem whose reply to a text message is awaited. Others may have the plugged-in modem meanwhile.
type awaiting struct {
	number string
	came   chan at.Message // of small capacity: further replies are dropped
}

// await collects the replies of a number, until the caller calls forget.
func (d *Queue) await(number string) *awaiting {
	a := &awaiting{number, make(chan at.Message, 8)}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.awaited = append(d.awaited, a)
	return a
}

func (d *Queue) forget(a *awaiting) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.awaited = slices.DeleteFunc(d.awaited, func(other *awaiting) bool { return other == a })
}

// received passes a text message to all who await one from that number. Other messages are logged: they are deleted from the SIM, so
// that nobody could read them elsewhere.
func (d *Queue) received(m at.Message) {
	d.mu.Lock()
	defer d.mu.Unlock()
	known := false
	for _, a := range d.awaited {
		if at.SameNumber(a.number, m.From) {
			known = true
			select {
			case a.came <- m:
			default:
			}
		}
	}
	if !known {
		d.log.Info("a text message has come that nobody waits for", "from", m.From, "text", shortText(m.Text))
	}
}
