package rfc2217

import "encoding/binary"

// Server is the end that has the serial port. It agrees to whatever a client sets, and reports it. NewServer makes it. It is
// not safe for concurrent use.
type Server struct {
	telnet
	signature string
	settings  Settings
	flow      byte // as SET-CONTROL counts
	flowIn    byte
	breaking  bool
	dtr, rts  bool
	lines     byte // CTS to CD
	modemMask byte
	lineMask  byte
}

// NewServer makes a Server whose name is signature. Its modem lines are lines, e.g. CTS | DSR.
func NewServer(signature string, lines byte) *Server {
	s := &Server{
		signature: signature, lines: lines & 0xF0, modemMask: usualModemMask,
		flow: ctlFlowNone, flowIn: ctlFlowInNone, dtr: true, rts: true,
	}
	s.role = s
	for i := range s.ours {
		s.ours[i].may, s.theirs[i].may = true, i != optEcho
	}
	return s
}

// Start appends what is sent first to a new client.
func (s *Server) Start(dst []byte) []byte {
	for which := range optionCount {
		if which != optComPort {
			dst = s.offer(dst, which, true)
		}
		if which != optEcho {
			dst = s.offer(dst, which, false)
		}
	}
	return dst
}

// Decode takes apart what the client sends.
func (s *Server) Decode(p []byte) Out { return s.decode(p) }

// Settings returns what the client has chosen so far; zero fields were not chosen.
func (s *Server) Settings() Settings { return s.settings }

// AppendLines sets the modem lines, and appends the report of that, if the client wants it.
func (s *Server) AppendLines(dst []byte, lines byte) []byte {
	before := s.lines
	s.lines = lines & 0xF0
	changed := before ^ s.lines
	delta := changed >> 4
	if s.lines&RI != 0 {
		delta &^= RI >> 4 // its bit reports only the end of a ring
	}
	if !s.Available() || (changed|delta)&s.modemMask == 0 {
		return dst
	}
	return appendComPort(dst, fromServer+comModemState, (s.lines|delta)&s.modemMask)
}

func (s *Server) command(b byte) {
	switch b {
	case cmdBreak:
		s.event(Event{Kind: Break, Value: BreakShort})
	case cmdAYT:
		s.reply([]byte("\r\n[Yes]\r\n")...)
	}
}

func (s *Server) agreed(on bool) {
	s.event(Event{Kind: Agreed, Value: bit(on)})
	if on {
		s.answer(comModemState, s.lines)
	}
}

func bit(on bool) int {
	if on {
		return 1
	}
	return 0
}

// answer replies to a command.
func (s *Server) answer(command byte, value ...byte) {
	s.out.Reply = appendComPort(s.out.Reply, fromServer+command, value...)
}

// comPort takes a command. The client is answered whether the option has been agreed or not, as some clients never negotiate.
func (s *Server) comPort(p []byte) {
	command, value := p[0], p[1:]
	first := byte(0)
	if len(value) > 0 {
		first = value[0]
	}
	switch command {
	case comSignature:
		if len(value) == 0 {
			s.answer(comSignature, []byte(s.signature)...)
			return
		}
		s.event(Event{Kind: Signature, Text: string(value)})
	case comSpeed, comDataSize, comParity, comStopSize:
		s.set(command, value, first)
	case comControl:
		s.control(first)
	case comModemState:
		s.answer(comModemState, s.lines)
	case comLineState:
		s.answer(comLineState, 0)
	case comSuspend:
		s.event(Event{Kind: Suspend})
	case comResume:
		s.event(Event{Kind: Resume})
	case comLineMask:
		s.lineMask = first
		s.answer(comLineMask, first)
	case comModemMask:
		s.modemMask = first
		s.answer(comModemMask, first)
	case comPurge:
		s.answer(comPurge, first)
		if first >= PurgeReceived && first <= PurgeReceived|PurgeToSend {
			s.event(Event{Kind: Purge, Value: int(first)})
		}
	default:
		s.out.Dropped += len(p)
	}
}

// set takes a setting if it is valid, and reports the present one.
func (s *Server) set(command byte, value []byte, first byte) {
	next := s.settings
	switch command {
	case comSpeed:
		if len(value) >= bytesOfSpeed {
			if speed := binary.BigEndian.Uint32(value); speed > 0 && speed <= fastest {
				next.Speed = int(speed)
			}
		}
	case comDataSize:
		if first >= leastDataBits && first <= mostDataBits {
			next.DataBits = int(first)
		}
	case comParity:
		if p := Parity(first); p >= ParityNone && p <= ParitySpace {
			next.Parity = p
		}
	case comStopSize:
		if b := StopBits(first); b >= StopOne && b <= StopOneAndHalf {
			next.StopBits = b
		}
	}
	if next != s.settings {
		s.settings = next
		s.event(Event{Kind: Changed, Settings: next})
	}
	s.answer(command, field(command, next.Over(usual))...)
}

// field returns one of the settings as it is sent.
func field(command byte, s Settings) []byte {
	switch command {
	case comSpeed:
		return binary.BigEndian.AppendUint32(nil, uint32(s.Speed)) //nolint:gosec // bounded by fastest where it comes in
	case comDataSize:
		return []byte{byte(s.DataBits)}
	case comParity:
		return []byte{byte(s.Parity)}
	}
	return []byte{byte(s.StopBits)}
}

// control takes SET-CONTROL. Flow control is stored and reported only: no line behind the port could follow it.
func (s *Server) control(what byte) {
	switch {
	case what == ctlBreakOn || what == ctlBreakOff:
		s.breaking = what == ctlBreakOn
		s.event(Event{Kind: Break, Value: bit(s.breaking)})
	case what == ctlDTROn || what == ctlDTROff:
		s.dtr = what == ctlDTROn
		s.event(Event{Kind: DTR, Value: bit(s.dtr)})
	case what == ctlRTSOn || what == ctlRTSOff:
		s.rts = what == ctlRTSOn
		s.event(Event{Kind: RTS, Value: bit(s.rts)})
	case what >= ctlFlowNone && what <= ctlFlowRTS || what == ctlFlowDCD || what == ctlFlowDSR:
		s.flow = what
	case what >= ctlFlowInNone && what <= ctlFlowInRTS || what == ctlFlowInDTR:
		s.flowIn = what
	}
	s.answer(comControl, s.controlAnswer(what))
}

// controlAnswer returns the state that a SET-CONTROL asks for or has set.
func (s *Server) controlAnswer(what byte) byte {
	pick := func(on bool, yes, no byte) byte {
		if on {
			return yes
		}
		return no
	}
	switch {
	case what >= ctlAskBreak && what <= ctlBreakOff:
		return pick(s.breaking, ctlBreakOn, ctlBreakOff)
	case what >= ctlAskDTR && what <= ctlDTROff:
		return pick(s.dtr, ctlDTROn, ctlDTROff)
	case what >= ctlAskRTS && what <= ctlRTSOff:
		return pick(s.rts, ctlRTSOn, ctlRTSOff)
	case what >= ctlAskFlowIn && what <= ctlFlowInRTS || what == ctlFlowInDTR:
		return s.flowIn
	}
	return s.flow
}
