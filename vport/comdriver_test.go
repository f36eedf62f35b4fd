package vport_test

import (
	"strings"
	"testing"

	"meterline/vport"
)

func TestNullModemFaults(t *testing.T) {
	for _, c := range []struct {
		name string
		d    vport.NullModem
		want []string // in each fault
	}{
		{"no driver", vport.NullModem{}, []string{"not installed"}},
		{"a service that is disabled", vport.NullModem{Installed: true, Disabled: true, Devices: 3}, []string{"start= demand"}},
		{"devices without a service", vport.NullModem{Devices: 3, Problems: []uint32{28, 28, 28}}, []string{"3 of 3 devices"}},
		{"unsigned", vport.NullModem{Installed: true, Devices: 6, Problems: []uint32{52, 52}}, []string{"2 of 6 devices of com0com do not work: Windows does not trust the driver's signature (code 52)"}},
		{"blocked", vport.NullModem{Installed: true, Devices: 1, Problems: []uint32{48}}, []string{"Windows blocks this driver"}},
		{"cannot be loaded", vport.NullModem{Installed: true, Devices: 1, Problems: []uint32{39}}, []string{"memory integrity"}},
		{"several", vport.NullModem{Installed: true, Devices: 9, Problems: []uint32{52, 22, 52, 99}}, []string{"1 of 9 devices of com0com do not work: they are disabled", "2 of 9", "code 99"}},
		{"well", vport.NullModem{Installed: true, Devices: 3}, nil},
		{"well, and no pairs yet", vport.NullModem{Installed: true}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := c.d.Faults()
			if len(got) != len(c.want) {
				t.Fatalf("%q, want %d", got, len(c.want))
			}
			for i, fault := range got {
				if !strings.Contains(fault, c.want[i]) || !strings.Contains(fault, "rfc2217://") {
					t.Errorf("%q, want %q in it, and what to do instead", fault, c.want[i])
				}
			}
		})
	}
}
