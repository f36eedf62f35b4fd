package port

import (
	"time"

	"meterline/bridge/status"
	"meterline/vport"
)

// ShowCarrier sets DCD and the lines that go with it, if the port has them.
func ShowCarrier(d vport.Port, on bool) {
	if l, ok := d.(vport.ModemLines); ok {
		l.SetCarrier(on)
	}
}

// DeviceOf returns the name of the device that programs see, empty if the port has none.
func DeviceOf(d vport.Port) string {
	if d, ok := d.(vport.Devicer); ok {
		return d.Device()
	}
	return ""
}

// AddTrouble adds to a port's status what its device says is wrong, although it is open.
func AddTrouble(s *status.Port, d vport.Port) {
	t, ok := d.(vport.Troubled)
	if !ok {
		return
	}
	trouble := t.Trouble()
	s.Replaced = trouble.Replaced
	if trouble.LastAt.After(s.LastErrorAt) {
		s.LastError, s.LastErrorAt = trouble.Last, trouble.LastAt
	}
	if trouble.Now != "" {
		s.Problem = trouble.Now
		s.LastError, s.LastErrorAt = trouble.Now, time.Now()
	}
}
