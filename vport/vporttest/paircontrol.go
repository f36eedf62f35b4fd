package vporttest

import (
	"encoding/binary"
	"errors"
	"os"

	"meterline/vport/com0com"
)

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
