package pty

import (
	"golang.org/x/sys/unix"
)

// wake looks whether a program is there, for whoever is not the reader, and tells what is to be told. mask is what inotify saw.
func (p *ptyPort) wake(mask uint32) {
	const closes = unix.IN_CLOSE_WRITE | unix.IN_CLOSE_NOWRITE | unix.IN_Q_OVERFLOW
	if mask&closes != 0 {
		// Before the look: the event may come before the HUP, which then is the reader's to find.
		p.doubt.Store(true)
	}
	p.refresh(mask)
	p.tell()
}

// tell has told what there is to tell, by the reader if need be.
func (p *ptyPort) tell() {
	p.settle(false)
	if p.unsettled.Load() || p.overdue.Load() {
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
	p.look()
	switch {
	case p.present:
		p.checkReset()
	case seen:
		// looked at, and tidied
	case mask&unix.IN_Q_OVERFLOW != 0:
		p.own = 0
		_ = p.calm(false) // no sweep, which would fill the queue again
	case mask&(unix.IN_CLOSE_WRITE|unix.IN_CLOSE_NOWRITE) != 0:
		p.tidy()
		p.look()
	}
}

// look brings present up to date with the master's HUP, and mends what is to be mended. The caller holds mu.
func (p *ptyPort) look() {
	p.mend()
	switch hup := p.pair.hungUp(); {
	case hup && p.present:
		p.depart()
	case !hup && !p.present:
		p.come()
	}
	if joined := p.present && p.told && !p.left; p.trouble.untidy && !joined {
		p.tidy()
	}
}

// come notes that somebody has the port open. The caller holds mu.
func (p *ptyPort) come() {
	p.reading.Lock()
	defer p.reading.Unlock()
	p.present = true
	p.pair.fresh.Store(freshReads)
	p.unsettled.Store(true)
}

// depart notes a last close: from here on Write passes nothing until the next program has been told of.
//
// If that one has come before the last bytes were taken, whose they are cannot be told any more. The two are one visit then:
// told apart, they would leave a moment in which the answer to what the second has asked finds nobody. The caller holds mu.
func (p *ptyPort) depart() {
	p.keeps = !p.pair.hangsUp()
	p.reading.Lock()
	leaves := p.endVisit()
	mixed := leaves && !p.pair.hungUp()
	p.present = mixed
	p.left = p.left || leaves && !mixed
	p.reading.Unlock()
	p.tidy()
	if !mixed && !p.present && !p.pair.hungUp() {
		p.come()
	}
}

// endVisit takes the last bytes of a program whose visit is over, and reports whether its leaving is to be told. mu and reading are
// held.
func (p *ptyPort) endVisit() (leaves bool) {
	p.visit++
	p.unsettled.Store(true)
	leaves = (p.told || p.proved) && !p.left
	if leaves {
		p.drain(p.pair)
	}
	return leaves
}

// tidy makes the port as good as new for the next program, where nobody is left. The caller holds mu.
func (p *ptyPort) tidy() {
	t := &p.trouble
	if t.fault != nil || t.isPausing() {
		return
	}
	if t.untidy {
		_ = p.pair.bar(false) // fails only on what is no master
	}
	err := p.calm(true)
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
func (p *ptyPort) calm(sweep bool) error {
	p.reading.Lock()
	defer p.reading.Unlock()
	if sweep {
		if err := p.pair.unlock(); err != nil {
			return err
		}
	}
	hupcl := p.pair.hungUp() && p.moved.Swap(false)
	_ = p.pair.calm(hupcl) // fails only on a descriptor that is no terminal
	if p.pair.packet {
		p.rest()
	}
	if !sweep {
		return nil
	}
	opened, err := p.pair.sweep()
	if opened && p.pair.watched {
		p.own++
	}
	p.hears.swept = p.pair.packet && err == nil
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
func (p *ptyPort) arrive() {
	p.mu.Lock()
	if !p.told && !p.closed {
		p.look()
		p.come()
		p.reading.Lock()
		p.proved = true
		p.reading.Unlock()
	}
	p.mu.Unlock()
	p.settle(true)
}

// settle tells what is to be told. If another goroutine is telling, that one tells this, too; wait says whether to wait for it,
// which the reader must, as bytes come after the news of their program.
func (p *ptyPort) settle(wait bool) {
	if p.trouble.toSay.Load() {
		p.tellTrouble()
	}
	for p.unsettled.Load() {
		if wait {
			p.telling.Lock()
		} else if !p.telling.TryLock() {
			return
		}
		for open, more := p.report(); more; open, more = p.report() {
			p.presence(open)
		}
		p.telling.Unlock()
		if !p.owes() {
			return
		}
	}
}

// report is the next thing to tell, if any.
func (p *ptyPort) report() (open, more bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.reading.Lock()
	defer p.reading.Unlock()
	switch {
	case p.leavingDue():
		p.left, p.told = false, false
		p.forget()
		return false, true
	case p.comingDue():
		p.told, p.proved = true, false
		return true, true
	}
	// Until here, so that the reader waits while presence runs.
	p.unsettled.Store((p.left || len(p.tail) > 0) && !p.closed)
	return false, false
}

// owes reports whether report has something by now; it is asked behind telling, when another goroutine may have found it held.
func (p *ptyPort) owes() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.reading.Lock()
	defer p.reading.Unlock()
	return p.leavingDue() || p.comingDue()
}

// leavingDue: a program's leaving is told once its last bytes have been handed over. mu and reading are held.
func (p *ptyPort) leavingDue() bool {
	return p.told && p.left && !p.closed && !p.handing.Load() && len(p.tail) == 0
}

// comingDue: a program's coming is told even if it has left meanwhile, when there are bytes of it. mu and reading are held.
func (p *ptyPort) comingDue() bool {
	return !p.told && !p.closed && (p.present || p.proved)
}

// kick wakes the reader, to hand over and tell what inotify has shown.
func (p *ptyPort) kick() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.closed && !p.kicked {
		p.kicked = p.pair.file.SetReadDeadline(past) == nil
	}
}
