package frame

// Stats count what a Line has seen since it was made.
type Stats struct {
	Requests          int64 // whole messages sent to the modem
	Answers           int64 // whole messages that came from the modem, dropped ones included
	UnparsedToModem   int64 // bytes that belonged to no message
	UnparsedToProgram int64 // bytes that belonged to no message
	Late              int64 // messages dropped as DropLate
	Unasked           int64 // messages dropped as DropUnasked
	Repeats           int64 // repeats of the request under way that were not sent at once
	Waited            int64 // other requests that were not sent at once
	Overheld          int64 // messages that were not whole when they could be held no longer
	ParityErrors      int64 // bytes from the modem with the wrong parity
	Speeds            int64 // acknowledgements made to name another speed
}
