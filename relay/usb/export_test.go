package usb

import (
	"testing"

	"go.uber.org/goleak"
)

// SerialLine is what a Modem talks over.
type SerialLine = serialLine

// OpenSerial opens a port of this machine.
var OpenSerial = openSerial

// PlugIn has m look for its device in list, and open it by open.
func PlugIn(m *Modem, list func() ([]Device, error), open func(path string, speed int, rtscts bool) (SerialLine, error)) {
	m.list, m.open = list, open
}

// CheckAmong is s.Check among the devices of list.
func CheckAmong(s Selector, list func() ([]Device, error)) error { return s.check(list) }

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
