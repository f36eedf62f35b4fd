package pty

import (
	"golang.org/x/sys/unix"
)

// wake checks whether a program is there, for callers other than the reader, and reports what has changed. mask is inotify's
// event.
func (p *ptyPort) wake(mask uint32) {
	const closes = unix.IN_CLOSE_WRITE | unix.IN_CLOSE_NOWRITE | unix.IN_Q_OVERFLOW
	if mask&closes != 0 {
		// This comes before the look: the event may come before the HUP, which the reader must then find.
		p.closeSeen.Store(true)
	}
	p.refresh(mask)
	p.notify()
}

// notify reports what there is to report, with the reader's help if necessary.
func (p *ptyPort) notify() {
	p.notifyPresence(false)
	if p.noticePending.Load() || p.signalPending.Load() {
		p.kick()
	}
}

// refresh looks, and cleans up after a program whose visit was too short to be seen: it may have left settings and TIOCEXCL.
func (p *ptyPort) refresh(mask uint32) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return
	}
	if mask&unix.IN_CLOSE_NOWRITE != 0 && p.own > 0 {
		p.own-- // our own sweep, which must not cause another one
		mask = 0
	}
	p.pair.fresh.Store(freshReads)
	seen := p.present
	p.checkHUP()
	switch {
	case p.present:
		p.checkReset()
	case seen:
		// checkHUP has looked, and cleaned up
	case mask&unix.IN_Q_OVERFLOW != 0:
		p.own = 0
		_ = p.restore(false) // no sweep, which would fill the queue again
	case mask&(unix.IN_CLOSE_WRITE|unix.IN_CLOSE_NOWRITE) != 0:
		p.cleanUp()
		p.checkHUP()
	}
}

// checkHUP brings present up to date with the master's HUP, and repairs the pair if necessary. The caller holds mu.
func (p *ptyPort) checkHUP() {
	p.mend()
	switch hup := p.pair.hungUp(); {
	case hup && p.present:
		p.noteClose()
	case !hup && !p.present:
		p.noteOpen()
	}
	if joined := p.present && p.announced && !p.leaving; p.trouble.untidy && !joined {
		p.cleanUp()
	}
}

// noteOpen records that somebody has the port open. The caller holds mu.
func (p *ptyPort) noteOpen() {
	p.reading.Lock()
	defer p.reading.Unlock()
	p.present = true
	p.pair.fresh.Store(freshReads)
	p.noticePending.Store(true)
}

// noteClose records a last close. From here on Write passes nothing until the next program has been announced.
//
// If the next program came before the last bytes were read, nobody can know whose bytes they are. Then both programs count as
// one visit. If they were announced separately, the answer to what the second one asks might find nobody. The caller holds mu.
func (p *ptyPort) noteClose() {
	p.keepsCall = !p.pair.hangsUp()
	p.reading.Lock()
	leaves := p.endVisit()
	mixed := leaves && !p.pair.hungUp()
	p.present = mixed
	p.leaving = p.leaving || leaves && !mixed
	p.reading.Unlock()
	p.cleanUp()
	if !mixed && !p.present && !p.pair.hungUp() {
		p.noteOpen()
	}
}

// endVisit reads the last bytes of a program whose visit is over, and reports whether its leaving is to be announced. The
// caller holds mu and reading.
func (p *ptyPort) endVisit() (leaves bool) {
	p.visit++
	p.noticePending.Store(true)
	leaves = (p.announced || p.proved) && !p.leaving
	if leaves {
		p.drain(p.pair)
	}
	return leaves
}

// cleanUp makes the port ready for the next program if nobody is left. The caller holds mu.
func (p *ptyPort) cleanUp() {
	t := &p.trouble
	if t.fault != nil || t.isPausing() {
		return
	}
	if t.untidy {
		_ = p.pair.setBarred(false) // fails only on what is no master
	}
	err := p.restore(true)
	switch {
	case err == nil:
		if t.untidy {
			t.mended(t.now)
		}
	case isShortage(err):
		t.untidy = true
		if p.pair.hungUp() {
			_ = p.pair.setBarred(true) // fails only on what is no master
		}
		t.tryLater(err, p.retry)
	case !p.pair.hungUp():
		// The next program is there. What is in the way may be what it wants, and is looked at again when it leaves.
	default:
		p.fail(err)
	}
}

