package com

import (
	"meterline/vport"
	"meterline/vport/com0com"
	"meterline/vport/queue"
)

// piece is one thing that happened at the program's end of a pair.
type piece = queue.Piece[visit]

// sense works out from the driver's reports whether a program is there, and what it does. It does no I/O.
//
// At our end, DSR is on while a program has the port open, if the pair is wired for that (dsr=ropen), otherwise while its DTR
// is on. DCD is its DTR, and CTS its RTS. So pairs that are wired in the driver's own way work as well, except for programs
// that keep DTR off: only their bytes show them.
type sense struct {
	lines com0com.Lines
	here  bool
	trace bool           // only bytes have shown that somebody is there
	set   vport.Settings // of the program's end; the driver keeps them from program to program
	known bool           // a program has set them
}

// unset is how the driver sets an end before any program does.
var unset = vport.Settings{Speed: 1200, DataBits: 7, Parity: 3, StopBits: 1}

// begin takes what the driver reports of the time before.
func (s *sense) begin(q com0com.Piece) {
	switch q.Kind {
	case com0com.Status:
		s.lines = q.Lines
	case com0com.Speed, com0com.Framing:
		s.set = q.Settings.Over(s.set)
		s.known = s.set != unset && s.set.Speed != 0 && s.set.DataBits != 0
	}
}

// piece takes one piece of the driver's stream.
func (s *sense) piece(q com0com.Piece) []piece {
	switch q.Kind {
	case com0com.Data:
		return s.data(q.Data)
	case com0com.Status:
		return s.status(q.Lines)
	case com0com.Break:
		return s.signals(vport.Signal{Kind: vport.SignalBreak, On: q.On})
	case com0com.Speed, com0com.Framing:
		s.set, s.known = q.Settings.Over(s.set), true
		return s.signals(vport.Signal{Kind: vport.SignalSettings, Settings: s.set})
	}
	return nil
}

// signals returns pieces for signals, none while nobody is there.
func (s *sense) signals(all ...vport.Signal) []piece {
	if !s.here {
		return nil
	}
	pieces := make([]piece, 0, len(all))
	for _, one := range all {
		pieces = append(pieces, piece{Signal: one})
	}
	return pieces
}

// status takes the lines.
func (s *sense) status(lines com0com.Lines) []piece {
	was := s.lines
	s.lines = lines
	switch on := lines&com0com.DSR != 0; {
	case on && !s.here:
		return s.arrive()
	case on:
		s.trace = false
	case s.here && was&com0com.DSR != 0:
		s.here = false
		return []piece{{Left: true}}
	}
	var all []vport.Signal
	if (was^lines)&com0com.DCD != 0 {
		all = append(all, vport.Signal{Kind: vport.SignalDTR, On: lines&com0com.DCD != 0})
	}
	if (was^lines)&com0com.CTS != 0 {
		all = append(all, vport.Signal{Kind: vport.SignalRTS, On: lines&com0com.CTS != 0})
	}
	return s.signals(all...)
}

// data takes bytes of a program. If nobody is known to be there, they show that somebody is.
func (s *sense) data(p []byte) []piece {
	if len(p) == 0 {
		return nil
	}
	var all []piece
	if !s.here {
		all = s.arrive()
		s.trace = true
	}
	return append(all, piece{Data: p})
}

// arrive begins a visit.
func (s *sense) arrive() []piece {
	s.here, s.trace = true, false
	all := []piece{{Came: true}}
	if s.known { // a program that sets the same values again causes no news
		all = append(all, s.signals(vport.Signal{Kind: vport.SignalSettings, Settings: s.set})...)
	}
	return all
}

// lapse ends a visit that only bytes have shown.
func (s *sense) lapse() []piece {
	if !s.here || !s.trace {
		return nil
	}
	s.here, s.trace = false, false
	return []piece{{Left: true}}
}
