package port

import (
	"errors"
	"os"
	"time"

	"meterline/bridge/modem"
	"meterline/vport"
)

const (
	windowByte = 3 * time.Millisecond  // each byte holds the window open for so long
	windowMost = 10 * time.Millisecond // and all of them together for so long
)

// window puts together what a program writes in pieces, so that one request leaves as one segment. A piece of two bytes or
// more that finds no window open is whole already and leaves at once. Where the modem's protocol tells where requests end, its
// frames do this, since the first byte of a request gives up the one before.
type window struct {
	data  []byte
	begun time.Time
}

// add takes b, and tells until when to wait for more; the zero time: what the window holds, and b behind it, is to leave.
func (w *window) add(b []byte, now time.Time) (until time.Time) {
	first := len(w.data) == 0
	if first && len(b) > 1 {
		return time.Time{}
	}
	w.data = append(w.data, b...)
	if first {
		w.begun = now
	}
	if until, end := now.Add(windowByte), w.begun.Add(windowMost); until.Before(end) {
		return until
	}
	return w.begun.Add(windowMost)
}

// read is the pump from the program: it reads promptly, always, until the port is closed.
func (p *Port) read(d vport.Port) error {
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
func (p *Port) take(d vport.Port, b []byte) bool {
	p.wrote(len(b))
	if p.access.Bounded() {
		p.flush() // from before a reload
		p.access.Send(b)
		return true
	}
	until := p.window.add(b, time.Now())
	switch {
	case until.IsZero() && len(p.window.data) == 0:
		p.access.Send(b)
		return true
	case until.IsZero(), len(p.window.data) >= modem.BacklogMax:
		p.flush()
		until = time.Time{}
	}
	return d.SetReadDeadline(until) == nil // fails only on a closed port, and Receive says so
}

func (p *Port) wrote(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.from += int64(n)
}

// flush sends what the window holds.
func (p *Port) flush() {
	p.flushing.Lock()
	defer p.flushing.Unlock()
	if w := &p.window; len(w.data) > 0 {
		p.access.Send(w.data)
		w.data = w.data[:0]
	}
}
