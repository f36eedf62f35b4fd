package bridge

import (
	"errors"
	"os"
	"time"

	"meterline/vport"
)

const (
	windowByte = 3 * time.Millisecond  // each byte holds the window open for so long
	windowMost = 10 * time.Millisecond // and all of them together for so long
)

// window puts together what a program writes byte by byte, so that one request leaves as one segment. A piece of two bytes
// or more that finds no window open is whole already and leaves at once.
type window struct {
	data []byte
	end  time.Time // of windowMost
}

// add takes b, and tells until when to wait for more; the zero time: b is to leave as it is.
func (w *window) add(b []byte, now time.Time) time.Time {
	if len(w.data) == 0 {
		if len(b) > 1 {
			return time.Time{}
		}
		w.end = now.Add(windowMost)
	}
	w.data = append(w.data, b...)
	if by := now.Add(windowByte); by.Before(w.end) {
		return by
	}
	return w.end
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
		p.flush(&p.window)
	}
}

// take is given what the program wrote.
func (p *port) take(d vport.Port, b []byte) bool {
	p.mu.Lock()
	p.from += int64(len(b))
	p.mu.Unlock()
	until := p.window.add(b, time.Now())
	switch {
	case until.IsZero():
		p.modem.Load().send(p, b)
	case len(p.window.data) >= backlogMax:
		p.flush(&p.window)
	default:
		return d.SetReadDeadline(until) == nil // fails only on a closed port, and Receive says so
	}
	return true
}

// flush sends what the window holds.
func (p *port) flush(w *window) {
	if len(w.data) > 0 {
		p.modem.Load().send(p, w.data)
		w.data = w.data[:0]
	}
}
