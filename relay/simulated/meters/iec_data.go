package meters

import (
	"cmp"
	"fmt"
	"strings"
	"time"
)

// datum is one line of a readout: OBIS code in its reduced form (IEC 62056-61), and value with unit.
type datum struct{ code, value string }

// data is everything that the meter can tell, in the order of its readout. Date and time are UTC.
func (m *IEC) data(now time.Time) []datum {
	now = now.UTC()
	return []datum{
		{"C.1.0", Name},
		{"0.0.0", m.identity()},
		{"0.2.0", "SIMULATED"},
		{"F.F", "00000000"},
		{"0.9.1", now.Format("150405")},
		{"0.9.2", now.Format("060102")},
		{"1.8.0", kWh(simEnergy)},
		{"1.8.1", kWh(simEnergyTariff1)},
		{"1.8.2", kWh(simEnergyTariff2)},
		{"2.8.0", kWh(simEnergyOut)},
		{"1.7.0", fmt.Sprintf("%06.3f*kW", simPower/1000)},
		{"32.7.0", volts(0)}, {"52.7.0", volts(1)}, {"72.7.0", volts(2)},
		{"31.7.0", amperes(0)}, {"51.7.0", amperes(1)}, {"71.7.0", amperes(2)},
		{"13.7.0", fmt.Sprintf("%.3f", simFactor)},
		{"14.7.0", fmt.Sprintf("%.2f*Hz", simFrequency)},
	}
}

func kWh(wh uint32) string     { return fmt.Sprintf("%06d.%03d*kWh", wh/1000, wh%1000) }
func volts(phase int) string   { return fmt.Sprintf("%.1f*V", simVoltage[phase]) }
func amperes(phase int) string { return fmt.Sprintf("%06.2f*A", simCurrent[phase]) }

func (m *IEC) identity() string { return "SIM" + cmp.Or(m.Address, "00000001") }

// sameIECAddress compares device addresses as IEC 62056-21, 6.3.14 has it: leading zeros do not count, letter case does.
func sameIECAddress(a, b string) bool {
	return b != "" && strings.TrimLeft(a, "0") == strings.TrimLeft(b, "0")
}

// validIECAddress reports whether a meter can have that device address.
func validIECAddress(address string) bool {
	return len(address) <= iecAddresses && !strings.ContainsFunc(address, func(r rune) bool {
		return r != ' ' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	})
}
