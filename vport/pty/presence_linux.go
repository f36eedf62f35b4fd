package pty

import (
	"golang.org/x/sys/unix"
)

// wake looks whether a program is there, for whoever is not the reader, and tells what is to be told. mask is what inotify saw.
func (p *ptyPort) wake(mask uint32) {
	const closes = unix.IN_CLOSE_WRITE | unix.IN_CLOSE_NOWRITE | unix.IN_Q_OVERFLOW
	if mask&closes != 0 {
		// Before the look: the event may come before the HUP, which then is the reader's to find.
		p.closeSeen.Store(true)
	}
	p.refresh(mask)
	p.notify()
}

// tell has told what there is to tell, by the reader if need be.
func (p *ptyPort) notify() {
	p.notifyPresence(false)
	if p.noticePending.Load() || p.signalPending.Load() {
		p.kick()
	}
}

// refresh looks, and tidies behind a program whose stay was too short to be seen: it may have left settings and TIOCEXCL.
func (p *ptyPort) refresh(mask uint32) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return
	}
	if mask&unix.IN_CLOSE_NOWRITE != 0 && p.own > 0 {
		p.own-- // our own sweep, which must not be answered by another one
		mask = 0
	}
	p.pair.fresh.Store(freshReads)
	seen := p.present
	p.checkHUP()
	switch {
	case p.present:
		p.checkReset()
	case seen:
		// looked at, and tidied
	case mask&unix.IN_Q_OVERFLOW != 0:
		p.own = 0
		_ = p.restore(false) // no sweep, which would fill the queue again
	case mask&(unix.IN_CLOSE_WRITE|unix.IN_CLOSE_NOWRITE) != 0:
		p.cleanUp()
		p.checkHUP()
	}
}

// look brings present up to date with the master's HUP, and mends what is to be mended. The caller holds mu.
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

// come notes that somebody has the port open. The caller holds mu.
func (p *ptyPort) noteOpen() {
	p.reading.Lock()
	defer p.reading.Unlock()
	p.present = true
	p.pair.fresh.Store(freshReads)
	p.noticePending.Store(true)
}

// depart notes a last close: from here on Write passes nothing until the next program has been told of.
//
// If that one has come before the last bytes were taken, whose they are cannot be told any more. The two are one visit then:
// told apart, they would leave a moment in which the answer to what the second has asked finds nobody. The caller holds mu.
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

// endVisit takes the last bytes of a program whose visit is over, and reports whether its leaving is to be told. mu and reading are
// held.
func (p *ptyPort) endVisit() (leaves bool) {
	p.visit++
	p.noticePending.Store(true)
	leaves = (p.announced || p.proved) && !p.leaving
	if leaves {
		p.drain(p.pair)
	}
	return leaves
}

// tidy makes the port as good as new for the next program, where nobody is left. The caller holds mu.
func (p *ptyPort) cleanUp() {
	t := &p.trouble
	if t.fault != nil || t.isPausing() {
		return
	}
	if t.untidy {
		_ = p.pair.bar(false) // fails only on what is no master
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
			_ = p.pair.bar(true) // likewise
		}
		t.tryLater(err, p.retry)
	case !p.pair.hungUp():
		// The next program is there. What is in the way may be its own wish, and is looked at again when it leaves.
	default:
		p.fail(err)
	}
}

// calm undoes what the last program left in the termios, and what has not been read, if sweep. The reader waits meanwhile: of two
// sweeps the first one's news could be taken for the second's, and that for the next program's. The caller holds mu.
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

// arrive is for bytes of a program that has not been told of: they prove that somebody is, or was, there. If that one has left
// already, it is taken as present all the same; the read behind its bytes answers EIO, and it departs like any other.
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

// settle tells what is to be told. If another goroutine is telling, that one tells this, too; wait says whether to wait for it,
// which the reader must, as bytes come after the news of their program.
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

// report is the next thing to tell, if any.
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
	// Until here, so that the reader waits while presence runs.
	p.noticePending.Store((p.leaving || len(p.tail) > 0) && !p.closed)
	return false, false
}

// owes reports whether report has something by now; it is asked behind telling, when another goroutine may have found it held.
func (p *ptyPort) hasNotice() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.reading.Lock()
	defer p.reading.Unlock()
	return p.leavingDue() || p.comingDue()
}

// leavingDue: a program's leaving is told once its last bytes have been handed over. mu and reading are held.
func (p *ptyPort) leavingDue() bool {
	return p.announced && p.leaving && !p.closed && !p.handing.Load() && len(p.tail) == 0
}

// comingDue: a program's coming is told even if it has left meanwhile, when there are bytes of it. mu and reading are held.
func (p *ptyPort) comingDue() bool {
	return !p.announced && !p.closed && (p.present || p.proved)
}

// kick wakes the reader, to hand over and tell what inotify has shown.
func (p *ptyPort) kick() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.closed && !p.kicked {
		p.kicked = p.pair.file.SetReadDeadline(past) == nil
	}
}
