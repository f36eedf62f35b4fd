// Package pty makes the ports behind a path: Linux pseudo-terminals with stable links to them. It finds out which programs have
// them open and what these do to the terminal, and undoes what they leave behind. It deals out the numbers in /dev/pts so that
// a link never leads to another port after a crash. On other systems there are no such ports; opening one returns an error that
// says what to write instead.
//
// The package knows nothing of the bytes that pass. Which of them belong before a change of settings is for a BeforeChange to
// say.
//
// A byte from the program:
//
//  1. ptyPort.Receive waits for the master, and ptyPort.readTurn runs when there is something to read.
//  2. ptyPort.next reads it by pair.read. ptyPort.splitAtChange separates what was written before a change of settings.
//  3. Before the first bytes of a program, ptyPort.proveVisit and ptyPort.notifyPresence report that it has come.
//  4. Receive's function gets the bytes.
//
// A byte to the program: ptyPort.Write belongs to one visit, and ptyPort.put writes by pair.write, or not at all once the program
// has left.
//
// A program comes or leaves:
//
//  1. watcher.serve reads inotify's event, and ptyPort.wake and ptyPort.checkHUP look at the master.
//  2. ptyPort.noteOpen or ptyPort.noteClose records it, and ptyPort.notifyPresence reports it.
//  3. After a last close, ptyPort.cleanUp makes the port ready for the next program.
//
// A link: Links.Deal makes the terminals of a configuration, Links.save records them, publish makes a port's link, and
// watcher.Tend keeps it in its place.
package pty

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"

	"meterline/vport"
)

// ErrLocked means that another daemon has the lock of the ports.
var ErrLocked = errors.New("another daemon serves these ports")

// kind is the kind of port that is a pseudo-terminal behind a path.
type kind struct {
	watcher *watcher
	links   *Links
	log     *slog.Logger
}

// BeforeChange returns how many of the bytes b, found together with a change of the program's settings, it wrote before the
// change. lately ends with the bytes before b, if they came just before. It is called while locks are held.
type BeforeChange func(b, lately []byte) int

// Kind makes the ports behind a path. links, which may be nil, gives them their terminals. Without beforeChange, whatever is
// found together with a change of settings counts as written after it. log, which may be nil, must not block: records are made
// while locks are held.
func Kind(log *slog.Logger, links *Links, beforeChange BeforeChange) vport.Kind {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	w := newWatcher(log, links)
	w.beforeChange = beforeChange
	return &kind{w, links, log}
}

// Match accepts everything that has no scheme in front.
func (*kind) Match(address string) bool { return isPath(address) }

func (k *kind) Open(spec vport.Spec, presence vport.Presence) (vport.Port, error) {
	return openPort(spec, k.watcher, presence)
}

// Check accepts the links that a crash has left.
func (k *kind) Check(spec vport.Spec) error { return k.links.Check(spec) }

// Run notices programs that open and close ports, and keeps the links in their places.
func (k *kind) Run(ctx context.Context) {
	var tending sync.WaitGroup
	tending.Go(func() { k.watcher.Tend(ctx) })
	if err := k.watcher.Run(ctx); err != nil {
		k.log.Warn("programs that open a port without writing are noticed late", "err", err)
	}
	tending.Wait()
}

// Prepare makes the pseudo-terminals of new ports, all of them before any of their links.
func (k *kind) Prepare(specs []vport.Spec) error { return k.links.Deal(specs) }

// Programs returns which programs have which pseudo-terminal open, except this process.
func (*kind) Programs() (map[string][]vport.Program, error) { return openers() }

// inPlaceOfPTY returns what to write on a system without pseudo-terminals for us.
func inPlaceOfPTY(goos string) string {
	if goos == "windows" {
		return `write "COM12", or "rfc2217://127.0.0.1:4012" for a program or redirector that connects`
	}
	return `write "rfc2217://127.0.0.1:4012" or "tcp://127.0.0.1:4012" for a program that connects`
}

func isPath(address string) bool {
	return address != "" && !strings.Contains(address, "://") && !strings.ContainsRune(address, 0)
}
