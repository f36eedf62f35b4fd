package hayes

import (
	"fmt"
	"strings"
)

// cellular are the commands of 27.007, and those of 27.005 (short messages) that programs set in passing. Numbers are clauses
// of 27.007.
var cellular = []extended{
	{name: "+CGMI", exec: says(func(*Modem) string { return maker })},                             // 5.1
	{name: "+CGMM", exec: says(func(*Modem) string { return model })},                             // 5.2
	{name: "+CGMR", exec: says(func(m *Modem) string { return printable(m.self.Version(), 80) })}, // 5.3
	{name: "+CGSN", exec: says(func(m *Modem) string { return printable(m.self.IMEI(), 80) })},    // 5.4
	{name: "+CSCS", allowed: `("GSM","IRA","UCS2")`, factory: `"IRA"`},                            // 5.5
	{name: "+CIMI", exec: says(func(m *Modem) string { return printable(m.self.IMSI(), 80) })},    // 5.6

	{name: "+CSTA", allowed: "(129,145)", factory: "129"},                                       // 6.1
	{name: "+CMOD", allowed: "(0)", factory: "0"},                                               // 6.4
	{name: "+CHUP", exec: chup},                                                                 // 6.5
	{name: "+CBST", allowed: bearers, factory: "7,0,1"},                                         // 6.7
	{name: "+CRLP", allowed: "(0-61),(0-61),(39-255),(1-255)", factory: "61,61,48,6"},           // 6.8
	{name: "+CR", allowed: "(0,1)", factory: "0"},                                               // 6.9
	{name: "+CEER", exec: says(lastCause)},                                                      // 6.10
	{name: "+CRC", allowed: "(0,1)", factory: "0"},                                              // 6.11
	{name: "+CSNS", allowed: "(0-7)", factory: "0"},                                             // 6.19
	{name: "+CV120", allowed: "(0,1),(0,1),(0-2),(0,1),(0,1),(0-8191)", factory: "1,1,1,0,0,0"}, // 6.21

	{name: "+CNUM", exec: nothing}, // 7.1: the card does not know its own number
	{name: "+CREG", allowed: "(0-2)", factory: "0", read: registration("+CREG")}, // 7.2
	{ // 7.3
		name: "+COPS", allowed: "(0-4),(0-2)", factory: "0,0", read: operator,
		test: `(2,"meterline","meterline","00101"),,(0-4),(0-2)`,
	},
	{name: "+CLCK", put: accepts, test: `("SC","AO","OI","AI","IR")`},           // 7.4
	{name: "+CLIP", allowed: "(0,1)", factory: "0", read: provisioned("+CLIP")}, // 7.6
	{name: "+CLIR", allowed: "(0-2)", factory: "0", read: provisioned("+CLIR")}, // 7.7
	{name: "+COLP", allowed: "(0,1)", factory: "0", read: provisioned("+COLP")}, // 7.8
	{name: "+CCWA", allowed: "(0,1)", factory: "0"},                             // 7.12
	{name: "+CLCC", exec: says(func(m *Modem) string { return m.call.list() })}, // 7.18
	{name: "+CSSN", allowed: "(0,1),(0,1)", factory: "0,0"},                     // 7.17

	{name: "+CPAS", test: "(0,3,4)", exec: says(func(m *Modem) string { return fmt.Sprintf("+CPAS: %d", m.call.activity()) })}, // 8.1
	{name: "+CFUN", allowed: "(0,1,4),(0,1)", factory: "1", read: func(*Modem) string { return "+CFUN: 1" }},                   // 8.2
	{name: "+CBC", test: "(0-3),(0-100)", exec: says(fullBattery), read: fullBattery},                                          // 8.4
	{name: "+CPIN", read: func(*Modem) string { return "+CPIN: READY" }, put: accepts},                                         // 8.3
	{name: "+CSQ", test: "(0-31,99),(0-7,99)", exec: says(signal), read: signal},                                               // 8.5
	{name: "+CMER", allowed: "(0-3),(0-2),(0-2),(0-2),(0,1)", factory: "0,0,0,0,0"},                                            // 8.10
	{name: "+CMEE", allowed: "(0-2)", factory: "0"},                                                                            // 9.1
	{name: "+CGREG", allowed: "(0-2)", factory: "0", read: registration("+CGREG")},                                             // 10.1.20
	{name: "+CEREG", allowed: "(0-2)", factory: "0", read: registration("+CEREG")},                                             // 10.1.22
	{name: "+CGATT", allowed: "(0,1)", factory: "1"},                                                                           // 10.1.9

	// 27.005, 3.2 to 3.5. No message can be sent: programs that try get an error at once.
	{name: "+CSMS", allowed: "(0,1)", factory: "0"},
	{name: "+CMGF", allowed: "(0,1)", factory: "0"},
	{name: "+CSCA", put: accepts, read: func(*Modem) string { return `+CSCA: "",129` }},
	{name: "+CNMI", allowed: "(0-3),(0-3),(0,2),(0-2),(0,1)", factory: "0,0,0,0,0"},
	{name: "+CMGS", put: noMessages, exec: sendsNone}, {name: "+CMGW", put: noMessages, exec: sendsNone},
	{name: "+CMSS", put: noMessages, exec: sendsNone},
}

// bearers are the speeds, kinds and connection elements of data calls (6.7): 7 is 9600 V.32, 71 is 9600 V.110, element 1
// is non-transparent.
const bearers = "(0-7,12,14-17,34-39,43,47-51,65,66,68,70,71,75,79-84,115,116,120,121,130-134),(0-5),(0-3)"

// fullBattery is a modem's with a power supply, as Telit's answer (27.007, 8.4): there is nothing to be charged.
func fullBattery(*Modem) string { return "+CBC: 0,100" }

func nothing(*Modem) ([]string, outcome) { return nil, goOn }

func accepts(*Modem, string) outcome { return goOn }

// noMessages refuses to send: +CMS ERROR 302, operation not allowed (27.005, 3.2.5).
func noMessages(*Modem, string) outcome {
	return outcome{stop: true, code: Error, other: "+CMS ERROR: 302"}
}

func sendsNone(m *Modem) ([]string, outcome) { return nil, noMessages(m, "") }

func chup(m *Modem) ([]string, outcome) {
	m.hangUp("AT+CHUP")
	return nil, goOn
}

func lastCause(m *Modem) string { return "+CEER: " + m.call.why }

func signal(m *Modem) string {
	strength, errs := m.self.Signal()
	return fmt.Sprintf("+CSQ: %d,%d", strength, errs)
}

func registration(name string) func(*Modem) string {
	return func(m *Modem) string { return fmt.Sprintf("%s: %s,%d", name, m.mem.param(name), m.self.Registration()) }
}

// provisioned returns the read form of a service that the program switches and that the network has.
func provisioned(name string) func(*Modem) string {
	return func(m *Modem) string { return name + ": " + m.mem.param(name) + ",1" }
}

// operator returns the network in the chosen format: its name, or the number of the test network.
func operator(m *Modem) string {
	mode, format, _ := strings.Cut(m.mem.param("+COPS"), ",")
	if mode == "3" { // it only sets the format
		mode = "0"
	}
	name := printable(m.self.Operator(), 80)
	if format == "2" {
		name = "00101"
	}
	return fmt.Sprintf(`+COPS: %s,%s,"%s"`, mode, format, name)
}
