package relay_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"meterline/relay"
)

func TestUSBCheck(t *testing.T) {
	port := filepath.Join(t.TempDir(), "ttyUSB2")
	if err := os.WriteFile(port, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	stick := relay.USBDevice{Path: port, VID: "12d1", PID: "1001", Unit: "1-2"}
	other := relay.USBDevice{Path: port + "x", VID: "12d1", PID: "1001", Unit: "1-3"}
	byID := relay.USBSelect{ID: "12d1:1001"}
	for name, c := range map[string]struct {
		choice  relay.USBSelect
		plugged []relay.USBDevice
		fault   error // of the list
		want    string
	}{
		"nothing chosen": {relay.USBSelect{}, nil, nil, "which device is it"},
		"not plugged in": {byID, nil, nil, "not plugged in (meterline usb lists"},
		"another one":    {relay.USBSelect{Serial: "7"}, []relay.USBDevice{stick}, nil, "not plugged in"},
		"two alike":      {byID, []relay.USBDevice{stick, other}, nil, "several fit"},
		"no list":        {byID, nil, errors.New("no sysfs"), "no sysfs"},
		"no such path":   {relay.USBSelect{Path: port + "y"}, nil, nil, "not plugged in"},
		"it is there":    {byID, []relay.USBDevice{stick}, nil, ""},
	} {
		err := relay.CheckUSB(c.choice, func() ([]relay.USBDevice, error) { return c.plugged, c.fault })
		switch {
		case c.want == "" && err != nil, c.want != "" && err == nil:
			t.Errorf("%s: %v", name, err)
		case err != nil && !strings.Contains(err.Error(), c.want):
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}
