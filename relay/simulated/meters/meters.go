// Package meters simulates meters, without input or output: Modbus RTU, IEC 62056-21 in mode C, and an echo. It also has
// clients that read such meters, or real ones, through a port.
//
// Nothing here reads real energy, and every meter says that it is simulated. The modems in front of the meters are package
// simulated's.
//
// Meter.Feed takes what came and returns the answer: Modbus.Feed finds requests by Modbus.scan and answers them by
// Modbus.serve; IEC.Feed passes each byte to IEC.input.
package meters

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Meter is a simulated device behind a modem, without I/O: Feed takes what comes in over the line, and returns what the device
// answers. It is not safe for concurrent use.
type Meter interface {
	// Feed takes what came in at now, in any pieces, and returns the answer, empty if there is none (yet). The answer is valid
	// until the next call, and may alias p. An empty p only lets time pass.
	Feed(p []byte, now time.Time) []byte
}

// Timed is a Meter that may speak without being spoken to.
type Timed interface {
	Meter
	// Due returns when Feed(nil, now) has something to say; zero: not before something is fed.
	Due() time.Time
}

// The kinds of meter that New knows.
const (
	KindModbus = "modbus-rtu"
	KindIEC    = "iec62056-21"
	KindEcho   = "echo"
)

// Kinds returns the names that New accepts.
func Kinds() []string { return []string{KindModbus, KindIEC, KindEcho} }

// New makes a meter by the name of its kind; empty means an echo. unit is a Modbus meter's address (0: it answers to any),
// address an IEC meter's (empty: it answers the general request only).
func New(kind string, unit byte, address string) (Meter, error) {
	switch kind {
	case KindModbus:
		return NewModbus(unit), nil
	case KindIEC:
		if !validIECAddress(address) {
			return nil, fmt.Errorf("simulated meter %s: address %q: at most 32 letters, digits and spaces", kind, address)
		}
		return NewIEC(address), nil
	case KindEcho, "":
		return NewEcho(), nil
	}
	return nil, fmt.Errorf("simulated meter: unknown kind %q: write one of %s", kind, strings.Join(slices.Sorted(slices.Values(Kinds())), ", "))
}

// Echo sends every byte back at once. It is the simplest meter to test a line with.
type Echo struct{}

// NewEcho makes an echo.
func NewEcho() *Echo { return &Echo{} }

// Feed returns p.
func (*Echo) Feed(p []byte, _ time.Time) []byte { return p }

// What the simulated meters measure. The values do not change, so that a transcript can be compared with the one in a manual.
var (
	simVoltage   = [3]float32{230.1, 229.7, 231.2} // V
	simCurrent   = [3]float32{5.12, 4.87, 5.03}    // A
	simPower     = float32(3415)                   // W, active, all phases
	simFactor    = float32(0.987)
	simFrequency = float32(50.01) // Hz
)

// Energies in Wh; the tariffs add up to the total.
const (
	simEnergy        uint32 = 12_345_678
	simEnergyTariff1 uint32 = 8_234_567
	simEnergyTariff2 uint32 = simEnergy - simEnergyTariff1
	simEnergyOut     uint32 = 0
)

// Name is in every simulated meter's identification.
const Name = "METERLINE-SIM"
