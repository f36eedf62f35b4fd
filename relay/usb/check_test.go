package usb_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"meterline/relay/usb"
)

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
