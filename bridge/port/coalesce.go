package port

import (
	"errors"
	"os"
	"time"

	"meterline/bridge/modem"
	"meterline/vport"
)

const (
	windowByte = 3 * time.Millisecond  // how long a byte waits for the next
	windowMost = 10 * time.Millisecond // how long the first byte waits at most
)

// window collects what a program writes byte by byte, so that a request leaves as one segment. A piece of two bytes or more is taken for a
// whole request, and leaves at once unless bytes wait already. If the protocol of the modem says where requests end, package frame does
// this instead, because the first byte of a request cancels the request before.
type window struct {
	data  []byte
	begun time.Time
}

// add takes b, and returns how long to wait for more. The zero time means that what the window holds is to leave; if it holds nothing, b
// is to leave.
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

// read is the pump from the program to the modem. It always reads at once, until the port is closed.
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

// take sends what the program has written, or keeps it in the window.
func (p *Port) take(d vport.Port, b []byte) bool {
	p.wrote(len(b))
	if p.access.Bounded() {
		p.flush() // what was kept before a reload has set a protocol
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
