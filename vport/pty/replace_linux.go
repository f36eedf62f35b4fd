package pty

import (
	"errors"
	"fmt"
	"slices"

	"golang.org/x/sys/unix"
)

// errReset says why a pair that the kernel has hung up is replaced. As long as a program keeps its dead descriptor, the last
// close of later programs shows no HUP, and one program could get the answers to another.
var errReset = errors.New("its terminal was hung up under a program (vhangup)")

// fail has the pair replaced, since err is not understood. The caller holds mu.
func (p *ptyPort) fail(err error) {
	if elsewhere := p.pair.reachable(); elsewhere != nil {
		err = elsewhere // this is the reason, whatever else fails
	}
	if p.trouble.fault == nil {
		p.trouble.fault = err
	}
	p.mend()
}

// mend replaces a pair that is of no use any more. If that fails it is tried again later. The caller holds mu.
func (p *ptyPort) mend() {
	fault := p.trouble.fault
	if fault == nil || p.closed || p.trouble.isPausing() {
		return
	}
	if errors.Is(fault, errElsewhere) && p.pair.reachable() == nil && republish(p.path, p.pair.device, p.pair.device) == nil {
		p.trouble.mended(fault)
		return
	}
	err := p.replace()
	if err == nil {
		p.trouble.replaced++
		p.trouble.mended(fmt.Errorf("replaced by another pseudo-terminal: %w", fault))
		return
	}
	if errors.Is(fault, errElsewhere) {
		_ = unpublish(p.path, p.pair.device) // it may lead to another port's terminal; if it is no longer ours it stays
	} else if p.pair.hungUp() {
		_ = p.pair.setBarred(true) // fails only on what is no master
	}
	p.trouble.tryLater(fmt.Errorf("%w; it cannot be replaced: %w", fault, err), p.retry)
}

// retry is called by the timer.
func (p *ptyPort) retry() { p.wake(0) }

// replace makes the link lead to a fresh pair. A program that has the old one open is cut off. The caller holds mu.
func (p *ptyPort) replace() error {
	fresh, err := newPair(p.watcher.links, p.path, p.owner)
	if errors.Is(err, unix.ENOSPC) && p.watcher.release() {
		fresh, err = newPair(p.watcher.links, p.path, p.owner)
	}
	if err != nil {
		return err
	}
	p.watcher.add(fresh, p)
	if err := republish(p.path, p.pair.device, fresh.device); err != nil {
		p.retire(fresh)
		return err
	}
	p.watcher.links.published(p.path)
	old := p.pair
	p.reading.Lock()
	if p.present {
		p.keepsCall = false
	}
	if !p.endVisit() {
		p.drain(old) // a visit may have been too short to be seen, but its bytes are there
		p.proved = p.proved || !p.announced && len(p.tail) > 0
	}
	p.leaving = p.leaving || p.announced && p.present || p.proved
	p.present = false
	p.pair, p.own, p.kicked = fresh, 0, false
	if p.settings.signal != nil {
		p.packetMode(fresh)
	}
	p.reading.Unlock()
	p.watcher.reserve(old)
	p.retire(old)
	return errors.Join(fresh.file.SetReadDeadline(p.readAt), fresh.file.SetWriteDeadline(p.writeAt))
}

// mostReserved bounds the pseudo-terminals that are kept for their numbers only.
const mostReserved = 64

// reserve keeps the number of a replaced pair from being given to another port, or to a login, while programs may still know
// it. Nobody can open it. A pair that somebody has open is not kept: that program notices when its master is closed.
func (w *watcher) reserve(l *pair) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.over {
		return
	}
	fd, err := unix.FcntlInt(uintptr(l.fd), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return
	}
	if l.setBarred(true) != nil || !l.hungUp() {
		_ = unix.Close(fd) // another descriptor of it is open
		return
	}
	w.reserved = append(w.reserved, fd)
	if len(w.reserved) > mostReserved {
		w.releaseOldest()
	}
}

// release returns one number to the system, and reports whether there was one.
func (w *watcher) release() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.reserved) == 0 {
		return false
	}
	w.releaseOldest()
	return true
}

// releaseOldest returns the number that was reserved first. The caller holds mu.
func (w *watcher) releaseOldest() {
	_ = unix.Close(w.reserved[0]) // a master has nothing to lose
	w.reserved = slices.Delete(w.reserved, 0, 1)
}

// releaseAll returns all numbers. The caller holds mu.
func (w *watcher) releaseAll() {
	for len(w.reserved) > 0 {
		w.releaseOldest()
	}
}
