package com

import (
	"encoding/binary"
	"sync"

	"meterline/vport"
	"meterline/vport/com0com"
)

// SetSignal sets the function that gets settings, breaks, DTR and RTS; it may be nil.
func (p *port) SetSignal(f func(vport.Signal)) { p.queue.SetSignal(f) }

// Settings returns those of the program's end.
func (p *port) Settings() vport.Settings { return p.queue.Settings() }

// SetCarrier switches DCD, if the pair is wired for that and the driver can.
func (p *port) SetCarrier(on bool) { p.pins.set(p, com0com.Out1, on) }

// SetRing switches RI, if the pair is wired for that and the driver can.
func (p *port) SetRing(on bool) { p.pins.set(p, com0com.Out2, on) }

// outputs are the lines that go out of our end of a pair, besides DTR and RTS, which are on as long as we have it open.
type outputs struct {
	mu    sync.Mutex
	there bool // the driver has them
	on    com0com.Outputs
}

const bothOutputs = com0com.Out1 | com0com.Out2

// begin switches the lines off: the driver keeps what whoever had the end before has set, and begins with Out2 on.
func (o *outputs) begin(p *port) {
	text, err := o.takeOver(p)
	if text != "" {
		p.log.Warn(text, "err", err)
	}
}

// cannotShow is logged, outside of the mutex, if the driver has no such lines, cannotGoOn if it refuses them later.
const (
	cannotShow = "the driver cannot show the program DCD and RI"
	cannotGoOn = cannotShow + " any more"
)

// takeOver returns what is to be logged, empty if all is well.
func (o *outputs) takeOver(p *port) (text string, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.there = true
	if err := o.switchTo(p, 0); err != nil {
		return cannotGoOn, err
	}
	state := make([]byte, 4)
	// The driver's own sign that it knows the mask is in the wrong place in its 64-bit builds. So the values are read back
	// instead.
	n, err := p.end.Control(com0com.CodeGetModemControl, nil, state)
	if o.there = o.there && err == nil && n == len(state) && binary.LittleEndian.Uint32(state)&uint32(bothOutputs) == 0; !o.there {
		return cannotShow, err
	}
	return "", nil
}

func (o *outputs) set(p *port, pin com0com.Outputs, on bool) {
	if err := o.change(p, pin, on); err != nil {
		p.log.Warn(cannotGoOn, "err", err)
	}
}

func (o *outputs) change(p *port, pin com0com.Outputs, on bool) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	want := o.on &^ pin
	if on {
		want |= pin
	}
	if want == o.on {
		return nil
	}
	return o.switchTo(p, want)
}

// switchTo sets both lines. It returns an error once, when the driver refuses. The caller holds mu.
func (o *outputs) switchTo(p *port, on com0com.Outputs) error {
	if !o.there {
		return nil
	}
	o.on = on
	if _, err := p.end.Control(com0com.CodeSetModemControl, com0com.SetOutputs(on, bothOutputs), nil); err != nil {
		o.there = false
		return err
	}
	return nil
}

// close switches them off for good: the driver would keep them.
func (o *outputs) close(p *port) {
	o.mu.Lock()
	defer o.mu.Unlock()
	_ = o.switchTo(p, 0) // the port is being closed: nobody needs the lines any more
	o.there = false
}

// catchUp reads the lines when everything that waited in the driver has been read: news for which there was no room is lost.
func (p *port) catchUp() bool {
	lines, err := p.end.Status()
	pending := 0
	if err == nil {
		pending, err = p.end.Pending() // after the lines: what was written before they changed has been read, or is still there
	}
	if err != nil {
		p.fail(err)
		return false
	}
	if pending > 0 {
		return true
	}
	p.behind = false
	return p.record(func(s *sense) []piece { return s.status(lines) })
}
