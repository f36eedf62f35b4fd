package bridge

import (
	"errors"
	"os"
	"time"

	"meterline/bridge/frame"
	"meterline/vport"
)

const (
	windowByte = 3 * time.Millisecond  // each byte holds the window open for so long
	windowMost = 10 * time.Millisecond // and all of them together for so long

	// A request that is surely unfinished is waited for longer: no meter answers half of one, and each segment costs the
	// headers of one.
	requestByte = 100 * time.Millisecond
	requestMost = time.Second
)

// window puts together what a program writes in pieces, so that one request leaves as one segment. A piece of two bytes or
// more that finds no window open is whole already and leaves at once, unless the meter's protocol knows better.
type window struct {
	data  []byte
	begun time.Time
}

// add takes b, and tells until when to wait for more; the zero time: what the window holds, and b behind it, is to leave.
func (w *window) add(b []byte, now time.Time, talk *frame.Config) (until time.Time) {
	first := len(w.data) == 0
	if whole, partial := talk.RequestState(b); first && !partial && (whole || len(b) > 1) {
		return time.Time{}
	}
	w.data = append(w.data, b...)
	if first {
		w.begun = now
	}
	quiet, most := windowByte, windowMost
	switch whole, partial := talk.RequestState(w.data); {
	case whole:
		return time.Time{}
	case partial:
		quiet, most = requestByte, requestMost
	}
	if until, end := now.Add(quiet), w.begun.Add(most); until.Before(end) {
		return until
	}
	return w.begun.Add(most)
}

// read is the pump from the program: it reads promptly, always, until the port is closed.
func (p *port) read(d vport.Port) error {
	for {
		err := d.Receive(func(b []byte) bool { return p.take(d, b) })
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			return err
		}
		if err := d.SetReadDeadline(time.Time{}); err != nil {
			return err
		}
		p.flush()
	}
}

// take is given what the program wrote.
func (p *port) take(d vport.Port, b []byte) bool {
	p.mu.Lock()
	p.from += int64(len(b))
	p.mu.Unlock()
	m := p.modem.Load()
	until := p.window.add(b, time.Now(), &m.cfg.Frame)
	switch {
	case until.IsZero() && len(p.window.data) == 0:
		m.send(p, b)
		return true
	case until.IsZero(), len(p.window.data) >= backlogMax:
		p.flush()
		until = time.Time{}
	}
	return d.SetReadDeadline(until) == nil // fails only on a closed port, and Receive says so
}

// flush sends what the window holds.
func (p *port) flush() {
	p.flushing.Lock()
	defer p.flushing.Unlock()
	if w := &p.window; len(w.data) > 0 {
		p.modem.Load().send(p, w.data)
		w.data = w.data[:0]
	}
}
