package fallback

import (
	"slices"

	"meterline/relay/usb/at"
)

// awaiting is a far modem whose reply to a text message is waited for, whoever has the plugged-in modem meanwhile.
type awaiting struct {
	number string
	came   chan at.Message // of capacity a few: more replies than that are none
}

// await waits for the replies of a number. The caller ends that by forget.
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

// received hands a text message to all who wait for one from that number. What a stranger wrote is in no store any more, so that
// the log has it.
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
