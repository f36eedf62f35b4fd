package pty

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"meterline/vport"
)

// Write belongs to the visit in which it began: when the program leaves in the middle, the next one does not get the rest.
func (p *ptyPort) Write(b []byte) (n int, err error) {
	l, visit, err := p.enterWrite()
	if err != nil {
		return 0, err
	}
	werr := l.raw.Write(func(uintptr) bool {
		for n < len(b) && err == nil {
			var m int
			m, err = p.put(l, visit, b[n:])
			n += m
		}
		if errors.Is(err, unix.EAGAIN) {
			err = nil
			return false
		}
		return true
	})
	if werr != nil {
		err = fmt.Errorf("write to port %s: %w", p.spec.Address, werr)
	}
	return n, p.leaveWrite(l, err)
}

func (p *ptyPort) enterWrite() (*pair, uint64, error) {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil, 0, p.closedError()
	}
	if !p.present {
		p.checkHUP()
	}
	if p.present && p.announced && !p.leaving {
		p.pair.users++
		defer p.mu.Unlock()
		return p.pair, p.visit, nil
	}
	p.mu.Unlock()
	p.wakeReader()
	return nil, 0, vport.ErrNobody
}

// leaveWrite returns our own reason for the end of a write, if there is one, in place of the poller's.
func (p *ptyPort) leaveWrite(l *pair, err error) error {
	p.mu.Lock()
	p.release(l)
	closed, replaced := p.closed, l.gone
	p.mu.Unlock()
	switch {
	case err == nil:
		return nil
	case closed:
		return p.closedError()
	case replaced:
		return vport.ErrNobody // only a port that nobody has open gets another pair
	}
	p.wakeReader()
	return err
}

// wakeReader has the reader announce what a Write has found out: presence is never called from within Write.
func (p *ptyPort) wakeReader() {
	if p.noticePending.Load() {
		p.kick()
	}
}

// put tries once. It and checkHUP exclude each other: once a last close is noticed nothing more is written, so that nothing
// stale waits for the next program.
func (p *ptyPort) put(l *pair, visit uint64, b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.closed:
		return 0, p.closedError()
	case p.visit != visit || l.gone:
		return 0, vport.ErrNobody
	}
	n, err := l.write(b)
	if errors.Is(err, unix.EAGAIN) {
		if p.checkHUP(); p.visit != visit {
			return n, vport.ErrNobody
		}
		return n, err
	}
	if err != nil {
		p.fail(fmt.Errorf("write: %w", err))
		return n, fmt.Errorf("write to port %s: %w", p.spec.Address, err)
	}
	p.moved.Store(true)
	return n, nil
}
