package frame

// Stats count what a Line has seen since it was made.
type Stats struct {
	Requests          int64 `json:"requests"`            // whole messages sent to the modem
	Answers           int64 `json:"answers"`             // whole messages that came from the modem, dropped ones included
	UnparsedToModem   int64 `json:"unparsed_to_modem"`   // bytes that belonged to no message
	UnparsedToProgram int64 `json:"unparsed_to_program"` // bytes that belonged to no message
	Late              int64 `json:"late"`                // messages dropped as DropLate
	Unasked           int64 `json:"unasked"`             // messages dropped as DropUnasked
	Repeats           int64 `json:"repeats"`             // repeats of the request under way that were not sent at once
	Waited            int64 `json:"waited"`              // other requests that were not sent at once
	Overheld          int64 `json:"overheld"`            // messages that were not whole when they could be held no longer
	ParityErrors      int64 `json:"parity_errors"`       // bytes from the modem with the wrong parity
	Speeds            int64 `json:"speeds"`              // acknowledgements made to name another speed
}
