package pty

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"meterline/vport"
)

// ptyPort is a pseudo-terminal behind a stable link.
//
// Whether a program is there is told by the master's HUP alone; look reads it. Three things make us look: the read that
// answers EIO after a last close, an inotify event, and bytes that come while nobody is believed to be there.
//
//	present   told  left
//	no        no    no     nobody
//	yes       no    no     a program has come: tell true, then its bytes
//	yes       yes   no     the program is there; only now does Write pass anything
//	no, yes   yes   yes    it has left (yes: and the next has come): hand over its last bytes, then tell false
//
// The locks are taken in the order of the fields. No lock but flow and telling is held while presence or
// Receive's function runs.
type ptyPort struct {
	spec     vport.Spec
	path     string // absolute
	owner    owner
	watcher  *watcher
	presence vport.Presence

	flow      sync.Mutex // held while bytes are on their way from the kernel to Receive's function, or CatchUp's
	notifying sync.Mutex // held by the one that calls presence

	mu        sync.Mutex
	present   bool
	visit     uint64 // counts last closes: a Write belongs to one visit
	own       int    // our own closes of the slave that inotify has yet to report
	readAt    time.Time
	writeAt   time.Time
	kicked    bool // the reader has been woken by a deadline that is ours
	keepsCall bool // the program that left last had HUPCL off
	trouble   troubles

	linkFault error       // what stands in the way of the link
	linkLost  atomic.Bool // linkFault is not nil

	// Written with both mu and reading held, so that either is enough to look at them.
	reading   sync.Mutex // held during each read
	closed    bool
	pair      *pair
	proved    bool // bytes have come of a program that has not been told of
	announced bool
	leaving   bool
	tail      []byte        // read already, before or with a last close, or behind a signal that is to be told first
	tailOf    *buffer       // where tail stands
	settings  settingsWatch // guarded by reading alone
	readErr   error         // of the last read that failed, guarded by reading alone

	moved         atomic.Bool // bytes have passed, either way, since the port was tidied
	handing       atomic.Bool // bytes are on their way to Receive's function
	noticePending atomic.Bool // something is to be told, or being told
	closeSeen     atomic.Bool // a close was seen: read until nothing is left
	signalPending atomic.Bool // a signal waits for the reader
}

// openPort makes a port. A nil watcher is allowed: an open is then noticed by the program's first byte or by our next Write to it.
func openPort(spec vport.Spec, w *watcher, presence vport.Presence) (vport.Port, error) {
	p, err := prepare(spec)
	if err != nil {
		return nil, err
	}
	if w == nil {
		w = blind
	}
	if presence == nil {
		presence = func(bool) {}
	}
	p.watcher, p.presence = w, presence
	if err := os.MkdirAll(filepath.Dir(p.path), 0o755); err != nil {
		return nil, fmt.Errorf("port %s: make its folder: %w", spec.Address, err)
	}
	if _, err := occupant(p.path, w.links); err != nil {
		return nil, fmt.Errorf("port %s: %w", spec.Address, err)
	}
	if p.pair, err = newPair(w.links, p.path, p.owner); err != nil {
		return nil, fmt.Errorf("port %s: %w", spec.Address, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	w.add(p.pair, p)
	if err := publish(p.path, p.pair.device, w.links); err != nil {
		p.retire(p.pair)
		return nil, fmt.Errorf("port %s: %w", spec.Address, err)
	}
	w.links.published(p.path)
	w.addLink(p)
	return p, nil
}

// prepare checks spec without touching anything.
func prepare(spec vport.Spec) (*ptyPort, error) {
	path, err := filepath.Abs(spec.Address)
	if err != nil {
		return nil, fmt.Errorf("port %s: %w", spec.Address, err)
	}
	n, err := wantedOwner(spec)
	if err != nil {
		return nil, fmt.Errorf("port %s: %w", spec.Address, err)
	}
	return &ptyPort{spec: spec, path: path, owner: n}, nil
}

// checkPort says why openPort would refuse spec, as far as that can be told without making anything.
func checkPort(spec vport.Spec) error {
	p, err := prepare(spec)
	if err != nil {
		return err
	}
	_, err = occupant(p.path, nil)
	if err := errors.Join(checkFolder(filepath.Dir(p.path)), err); err != nil {
		return fmt.Errorf("port %s: %w", spec.Address, err)
	}
	return nil
}

func (p *ptyPort) String() string { return p.spec.Address }

// Device is the node behind the link.
func (p *ptyPort) Device() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.pair.device
}

func (p *ptyPort) Present() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.present && !p.closed
}

// HangsUp reports whether the program that left last had HUPCL set, as it is unless the program says otherwise.
func (p *ptyPort) HangsUp() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return !p.keepsCall
}

func (p *ptyPort) SetReadDeadline(t time.Time) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return p.closedError()
	}
	p.readAt = t
	if p.kicked {
		return nil // the reader goes over to readAt when it wakes
	}
	return p.pair.file.SetReadDeadline(t)
}

func (p *ptyPort) SetWriteDeadline(t time.Time) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return p.closedError()
	}
	p.writeAt = t
	return p.pair.file.SetWriteDeadline(t)
}

// Close does not wait for a Receive or Write in progress, so that their functions may call it; the last of them to return
// closes the master.
func (p *ptyPort) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil
	}
	p.reading.Lock()
	p.closed = true
	p.trouble.stop()
	p.keepTail(nil, 0)
	if p.settings.rearm != nil {
		p.settings.rearm.Stop()
	}
	p.reading.Unlock()
	p.watcher.removeLink(p)
	// The link goes before the master, whose number may be somebody else's at once.
	err := unpublish(p.path, p.pair.device)
	p.retire(p.pair)
	return err
}

// retire gives a pair up: whoever is blocked on it wakes, and the last one out closes it. The caller holds mu.
func (p *ptyPort) retire(l *pair) {
	p.watcher.remove(l)
	l.gone = true
	if l.users > 0 {
		_ = l.file.SetDeadline(past) // cannot fail: the file is open and in the poller
		return
	}
	l.close()
}

// release ends a call's use of a pair. The caller holds mu.
func (p *ptyPort) release(l *pair) {
	l.users--
	if l.gone && l.users == 0 {
		l.close()
	}
}

func (p *ptyPort) closedError() error {
	return fmt.Errorf("port %s: %w", p.spec.Address, os.ErrClosed)
}