// restore undoes what the last program left in the termios and, with sweep, drops what it has not read. The reader waits
// meanwhile: with two sweeps, the first one's news could be taken for the second's, and the second's for the next program's.
// The caller holds mu.
func (p *ptyPort) restore(sweep bool) error {
	p.reading.Lock()
	defer p.reading.Unlock()
	if sweep {
		if err := p.pair.unlock(); err != nil {
			return err
		}
	}
	hupcl := p.pair.hungUp() && p.moved.Swap(false)
	_ = p.pair.restoreFlags(hupcl) // fails only on a descriptor that is no terminal
	if p.pair.packet {
		p.endVisitSettings()
	}
	if !sweep {
		return nil
	}
	opened, err := p.pair.sweep()
	if opened && p.pair.watched {
		p.own++
	}
	p.settings.swept = p.pair.packet && err == nil
	return err
}

// checkReset replaces a pair that the kernel has hung up and that somebody still has open. The caller holds mu.
func (p *ptyPort) checkReset() {
	if t, err := p.pair.termios(); err == nil && wasReset(t) {
		p.fail(errReset)
	}
}

// proveVisit is called for bytes of a program that has not been announced: they prove that somebody is, or was, there. A
// program that has left already counts as present all the same; the read after its bytes returns EIO, and it leaves like any
// other.
func (p *ptyPort) proveVisit() {
	p.mu.Lock()
	if !p.announced && !p.closed {
		p.checkHUP()
		p.noteOpen()
		p.reading.Lock()
		p.proved = true
		p.reading.Unlock()
	}
	p.mu.Unlock()
	p.notifyPresence(true)
}

// notifyPresence calls presence for each change that is not announced yet. Only one goroutine does so at a time. With wait, a
// second caller waits for the first, as the reader must: bytes come after the news of their program. Without it, the second
// leaves its change to the first.
func (p *ptyPort) notifyPresence(wait bool) {
	if p.trouble.toSay.Load() {
		p.tellTrouble()
	}
	for p.noticePending.Load() {
		if wait {
			p.notifying.Lock()
		} else if !p.notifying.TryLock() {
			return
		}
		for open, more := p.nextNotice(); more; open, more = p.nextNotice() {
			p.presence(open)
		}
		p.notifying.Unlock()
		if !p.hasNotice() {
			return
		}
	}
}

// nextNotice returns the next change to announce, if any.
func (p *ptyPort) nextNotice() (open, more bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.reading.Lock()
	defer p.reading.Unlock()
	switch {
	case p.leavingDue():
		p.leaving, p.announced = false, false
		p.forgetSettings()
		return false, true
	case p.comingDue():
		p.announced, p.proved = true, false
		return true, true
	}
	// Cleared only here, so that the reader waits while presence runs.
	p.noticePending.Store((p.leaving || len(p.tail) > 0) && !p.closed)
	return false, false
}

// hasNotice reports whether nextNotice would return a change now. It is asked after notifying was unlocked, which another
// caller may have found locked.
func (p *ptyPort) hasNotice() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.reading.Lock()
	defer p.reading.Unlock()
	return p.leavingDue() || p.comingDue()
}

// leavingDue reports whether a program's leaving is to be announced: its last bytes have been handed over. The caller holds mu
// and reading.
func (p *ptyPort) leavingDue() bool {
	return p.announced && p.leaving && !p.closed && !p.handing.Load() && len(p.tail) == 0
}

// comingDue reports whether a program's coming is to be announced. It is even if the program has left in between, when bytes of
// it have come. The caller holds mu and reading.
func (p *ptyPort) comingDue() bool {
	return !p.announced && !p.closed && (p.present || p.proved)
}

// kick wakes the reader, which then hands over and announces what inotify has shown.
func (p *ptyPort) kick() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.closed && !p.kicked {
		p.kicked = p.pair.file.SetReadDeadline(past) == nil
	}
}
