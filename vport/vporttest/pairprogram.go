package vporttest

import (
	"encoding/binary"
	"io"
	"os"
	"time"

	"meterline/vport/com0com"
)

// PairProgram is a program that has the other end of a Pair open. One that came while another was there has been refused:
// everything that it does fails.
type PairProgram struct {
	pair *Pair
	gone bool
}

// Open opens the other end as a program does.
func (p *Pair) Open() *PairProgram {
	p.mu.Lock()
	defer p.mu.Unlock()
	g := &PairProgram{pair: p}
	if p.program != nil {
		g.gone = true
		return g
	}
	p.program = g
	p.dtr, p.rts = !p.Silent, !p.Silent
	p.insertStatus()
	return g
}

// Close leaves the port: what has not been read is gone, and the lines go off.
func (g *PairProgram) Close() error {
	p := g.pair
	p.mu.Lock()
	defer p.mu.Unlock()
	if g.gone {
		return os.ErrClosed
	}
	g.gone = true
	p.program, p.toward, p.dtr, p.rts = nil, nil, false, false
	p.insertStatus()
	return nil
}

// Read waits for bytes. A program that checks DSR sees our end close: io.EOF.
func (g *PairProgram) Read(b []byte) (int, error) {
	p := g.pair
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		switch {
		case g.gone:
			return 0, os.ErrClosed
		case len(p.toward) > 0:
			n := copy(b, p.toward)
			p.toward = p.toward[n:]
			p.mu.Wake()
			return n, nil
		case p.closed:
			return 0, io.EOF
		}
		p.mu.Wait(time.Time{})
	}
}

// Unread returns what is there, without waiting.
func (g *PairProgram) Unread() string {
	p := g.pair
	p.mu.Lock()
	defer p.mu.Unlock()
	if g.gone {
		return ""
	}
	all := string(p.toward)
	p.toward = nil
	p.mu.Wake()
	return all
}

// Write waits while our end does not read.
func (g *PairProgram) Write(b []byte) (n int, err error) {
	p := g.pair
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		switch {
		case g.gone:
			return n, os.ErrClosed
		case p.closed:
			return n, io.ErrClosedPipe
		}
		for n < len(b) && len(p.toUs) < pairCapacity {
			p.toUs = append(p.toUs, b[n])
			if p.escape != 0 && b[n] == p.escape {
				p.toUs = append(p.toUs, 0)
			}
			n++
		}
		p.mu.Wake()
		if n == len(b) {
			return n, nil
		}
		p.mu.Wait(time.Time{})
	}
}

// SetDTR switches DTR.
func (g *PairProgram) SetDTR(on bool) { g.set(func(p *Pair) { p.dtr = on; p.insertStatus() }) }

// SetRTS switches RTS.
func (g *PairProgram) SetRTS(on bool) { g.set(func(p *Pair) { p.rts = on; p.insertStatus() }) }

// SetSpeed sets the speed. Like the driver it does not report a speed that is set already.
func (g *PairProgram) SetSpeed(speed uint32) {
	g.set(func(p *Pair) {
		if p.speed != speed {
			p.speed = speed
			p.inserted(insertSpeed, 16, binary.LittleEndian.AppendUint32(nil, speed)...)
			p.mu.Wake()
		}
	})
}

// SetFraming sets data bits, parity and stop bits as in SERIAL_LINE_CONTROL.
func (g *PairProgram) SetFraming(bits, parity, stop byte) {
	g.set(func(p *Pair) {
		if want := [3]byte{bits, parity, stop}; p.framing != want {
			p.framing = want
			p.inserted(insertFraming, 17, want[:]...)
			p.mu.Wake()
		}
	})
}

// SetBreak begins or ends a break.
func (g *PairProgram) SetBreak(on bool) {
	g.set(func(p *Pair) {
		if on {
			p.inserted(insertBreak, 1, 0x91, 0)
		} else {
			p.inserted(insertBreak, 2, 0x60)
		}
		p.mu.Wake()
	})
}

func (g *PairProgram) set(f func(*Pair)) {
	g.pair.mu.Lock()
	defer g.pair.mu.Unlock()
	if !g.gone {
		f(g.pair)
	}
}

// Lines returns those that the program sees: CTS and DSR are on while our end is open, DCD and RI follow its outputs.
func (g *PairProgram) Lines() com0com.Lines {
	g.pair.mu.Lock()
	defer g.pair.mu.Unlock()
	var l com0com.Lines
	if !g.pair.closed {
		l |= com0com.CTS | com0com.DSR
	}
	if g.pair.outputs&com0com.Out1 != 0 {
		l |= com0com.DCD
	}
	if g.pair.outputs&com0com.Out2 != 0 {
		l |= com0com.RI
	}
	return l
}
