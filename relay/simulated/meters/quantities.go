package meters

// What the simulated meters measure. The values stand still, so that a transcript can be compared with the one in a manual.
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

// Name stands in every simulated meter's identification.
const Name = "METERLINE-SIM"
