package dialup

import (
	"slices"
	"time"

	"meterline/bridge/modem"
	"meterline/bridge/status"
	"meterline/vport/hayes"
)

// CallsMax is how many calls a dial-up port remembers. With all texts at their longest that is less than 8 KiB.
const CallsMax = 16

// history is the last calls of a port. It outlives reloads that do not change the port. Its owner guards it by a mutex.
type history struct {
	calls []status.Call // that are over, the latest last
	last  *modem.Modem  // of the call that began last, nil if there was none; see self
	rang  string        // name of the modem that rang last
}

// add remembers a call with the modem of that name, and forgets the oldest one.
func (h *history) add(c hayes.Call, modem string) {
	connected := c.Connected
	if connected.IsZero() {
		connected = c.Ended
	}
	if len(h.calls) == CallsMax {
		h.calls = slices.Delete(h.calls, 0, 1)
	}
	h.calls = append(h.calls, status.Call{
		At: c.Began, Number: c.Number, Incoming: c.Incoming, Voice: c.Dial.Voice, Modem: modem, Result: c.Result, Why: c.Why,
		Waited: seconds(connected.Sub(c.Began)), Connected: seconds(c.Ended.Sub(connected)),
	})
}

// seconds returns a time in seconds, to the millisecond.
func seconds(d time.Duration) float64 {
	return float64(d.Round(time.Millisecond).Milliseconds()) / 1000
}

// snapshot returns a copy of the calls.
func (h *history) snapshot() []status.Call { return slices.Clone(h.calls) }

// partner returns the name of a call's modem, empty if nobody has the number that was dialled. The caller holds mu.
func (p *Port) partner(c hayes.Call) string {
	if c.Incoming {
		return p.history.rang
	}
	if m := p.board.find(p.cfg.Numbering, c.Dial); m != nil {
		return m.Name()
	}
	return ""
}
