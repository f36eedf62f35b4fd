package pty

import (
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"meterline/vport"
)

// Nothing that fails is tried again without a pause.
const (
	firstPause = 100 * time.Millisecond
	mostPause  = 5 * time.Second
	// quietFor is how long a port logs nothing more after a fault that it has logged.
	quietFor = time.Minute
)

// troubles is what is, and what was, wrong with a port's pair. It is guarded by ptyPort.mu.
//
// A fault is an error that is not understood or cannot be undone: the pair is replaced, even while a program has it open. An
// untidy pair could not be made fit for the next program because descriptors or memory are short. That is tried again, and
// programs are refused until then, since they might get the answers to the one before.
type troubles struct {
	fault  error // why the pair is to be replaced
	untidy bool
	now    error // how the latest attempt to mend it failed

	pause time.Duration
	next  time.Time // no attempt before this
	again *time.Timer

	last     string
	lastAt   time.Time
	replaced int64

	toSay  atomic.Bool
	unsaid string // for the log, which is not written to while mu is held
	said   time.Time
}

// isPausing reports whether the latest attempt to mend was too recent for another one.
func (t *troubles) isPausing() bool { return t.now != nil && time.Now().Before(t.next) }

// tryLater records a failed attempt, and has retry called in a while.
func (t *troubles) tryLater(err error, retry func()) {
	t.now = err
	t.pause = min(max(2*t.pause, firstPause), mostPause)
	t.next = time.Now().Add(t.pause)
	if t.again == nil {
		t.again = time.AfterFunc(t.pause, retry)
	} else {
		t.again.Reset(t.pause)
	}
	t.log("port does not serve programs, will be tried again: " + err.Error())
}

// mended ends all trouble. It keeps what was wrong for Trouble.
func (t *troubles) mended(what error) {
	t.fault, t.untidy, t.now, t.pause = nil, false, nil, 0
	t.stop()
	t.last, t.lastAt = what.Error(), time.Now()
	t.log("port mended: " + t.last)
}

func (t *troubles) stop() {
	if t.again != nil {
		t.again.Stop()
	}
}

// log keeps text for the log, unless the port has logged something lately.
func (t *troubles) log(text string) {
	if now := time.Now(); now.Sub(t.said) >= quietFor {
		t.said, t.unsaid = now, text
		t.toSay.Store(true)
	}
}

// tellTrouble writes the kept text to the log.
func (p *ptyPort) tellTrouble() {
	p.mu.Lock()
	text, replaced := p.trouble.unsaid, p.trouble.replaced
	p.trouble.unsaid = ""
	p.trouble.toSay.Store(false)
	p.mu.Unlock()
	if text != "" {
		p.watcher.warn(text, "port", p.spec.Address, "replaced", replaced)
	}
}

// Trouble returns what is wrong with the port. It looks at what programs may have done to the terminal that they must undo
// themselves.
func (p *ptyPort) Trouble() vport.Trouble {
	p.mu.Lock()
	defer p.mu.Unlock()
	t := vport.Trouble{Last: p.trouble.last, LastAt: p.trouble.lastAt, Replaced: p.trouble.replaced}
	switch {
	case p.closed:
	case p.trouble.now != nil:
		t.Now = "not fit for programs: " + p.trouble.now.Error()
	case p.linkFault != nil:
		t.Now = "programs do not find it: " + p.linkFault.Error()
	default:
		t.Now = p.pair.oddity(p.owner)
	}
	return t
}

// oddity returns what a program, or root, has done to the terminal that keeps bytes or programs from passing.
func (l *pair) oddity(want owner) string {
	t, err := l.termios()
	switch {
	case err != nil:
		return fmt.Sprintf("the settings of %s cannot be read: %v", l.device, err)
	case t.Line != disciplineTTY:
		return fmt.Sprintf("its program has set line discipline %d: no byte passes until that program has closed it", t.Line)
	case l.locked():
		return "its program has locked the settings (TIOCSLCKTRMIOS): they cannot be changed until that program has closed it"
	}
	if err := l.reachable(); err != nil {
		return err.Error()
	}
	if is, err := ownerOf(l.device); err == nil && is != want.over(l.born) {
		want = want.over(l.born)
		return fmt.Sprintf("%s is %#o %d:%d, and configured is %#o %d:%d: somebody has changed who may open it",
			l.device, uint32(is.mode), is.uid, is.gid, uint32(want.mode), want.uid, want.gid)
	}
	return ""
}

// errElsewhere means that a device's name leads to no terminal, or to another one.
var errElsewhere = errors.New("another file system was mounted over /dev/pts, or that was unmounted")

// reachable returns why programs that open the device's name do not reach this pair.
func (l *pair) reachable() error {
	at, err := placeOf(l.device)
	if err == nil && at != l.place {
		err = os.ErrNotExist
	}
	if err != nil {
		return fmt.Errorf("%s does not lead to this port's terminal: %w", l.device, errElsewhere)
	}
	return nil
}

// place distinguishes a device node from all others, also from those of the same name.
type place struct{ dev, ino, rdev uint64 }

func placeOf(device string) (place, error) {
	var s unix.Stat_t
	if err := unix.Stat(device, &s); err != nil {
		return place{}, fmt.Errorf("look at %s: %w", device, err)
	}
	return place{s.Dev, s.Ino, s.Rdev}, nil
}

// findPlace sets the pair's place by its own slave. It fails if the device's name leads elsewhere.
func (l *pair) findPlace() error {
	fd, err := l.openSlave()
	if err != nil {
		return fmt.Errorf("open %s: %w", l.device, err)
	}
	var s unix.Stat_t
	err = unix.Fstat(fd, &s)
	if err := errors.Join(err, unix.Close(fd)); err != nil {
		return fmt.Errorf("look at %s: %w", l.device, err)
	}
	l.place = place{s.Dev, s.Ino, s.Rdev}
	return l.reachable()
}

// isShortage reports whether err says that this process lacks something, which another pair would not change.
func isShortage(err error) bool {
	for _, short := range []error{unix.EMFILE, unix.ENFILE, unix.ENOMEM, unix.EINTR} {
		if errors.Is(err, short) {
			return true
		}
	}
	return false
}
