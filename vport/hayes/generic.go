package hayes

// generic are the extended commands of V.250, and +FCLASS of T.31. Apart from the identification they have no effect: there is
// no line and no modulation. Their values are stored for programs that read back what they have set.
var generic = []extended{
	{name: "+GMI", exec: says(func(*Modem) string { return maker })},                               // 6.1.4
	{name: "+GMM", exec: says(func(*Modem) string { return model })},                               // 6.1.5
	{name: "+GMR", exec: says(func(m *Modem) string { return printable(m.self.Version(), 80) })},   // 6.1.6
	{name: "+GSN", exec: says(func(m *Modem) string { return printable(m.self.IMEI(), 80) })},      // 6.1.7
	{name: "+GCAP", exec: says(func(*Modem) string { return "+GCAP: +CGSM,+FCLASS,+DS,+ES,+MS" })}, // 6.1.9

	{ // 6.2.10; the first group is for automatic speeds
		name: "+IPR", allowed: "(0,300,600,1200,2400,4800,9600,14400,19200,28800,38400,57600,115200)", factory: "0",
		test: "(),(0,300,600,1200,2400,4800,9600,14400,19200,28800,38400,57600,115200)",
	},
	{name: "+ICF", allowed: "(0-6),(0-3)", factory: "3,3"}, // 6.2.11
	{name: "+IFC", allowed: "(0-3),(0-3)", factory: "2,2"}, // 6.2.12
	{name: "+ILRR", allowed: "(0,1)", factory: "0"},        // 6.2.13

	{ // 6.4.1
		name: "+MS", allowed: "(V21,V22,V22B,V32,V32B,V34,V110),(0,1),(0-33600),(0-33600),(0-33600),(0-33600)",
		factory: "V32,1,0,9600,0,9600",
	},
	{name: "+MR", allowed: "(0,1)", factory: "0"},                                       // 6.4.2
	{name: "+ES", allowed: "(0-7),(0-4),(0-9)", factory: "3,0,2"},                       // 6.5.1
	{name: "+EB", allowed: "(0,1),(0,1),(0-254)", factory: "0,0,0"},                     // 6.5.2
	{name: "+ER", allowed: "(0,1)", factory: "0"},                                       // 6.5.5
	{name: "+DS", allowed: "(0-3),(0,1),(512-65535),(6-250)", factory: "3,0,2048,32"},   // 6.6.1
	{name: "+DR", allowed: "(0,1)", factory: "0"},                                       // 6.6.2
	{name: "+A8E", allowed: "(0-6),(0-5),(0-255)", factory: "0,0,0"},                    // V.8 of an answerer, Supplement 1
	{name: "+FCLASS", allowed: "(0)", factory: "0", firm: true, read: value("+FCLASS")}, // T.31: data only, no fax
}

// says returns the form without a value of a command that shows one line.
func says(text func(*Modem) string) func(*Modem) ([]string, outcome) {
	return func(m *Modem) ([]string, outcome) { return []string{text(m)}, goOn }
}

// value returns the read form of a parameter that is shown without its name.
func value(name string) func(*Modem) string {
	return func(m *Modem) string { return m.param(name) }
}
