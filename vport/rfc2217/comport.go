package rfc2217

// Commands of the Com Port Control Option as the client sends them; the server's are higher by fromServer.
const (
	comSignature = iota
	comSpeed
	comDataSize
	comParity
	comStopSize
	comControl
	comLineState
	comModemState
	comSuspend
	comResume
	comLineMask
	comModemMask
	comPurge
	fromServer = 100
)

// Values of SET-CONTROL.
const (
	ctlAskFlow    = 0 // outbound, or both
	ctlFlowNone   = 1
	ctlFlowRTS    = 3
	ctlAskBreak   = 4
	ctlBreakOn    = 5
	ctlBreakOff   = 6
	ctlAskDTR     = 7
	ctlDTROn      = 8
	ctlDTROff     = 9
	ctlAskRTS     = 10
	ctlRTSOn      = 11
	ctlRTSOff     = 12
	ctlAskFlowIn  = 13
	ctlFlowInNone = 14
	ctlFlowInRTS  = 16
	ctlFlowDCD    = 17
	ctlFlowInDTR  = 18
	ctlFlowDSR    = 19
)

// The range of valid settings.
const (
	fastest       = 50_000_000 // bits per second; far beyond any serial chip
	leastDataBits = 5
	mostDataBits  = 8
	bytesOfSpeed  = 4
)

// usualModemMask makes the server report every change of the modem lines, as it does by default (RFC 2217,
// SET-MODEMSTATE-MASK).
const usualModemMask = 0xFF

// Kind is the kind of an event.
type Kind byte

// The kinds of events. Those that only the other side can send are reported by a Server or a Client only.
const (
	Agreed      Kind = iota + 1 // Value 1: the peer knows the Com Port Control Option; 0: it refuses it
	Changed                     // Server: the program has set its port to Settings. Client: the far port is set to Settings
	Purge                       // Server: Value has PurgeReceived, PurgeToSend or both
	Break                       // Server: Value is BreakOff, BreakOn or BreakShort
	DTR                         // Server: Value 1: on
	RTS                         // Server: Value 1: on
	Suspend                     // the peer does not want data at present
	Resume                      // it wants data again
	ModemState                  // Client: Value has the bits CTS to CD, and which of them have changed
	LineState                   // Client: Value has the bits of line errors
	Signature                   // Text is the peer's name
	Unsupported                 // Client: the far port could not be set as wanted; Settings says how it is set
)

// Event is what a peer does besides sending data.
type Event struct {
	Kind     Kind
	Value    int
	Settings Settings
	Text     string // as it came: it must be quoted
}

// Values of a Purge: the buffers as the server sees them.
const (
	PurgeReceived = 1 // what has come from the line and was not sent to the program yet
	PurgeToSend   = 2 // what the program has written and was not sent to the line yet
)

// Values of a Break.
const (
	BreakOff   = 0
	BreakOn    = 1
	BreakShort = 2 // one of the usual length
)

// Bits of a modem state (RFC 2217, NOTIFY-MODEMSTATE). The lower four say which have changed.
const (
	CTS = 0x10
	DSR = 0x20
	RI  = 0x40 // the lower bit says that it has ended
	CD  = 0x80
)

// Bits of a line state (RFC 2217, NOTIFY-LINESTATE) that are errors.
const (
	LineOverrun = 0x02
	LineParity  = 0x04
	LineFraming = 0x08
	LineBreak   = 0x10
)
