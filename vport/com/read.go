package com

import (
	"bytes"
	"fmt"
	"time"

	"meterline/vport/com0com"
)

// chunk is how much is read or written at a time.
const chunk = 4 << 10

// begin finds out what the driver reports, and switches it on.
func (p *port) begin() error {
	if initial, err := p.insertions(); err == nil {
		p.stream = new(com0com.Stream)
		if err := p.end.Patient(); err != nil {
			return err
		}
		for _, q := range p.stream.Decode(initial) {
			p.sense.begin(q)
		}
		p.pins.begin(p)
		p.record(func(s *sense) []piece { return s.status(s.lines) })
		return nil
	}
	if _, err := p.end.Status(); err != nil {
		p.blind = true
		p.log.Warn("the driver does not tell whether a program has the port open: it counts as open always", "err", err)
		p.record((*sense).arrive)
	}
	return nil
}

// insertions makes the driver insert what happens at the other end into its bytes, and returns the present state.
func (p *port) insertions() (initial []byte, err error) {
	answer := make([]byte, com0com.InsertAnswer)
	n, err := p.end.Control(com0com.CodeInsert, com0com.AskInsert(), answer)
	if err != nil {
		return nil, err
	}
	request, err := com0com.SetInsert(answer[:n])
	if err != nil {
		return nil, err
	}
	initial = make([]byte, com0com.InsertMost)
	n, err = p.end.Control(com0com.CodeInsert, request, initial)
	return initial[:n], err
}

// read reads the driver until the port is closed, or the driver has gone.
func (p *port) read() {
	buf := make([]byte, chunk)
	for {
		n, err := p.end.Read(buf)
		if err != nil {
			p.fail(err)
			return
		}
		var ok bool
		switch {
		case p.stream != nil:
			ok = p.streamed(buf[:n])
		case p.blind:
			ok = p.record(func(s *sense) []piece { return s.data(buf[:n]) })
		default:
			ok = p.plain(buf[:n])
		}
		if !ok {
			return
		}
	}
}

// streamed takes bytes with insertions in them.
func (p *port) streamed(b []byte) bool {
	for _, q := range p.stream.Decode(b) {
		if !p.record(func(s *sense) []piece { return s.piece(q) }) {
			return false
		}
	}
	return !p.behind || p.catchUp()
}

// plain takes bytes, and reads the lines. A program that comes has come before what it wrote. One that leaves has left when
// nothing more is to be read.
func (p *port) plain(b []byte) bool {
	lines, err := p.end.Status()
	pending := 0
	if err == nil && len(b) == 0 && lines&com0com.DSR == 0 {
		pending, err = p.end.Pending()
	}
	if err != nil {
		p.fail(err)
		return false
	}
	return p.record(func(s *sense) []piece {
		var all []piece
		if lines&com0com.DSR != 0 {
			all = s.status(lines)
		}
		all = append(all, s.data(b)...)
		if lines&com0com.DSR == 0 && len(b) == 0 && pending == 0 {
			all = append(all, s.status(lines)...)
		}
		return all
	})
}

// fail ends the port: the driver has gone, or refuses.
func (p *port) fail(err error) {
	p.queue.Lock()
	defer p.queue.Unlock()
	if p.queue.IsClosed() || p.queue.Failed() != nil {
		return
	}
	p.queue.Fail(fmt.Errorf("port %s: its pair: %w", p.spec.Address, err))
	if p.visit != nil {
		p.visit.gone, p.visit = true, nil
	}
	p.lapse.Stop()
	p.end.Interrupt(true)
}

// record puts what f makes of the port's state into the queue. It returns false when the port is closed.
func (p *port) record(f func(*sense) []piece) bool {
	p.queue.Lock()
	defer p.queue.Unlock()
	for _, q := range f(&p.sense) {
		if q.Left {
			p.leave()
		}
		for !p.queue.IsClosed() && !q.Left && p.queue.IsFull() {
			p.behind, p.stuck = true, true
			p.queue.Wait(time.Now().Add(missedEvery))
			p.stuck = false
			p.missed()
		}
		if p.queue.IsClosed() {
			return false
		}
		if q.Came {
			p.visit = new(visit)
		}
		q.By, q.Data = p.visit, bytes.Clone(q.Data)
		p.queue.Put(q)
	}
	p.linger()
	return true
}

// missedEvery is how often to check whether the program has left while its bytes wait for room in the queue.
const missedEvery = 500 * time.Millisecond

// missed ends the visit of a program that has left while its bytes wait for room in the queue. The news of that comes after
// these bytes, but a Write for that program must not wait for it: the Write may be why the queue stays full. The caller holds
// the queue's lock, which is released for a moment.
func (p *port) missed() {
	if p.visit == nil || p.sense.lines&com0com.DSR == 0 {
		return
	}
	p.queue.Unlock()
	lines, err := p.end.Status()
	p.queue.Lock()
	if err == nil && lines&com0com.DSR == 0 && p.visit != nil && !p.queue.IsClosed() {
		p.leave()
	}
}

// leave ends the visit, and drops what the program has not read. The caller holds the queue's lock, which is released for a
// moment.
func (p *port) leave() {
	if p.visit != nil {
		p.visit.gone, p.visit = true, nil
	}
	p.lapse.Stop()
	p.end.Interrupt(true) // a Write in progress is the one for this program
	p.queue.Wake()
	p.queue.Unlock()
	defer p.queue.Lock()
	p.writing.Lock()
	defer p.writing.Unlock()
	if err := p.end.Purge(); err != nil {
		p.log.Warn("what a program has not read may reach the next one", "err", err)
	}
}

// linger puts off the end of a visit that only bytes have shown. The caller holds the queue's lock.
func (p *port) linger() {
	if p.sense.trace && !p.queue.IsClosed() {
		p.lapseAt = time.Now().Add(lapseAfter)
		p.lapse.Reset(lapseAfter)
	}
}

// lapsed ends a visit without any sign of life for long enough. Bytes that wait to be put into the queue are a sign, and others
// may have come since the timer fired.
func (p *port) lapsed() {
	p.record(func(s *sense) []piece {
		if p.stuck || time.Now().Before(p.lapseAt) {
			return nil
		}
		return s.lapse()
	})
}
