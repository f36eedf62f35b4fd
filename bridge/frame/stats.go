package frame

// Stats counts what a Line has seen since it was made.
type Stats struct {
	Requests          int64 `json:"requests"`            // requests sent to the modem, those that no rule knows included
	Answers           int64 `json:"answers"`             // whole messages that came from the modem, dropped ones included
	UnparsedToModem   int64 `json:"unparsed_to_modem"`   // bytes that belonged to no message
	UnparsedToProgram int64 `json:"unparsed_to_program"` // bytes that belonged to no message
	Late              int64 `json:"late"`                // messages dropped as DropLate
	Unfit             int64 `json:"unfit"`               // messages dropped as DropUnfit
	Unasked           int64 `json:"unasked"`             // messages dropped as DropUnasked
	Odd               int64 `json:"odd"`                 // messages handed over that do not fit the request: it could be no other's answer
	Echoes            int64 `json:"echoes"`              // requests that the line returned
	Repeats           int64 `json:"repeats"`             // repeats of the unanswered request that were held back
	Waited            int64 `json:"waited"`              // other requests that had to wait for an answer before they were sent
	Overheld          int64 `json:"overheld"`            // messages that were not whole when they could be held no longer
	ParityErrors      int64 `json:"parity_errors"`       // bytes from the modem with the wrong parity
	Speeds            int64 `json:"speeds"`              // acknowledgements made to name another speed
}

// dropped counts a message that was dropped for reason.
func (s *Stats) dropped(reason string) {
	switch reason {
	case DropLate:
		s.Late++
	case DropUnfit:
		s.Unfit++
	case DropUnasked:
		s.Unasked++
	}
}
