package com

import (
	"fmt"
	"time"

	"meterline/vport"
	"meterline/vport/queue"
)

// Write belongs to the program that is there when it begins: when that leaves in the middle, the next one does not get the
// rest.
func (p *port) Write(b []byte) (n int, err error) {
	p.queue.Lock()
	v := p.queue.Announced()
	p.queue.Unlock()
	p.writing.Lock()
	defer p.writing.Unlock()
	for {
		until, err := p.mayWrite(v)
		if err != nil {
			return n, err
		}
		m, err := p.put(b[n:min(n+chunk, len(b))], until)
		n += m
		if err != nil {
			p.fail(err)
		} else if n == len(b) {
			return n, nil
		}
	}
}

// mayWrite allows writing for v's program, if it is still there, and returns the deadline. The caller holds writing.
func (p *port) mayWrite(v *visit) (until time.Time, err error) {
	p.queue.Lock()
	defer p.queue.Unlock()
	switch {
	case p.queue.IsClosed():
		return until, p.queue.ClosedError()
	case p.queue.Failed() != nil:
		return until, p.queue.Failed()
	case v == nil || v.gone:
		return until, vport.ErrNobody
	case queue.Expired(p.queue.WriteAt):
		return until, p.queue.DeadlineError()
	}
	p.end.Interrupt(false) // every later change interrupts again
	return p.queue.WriteAt, nil
}

// put writes until the other end has taken b, somebody interrupts, or the deadline has come.
func (p *port) put(b []byte, until time.Time) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	if !until.IsZero() {
		late := time.AfterFunc(time.Until(until), func() { p.end.Interrupt(true) })
		defer late.Stop()
	}
	n, err := p.end.Write(b)
	if n > 0 {
		p.queue.Lock()
		p.linger()
		p.queue.Unlock()
	}
	if err != nil {
		return n, fmt.Errorf("write: %w", err)
	}
	return n, nil
}
