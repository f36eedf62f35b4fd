package relay

import (
	"bytes"
	"errors"
	"time"
)

// Imitate is what a modem with that id would send first, and what it would wait for then, for simulated modems. It is an
// error where a modem of the profile does more than that, or says things that depend on the time.
func (p *Profile) Imitate(id string) (registration, answer []byte, err error) {
	switch {
	case p.Escape.used() || p.Framing.used():
		return nil, nil, errors.New("its packets have frames")
	case p.Repeat == EveryPacket || p.Repeat == Both || len(p.Packet) > 0:
		return nil, nil, errors.New("something stands before each of its packets")
	case p.Answer.has(placeDate):
		return nil, nil, errors.New("it waits for the time of day")
	case p.Kind == IMEI:
		return []byte(id + "\r\n"), p.Answer.render([]byte(id), time.Time{}), nil
	case p.Kind != Declared && p.Registers():
		return nil, nil, errors.New("it has a protocol of its own")
	case !p.Registers():
		return nil, nil, nil
	}
	wire, err := p.IDFormat.read(id, p.idLength())
	if err != nil {
		return nil, nil, err
	}
	for _, part := range p.Registration.with(wire) {
		registration = append(registration, part.Literal...)
		if part.Name != "" {
			registration = append(registration, bytes.Repeat([]byte("0"), max(part.Length, 1))...)
		}
	}
	return registration, p.Answer.render(wire, time.Time{}), nil
}
