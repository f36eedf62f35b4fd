package vporttest

import (
	"encoding/binary"
	"errors"
	"io"
	"os"
	"time"

	"meterline/vport/com0com"
	"meterline/vport/queue"
)

// Driver says what a simulated null-modem driver can do.
type Driver int

// The drivers.
const (
	Com0com Driver = iota // what the real com0com can
	Plain                 // modem lines, and a wake-up when they change
	Blind                 // bytes only, as Wine does on a pseudo-terminal
)

const (
	pairCapacity = 4096                   // of com0com's buffers
	pairPatience = 500 * time.Millisecond // of a write
)

// Pair is a pair of COM ports in memory: our end has the methods of a com.End, and programs Open the other one. Like com0com it
// lets a write wait while no program is there, and gives it to the next one, unless it is purged. It waits on channels and
// timers only.
type Pair struct {
	Driver Driver
	DTR    bool // DSR of our end is the program's DTR, com0com's default; otherwise it says that the program has its port open
	Silent bool // programs open with DTR and RTS off

	mu     queue.Changes
	closed bool // our end
	failed error
	held   bool // interrupted
	looked bool // Read has returned for the present lines
	toUs   []byte
	toward []byte

	program  *PairProgram
	dtr, rts bool
	speed    uint32
	framing  [3]byte
	outputs  com0com.Outputs

	escape byte
	insert uint32
}

// NewPair makes a pair whose other end nobody has open.
func NewPair(d Driver) *Pair {
	return &Pair{Driver: d, speed: 1200, framing: [3]byte{7, 2, 0}, outputs: com0com.Out2, looked: true}
}

// Fail makes the driver return err from now on, as if the pair had been removed.
func (p *Pair) Fail(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.failed = err
	p.mu.Wake()
}

// Read waits for bytes or, without insertions, for the lines to change.
func (p *Pair) Read(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		switch {
		case p.closed:
			return 0, os.ErrClosed
		case p.failed != nil:
			return 0, p.failed
		case len(p.toUs) > 0:
			n := copy(b, p.toUs)
			p.toUs = p.toUs[n:]
			p.looked = false
			p.mu.Wake()
			return n, nil
		case !p.looked && p.escape == 0:
			p.looked = true
			return 0, nil
		}
		p.mu.Wait(time.Time{})
	}
}

// Pending returns how many bytes wait for Read.
func (p *Pair) Pending() (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.toUs), p.failed
}

// Write waits while the program does not read.
func (p *Pair) Write(b []byte) (n int, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for until := time.Now().Add(pairPatience); ; {
		switch {
		case p.closed:
			return n, os.ErrClosed
		case p.failed != nil:
			return n, p.failed
		case p.held, queue.Expired(until):
			return n, nil
		case p.program != nil:
			m := min(len(b)-n, pairCapacity-len(p.toward))
			p.toward = append(p.toward, b[n:n+m]...)
			n += m
			p.mu.Wake()
		}
		if n == len(b) {
			return n, nil
		}
		p.mu.Wait(until)
	}
}

// Interrupt ends a Write in progress.
func (p *Pair) Interrupt(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.held = on
	p.mu.Wake()
}

// Purge has nothing to drop: what waits is in Write.
func (p *Pair) Purge() error { return nil }

// Patient does nothing: it is for a driver with time-outs of its own.
func (p *Pair) Patient() error { return nil }

// Close ends our side.
func (p *Pair) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	p.mu.Wake()
	return nil
}

// Status returns the lines at our end.
func (p *Pair) Status() (com0com.Lines, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.failed != nil:
		return 0, p.failed
	case p.Driver == Blind:
		return 0, errors.New("not implemented")
	}
	return p.lines(), nil
}

// lines returns the lines at our end. The caller holds mu.
func (p *Pair) lines() com0com.Lines {
	var l com0com.Lines
	if p.program != nil && (p.dtr || !p.DTR) {
		l |= com0com.DSR
	}
	if p.dtr {
		l |= com0com.DCD
	}
	if p.rts {
		l |= com0com.CTS
	}
	return l
}

var _ io.ReadWriteCloser = (*PairProgram)(nil)

// What com0com can insert, by its bits (cncext.h).
const (
	insertStatus  = 0x2
	insertSpeed   = 0x100
	insertFraming = 0x200
	insertBreak   = 0x400
	insertCaps    = 0x03000703
)

// Control does what com0com's extension does.
func (p *Pair) Control(code uint32, in, out []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.closed:
		return 0, os.ErrClosed
	case p.failed != nil:
		return 0, p.failed
	case p.Driver != Com0com:
		return 0, errors.New("invalid parameter")
	case code == com0com.CodeInsert && len(in) == 9 && string(in[1:5]) == "c0c\x00":
		return p.control(in[0], binary.LittleEndian.Uint32(in[5:]), out)
	case code == com0com.CodeSetModemControl && len(in) == 12 && string(in[8:]) == "c0c\x00":
		mask := com0com.Outputs(in[4])
		p.outputs = p.outputs&^mask | com0com.Outputs(in[0])&mask
		p.mu.Wake()
		return 0, nil
	case code == com0com.CodeGetModemControl && len(out) >= 4:
		binary.LittleEndian.PutUint32(out, uint32(p.outputs)|3)
		return 4, nil
	}
	return 0, errors.New("invalid parameter")
}

func (p *Pair) control(escape byte, options uint32, out []byte) (int, error) {
	if options == 0xFFFFFFFF {
		p.escape, p.insert = escape, 0
		return copy(out, binary.LittleEndian.AppendUint32([]byte("c0c\x00"), insertCaps)), nil
	}
	if options&^insertCaps != 0 {
		return 0, errors.New("invalid parameter")
	}
	p.escape, p.insert, p.toUs = escape, options, nil
	answer := []byte{escape, 2, 0x60, escape, 3, byte(p.lines()), escape, 16}
	answer = binary.LittleEndian.AppendUint32(answer, p.speed)
	answer = append(append(answer, escape, 17), p.framing[:]...)
	return copy(out, answer), nil
}

// insertStatus reports a change of the lines to our end. The caller holds mu.
func (p *Pair) insertStatus() {
	p.looked = false
	p.inserted(insertStatus, 3, byte(p.lines()))
	p.mu.Wake()
}

// inserted puts something into the stream, if that is switched on. Like com0com under EmuOverrun it drops what has no room. The
// caller holds mu.
func (p *Pair) inserted(option uint32, kind byte, what ...byte) {
	if p.escape != 0 && p.insert&option != 0 && len(p.toUs)+2+len(what) <= pairCapacity {
		p.toUs = append(append(p.toUs, p.escape, kind), what...)
	}
}
