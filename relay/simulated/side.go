package simulated

import "time"

// Side is the modem's part of a family's protocol, without I/O: what it adds to what its meter says. One is made for each
// connection. One that needs silence before what it sends has a method Silences besides, see silence.go.
type Side interface {
	// Connect is what the modem sends as soon as it is connected, empty where the server speaks first.
	Connect(now time.Time) []byte
	// Take is given what the server sent, cut anywhere. data is for the meter, and reply goes back at once. An error ends
	// the connection: the server did what its family's protocol does not allow.
	Take(p []byte, now time.Time) (data, reply []byte, err error)
	// Put is what the modem sends for what its meter says.
	Put(p []byte) []byte
	// Beat is what the modem sends after a silence, empty: nothing.
	Beat() []byte
	// Online reports whether the server has accepted the modem, as far as the family's protocol tells.
	Online() bool
}
