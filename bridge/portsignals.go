package bridge

import "meterline/vport"

// signal is told what the program does to its port besides writing, in order with its bytes.
func (p *port) signal(s vport.Signal) {
	p.flush()
	p.access.Flush()
	p.access.Signal(s)
}

// heed has the port's program listened to for more than bytes, where a far serial port may want to know: on some ports that has its
// price.
func (p *port) heed() {
	p.mu.Lock() // until it is done: a reload may come here at the same time
	defer p.mu.Unlock()
	s, ok := p.device.(vport.Signaller)
	switch {
	case !ok:
	case p.access.Settable():
		s.SetSignal(p.signal)
	default:
		s.SetSignal(nil)
	}
}

// showCarrier switches the lines of a modem that a port shows to its program, where it has them.
func showCarrier(d vport.Port, on bool) {
	if l, ok := d.(vport.ModemLines); ok {
		l.SetCarrier(on)
	}
}
