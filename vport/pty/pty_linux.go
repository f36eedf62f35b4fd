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
// Only the master's HUP says whether a program is there; checkHUP reads it. Three things make us look: the read that returns
// EIO after a last close, an inotify event, and bytes that come while nobody is believed to be there.
//
//	present   announced  leaving
//	no        no         no       nobody
//	yes       no         no       a program has come: announce true, then hand over its bytes
//	yes       yes        no       the program is there; only now does Write pass anything
//	no, yes   yes        yes      it has left (yes: and the next has come): hand over its last bytes, then announce false
//
// The locks are taken in the order of the fields. No lock but flow and notifying is held while presence or Receive's
// function runs.
type ptyPort struct {
	spec     vport.Spec
	path     string // absolute
	owner    owner
	watcher  *watcher
	presence vport.Presence

	flow      sync.Mutex // held while bytes are on their way from the kernel to the function of Receive or CatchUp
	notifying sync.Mutex // held by the goroutine that calls presence

	mu        sync.Mutex
	present   bool
	visit     uint64 // counts last closes: a Write belongs to one visit
	own       int    // our own closes of the slave that inotify has yet to report
	readAt    time.Time
	writeAt   time.Time
	kicked    bool // we have woken the reader by a deadline
	keepsCall bool // the program that left last had cleared HUPCL
	trouble   troubles

	linkFault error       // what is in the way of the link
	linkLost  atomic.Bool // linkFault is not nil

	// Written with both mu and reading held, so that holding one of them is enough to read.
	reading   sync.Mutex // held during each read
	closed    bool
	pair      *pair
	proved    bool // bytes have come of a program that has not been announced
	announced bool
	leaving   bool
	tail      []byte        // has been read already: before or with a last close, or after a signal that comes first
	tailOf    *buffer       // the buffer that tail is in
	settings  settingsWatch // guarded by reading only
	readErr   error         // of the last read that failed; guarded by reading only

	moved         atomic.Bool // bytes have passed, either way, since the last cleanUp
	handing       atomic.Bool // bytes are on their way to Receive's function
	noticePending atomic.Bool // a change is to be announced, or is being announced
	closeSeen     atomic.Bool // a close was seen: read until nothing is left
	signalPending atomic.Bool // a signal waits for the reader
}

// openPort makes a port. A nil watcher is allowed: an open is then noticed by the program's first byte or by our next Write.
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

// prepare checks spec and changes nothing.
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

// checkPort returns why openPort would refuse spec, as far as that can be known without making anything.
func checkPort(spec vport.Spec) error {
	path, err := filepath.Abs(spec.Address)
	if err != nil {
		return fmt.Errorf("port %s: %w", spec.Address, err)
	}
	_, notAllowed := wantedOwner(spec)
	_, occupied := occupant(path, nil)
	var all []error
	for _, err := range []error{notAllowed, checkFolder(filepath.Dir(path)), occupied} {
		if err != nil {
			all = append(all, fmt.Errorf("port %s: %w", spec.Address, err))
		}
	}
	return errors.Join(all...)
}

func (p *ptyPort) String() string { return p.spec.Address }

// Device returns the node that the link leads to.
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

// HangsUp reports whether the program that left last had HUPCL set, as it is by default.
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
		return nil // the reader uses readAt when it wakes
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

// Close does not wait for a Receive or Write in progress, so that their functions may call it. The last of them to return
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
	// The link is removed before the master is closed, as the master's number may be somebody else's at once.
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
