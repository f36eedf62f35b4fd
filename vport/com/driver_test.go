package com_test

import (
	"strings"
	"testing"

	"meterline/vport/com"
)

func TestNullModemFaults(t *testing.T) {
	for _, c := range []struct {
		name string
		d    com.Driver
		want []string // in each fault
	}{
		{"no driver", com.Driver{}, []string{"not installed"}},
		{"a service that is disabled", com.Driver{Installed: true, Disabled: true, Devices: 3}, []string{"start= demand"}},
		{"devices without a service", com.Driver{Devices: 3, Problems: []uint32{28, 28, 28}}, []string{"3 of 3 devices"}},
		{"unsigned", com.Driver{Installed: true, Devices: 6, Problems: []uint32{52, 52}}, []string{"2 of 6 devices of com0com do not work: Windows does not trust the driver's signature (code 52)"}},
		{"blocked", com.Driver{Installed: true, Devices: 1, Problems: []uint32{48}}, []string{"Windows blocks this driver"}},
		{"cannot be loaded", com.Driver{Installed: true, Devices: 1, Problems: []uint32{39}}, []string{"memory integrity"}},
		{"several", com.Driver{Installed: true, Devices: 9, Problems: []uint32{52, 22, 52, 99}}, []string{"1 of 9 devices of com0com do not work: they are disabled", "2 of 9", "code 99"}},
		{"well", com.Driver{Installed: true, Devices: 3}, nil},
		{"well, and no pairs yet", com.Driver{Installed: true}, nil},
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
