package at

// deviceErrors are the texts of +CME ERROR (27.007, 9.2) that an operator may meet.
var deviceErrors = map[int]string{
	0: "phone failure", 1: "no connection to the phone", 3: "operation not allowed", 4: "operation not supported",
	5: "PH-SIM PIN required", 10: "SIM not inserted", 11: "SIM PIN required", 12: "SIM PUK required", 13: "SIM failure",
	14: "SIM busy", 15: "SIM wrong", 16: "incorrect password", 17: "SIM PIN2 required", 18: "SIM PUK2 required",
	20: "memory full", 21: "invalid index", 22: "not found", 23: "memory failure", 24: "text string too long",
	25: "invalid characters in text string", 26: "dial string too long", 27: "invalid characters in dial string",
	30: "no network service", 31: "network timeout", 32: "network not allowed, emergency calls only",
	40: "network personalisation PIN required", 50: "incorrect parameters", 100: "unknown error",
	103: "illegal mobile station", 106: "illegal mobile equipment", 111: "network not allowed here",
	112: "location area not allowed", 113: "roaming not allowed here", 132: "service not supported",
	133: "service not subscribed", 134: "service out of order", 148: "unspecified error",
}

// messageErrors are the texts of +CMS ERROR: causes of 3GPP TS 24.011, annex E, below 128; of 23.040, 9.2.3.22, up to 255; and
// of 27.005, 3.2.5, above.
var messageErrors = map[int]string{
	1: "unassigned number", 8: "barred by the operator", 10: "call barred", 17: "network failure",
	21: "short message transfer rejected", 22: "memory of the receiver full", 27: "destination out of service",
	28: "unidentified subscriber", 29: "facility rejected", 30: "unknown subscriber", 38: "network out of order",
	41: "temporary failure", 42: "congestion", 47: "resources unavailable", 50: "facility not subscribed",
	69: "facility not implemented", 95: "invalid message", 96: "invalid mandatory information",
	111: "protocol error", 127: "interworking error",
	192: "message service centre busy", 195: "invalid short message service centre", 208: "SIM storage full",
	300: "phone failure", 301: "message service reserved", 302: "operation not allowed", 303: "operation not supported",
	304: "invalid PDU mode parameter", 305: "invalid text mode parameter", 310: "SIM not inserted", 311: "SIM PIN required",
	313: "SIM failure", 314: "SIM busy", 315: "SIM wrong", 316: "SIM PUK required", 320: "memory failure",
	322: "memory full", 330: "message service centre address unknown: set it by AT+CSCA", 331: "no network service",
	332: "network timeout", 340: "no acknowledgement expected", 500: "unknown error",
}
