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
