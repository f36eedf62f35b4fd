package relay

// Manners says in words how modems of a kind register and what follows. An empty text means none.
type Manners struct {
	Registration string // what the modem says first, as an example
	Answer       string // what we send, and when
	Data         string // what stands around the meter's bytes, or in place of some
	Heartbeats   string // what is taken out
	Facts        string // what the modem tells that is kept and shown
}

// MannersOf describes a kind of Kinds; others have none.
func MannersOf(k Kind) Manners { return manners[k] }

var manners = map[Kind]Manners{
	IMEI: {
		Registration: `IMEI:861234567890123\r\n, or imei=…, AT$IMEI=…, the digits as a line, or bare`,
		Data:         `as it is`,
	},
	IRZ: {
		Registration: `AT$IMEI=861234567890123,PSW=…,TYP=ATM,DEV=ATM31,…,CSQ=17,COLPROT=1.3,…,\n`,
		Answer:       `20270304050607,MOD=DAT,\r, the local time; encapsulated modems are asked about themselves every 6 hours`,
		Data:         `as it is; with COLPROT=1.… in C8 CA CB CC CD 01, length, data, 0D 0A, both ways`,
		Heartbeats:   `B5 BC BD BE BF, in a packet of type 02, or alone after a pause`,
		Facts:        `model, firmware, hardware, signal, interface, sim, channel; encapsulated also inputs, cell, temperature, iccid`,
	},
	Teleofis: {
		Registration: `C0 … C2 with the IMEI in it, when it is asked`,
		Answer:       `C0 00 06 00 14, 20 × 00, E7 48 C2 as soon as it has connected; C0 01 06 01 00 14, 20 × 00, 02 FD C2 to accept it`,
		Data:         `as it is`,
		Facts:        `firmware, hardware, channel`,
	},
	FourFaith: {
		Registration: `78 56 34 12 31 33 30 36 36 36 36 38 38 38 38 00 C0 A8 01 42 00: ID, phone number, 00, address, 00`,
		Data:         `FD as FD ED and FE as FD EE, both ways`,
		Heartbeats:   `FE, wherever it stands`,
		Facts:        `phone, address`,
	},
	DDP: {
		Registration: `7B 01 00 16, id of 11 characters, address, port, 7B`,
		Answer:       `7B 81 00 10, id, 7B, to each registration; 7B 82 00 10, id, 7B when it logs out`,
		Data:         `7B 09, length, id, and the data before or behind 7B; 7B 89 in the same form to the modem`,
		Heartbeats:   `the registration again`,
		Facts:        `address`,
	},
	DLMSPush: {
		Registration: `the first push: E0012345678901234, a comma, and 4 or 6 bytes; or 00 01, …, 0F or C2, … 09, length, identifier`,
		Data:         `as it is; pushes after a pause become events, and go to programs with push = "program" only`,
		Facts:        `none: what is pushed becomes events`,
	},
	Address: {Data: `as it is`},
	Mercury228: {
		Data:  `CRC-24, number, length, port 1, data, sum, both ways`,
		Facts: `signal`,
	},
}
