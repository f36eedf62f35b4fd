package com

import (
	"fmt"
	"maps"
	"slices"
)

// Driver is what Windows knows of the driver that makes pairs of COM ports.
type Driver struct {
	Installed bool     // it has a service
	Disabled  bool     // the service must not be started
	Devices   int      // pairs and their ends
	Problems  []uint32 // of devices that do not work: the device manager's codes (cfgmgr32.h, CM_PROB_…)
}

// instead says what is possible without the driver.
const instead = `without it, write port = "rfc2217://127.0.0.1:4012" (or tcp://) and let a signed COM redirector make the COM port`

// The device manager's codes, with what can be done about each.
var problems = map[uint32]string{
	10: "they cannot start (code 10): the device manager says why",
	14: "Windows must be started anew for them (code 14)",
	18: "they must be installed again (code 18): setupc --silent update",
	22: "they are disabled (code 22): setupc --silent enable all",
	28: "their driver is not installed (code 28): setupc --silent update",
	31: "Windows cannot load their driver (code 31)",
	32: "the driver's service is disabled (code 32): sc config com0com start= demand",
	37: "the driver cannot begin (code 37)",
	38: "an earlier one of it is still loaded (code 38): start Windows anew",
	39: "the driver cannot be loaded (code 39): its file is damaged or missing, or memory integrity (core isolation) keeps it out",
	48: "Windows blocks this driver, because it is known to harm it (code 48)",
	52: "Windows does not trust the driver's signature (code 52): with Secure Boot on, or since April 2026 on Windows 11 24H2 and Server 2025, " +
		"cross-signed drivers are not loaded",
}

// Faults returns why there can be no pairs of COM ports, and what to do.
func (d Driver) Faults() []string {
	switch {
	case !d.Installed && d.Devices == 0:
		return []string{"COM ports: the null-modem driver com0com is not installed; " + instead}
	case d.Disabled:
		return []string{"COM ports: the driver com0com is disabled: sc config com0com start= demand; " + instead}
	}
	counts := make(map[uint32]int)
	for _, code := range d.Problems {
		counts[code]++
	}
	faults := make([]string, 0, len(counts))
	for _, code := range slices.Sorted(maps.Keys(counts)) {
		what, known := problems[code]
		if !known {
			what = fmt.Sprintf("the device manager has code %d against them", code)
		}
		faults = append(faults, fmt.Sprintf("COM ports: %d of %d devices of com0com do not work: %s; %s", counts[code], d.Devices, what, instead))
	}
	return faults
}
